#include "cimagecodecs.h"
#include "libraries.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int report(VP8StatusCode status, char *message) {
    switch (status) {
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED:
        snprintf(message, ILV_CODEC_MESSAGE_LENGTH, "the data ends early");
        return ILV_CODEC_TRUNCATED;
    case VP8_STATUS_OUT_OF_MEMORY:
        snprintf(message, ILV_CODEC_MESSAGE_LENGTH, "out of memory");
        return ILV_CODEC_OUT_OF_MEMORY;
    case VP8_STATUS_UNSUPPORTED_FEATURE:
        snprintf(message, ILV_CODEC_MESSAGE_LENGTH, "a WebP feature that is not supported");
        return ILV_CODEC_UNSUPPORTED;
    default:
        snprintf(message, ILV_CODEC_MESSAGE_LENGTH, "the WebP data is corrupt (status %d)", (int)status);
        return ILV_CODEC_MALFORMED;
    }
}

int ilv_webp_read_size(const uint8_t *bytes, size_t count, uint32_t *width, uint32_t *height, char *message) {
    WebPBitstreamFeatures features;
    VP8StatusCode status = WebPGetFeatures(bytes, count, &features);
    if (status != VP8_STATUS_OK) {
        return report(status, message);
    }
    *width = (uint32_t)features.width;
    *height = (uint32_t)features.height;
    return ILV_CODEC_OK;
}

// Decodes a still picture, or the still picture that a frame is, straight to RGB.
static int decode_opaque(const uint8_t *bytes, size_t count, uint8_t *pixels, uint32_t width, uint32_t height,
                         char *message) {
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config)) {
        return report(VP8_STATUS_INVALID_PARAM, message);
    }
    config.output.colorspace = MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = pixels;
    config.output.u.RGBA.stride = (int)width * 3;
    config.output.u.RGBA.size = (size_t)width * height * 3;
    VP8StatusCode status = WebPDecode(bytes, count, &config);
    WebPFreeDecBuffer(&config.output);
    return status == VP8_STATUS_OK ? ILV_CODEC_OK : report(status, message);
}

// Decodes to RGBA, in memory that the caller frees.
static int decode_rgba(const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t **output,
                       char *message) {
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config)) {
        return report(VP8_STATUS_INVALID_PARAM, message);
    }
    uint8_t *rgba = malloc((size_t)width * height * 4);
    if (rgba == NULL) {
        return report(VP8_STATUS_OUT_OF_MEMORY, message);
    }
    config.output.colorspace = MODE_RGBA;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = rgba;
    config.output.u.RGBA.stride = (int)width * 4;
    config.output.u.RGBA.size = (size_t)width * height * 4;
    VP8StatusCode status = WebPDecode(bytes, count, &config);
    WebPFreeDecBuffer(&config.output);
    if (status != VP8_STATUS_OK) {
        free(rgba);
        return report(status, message);
    }
    *output = rgba;
    return ILV_CODEC_OK;
}

// The first frame on a canvas that is transparent around it.
static int decode_first_frame(const uint8_t *bytes, size_t count, uint8_t *pixels, uint32_t width,
                              uint32_t height, int is_over_white, char *message) {
    WebPData data = {bytes, count};
    WebPDemuxer *demuxer = WebPDemux(&data);
    if (demuxer == NULL) {
        return report(VP8_STATUS_NOT_ENOUGH_DATA, message);
    }
    WebPIterator frame;
    uint8_t *rgba = NULL;
    int status = ILV_CODEC_MALFORMED;
    if (WebPDemuxGetFrame(demuxer, 1, &frame)) {
        int fits = frame.x_offset >= 0 && frame.y_offset >= 0 && frame.width > 0 && frame.height > 0 &&
                   (uint32_t)frame.x_offset + (uint32_t)frame.width <= width &&
                   (uint32_t)frame.y_offset + (uint32_t)frame.height <= height;
        if (fits && frame.complete) {
            status = decode_rgba(frame.fragment.bytes, frame.fragment.size, (uint32_t)frame.width,
                                 (uint32_t)frame.height, &rgba, message);
        } else {
            snprintf(message, ILV_CODEC_MESSAGE_LENGTH, "the first frame does not fit its canvas");
        }
        if (status == ILV_CODEC_OK) {
            memset(pixels, is_over_white ? 255 : 0, (size_t)width * height * 3);
            for (int row = 0; row < frame.height; row++) {
                size_t target = ((size_t)(frame.y_offset + row) * width + (size_t)frame.x_offset) * 3;
                ilv_pixels_flatten(rgba + (size_t)row * (size_t)frame.width * 4, (size_t)frame.width,
                                   is_over_white, pixels + target);
            }
        }
        WebPDemuxReleaseIterator(&frame);
    } else {
        snprintf(message, ILV_CODEC_MESSAGE_LENGTH, "an animation without a frame");
    }
    free(rgba);
    WebPDemuxDelete(demuxer);
    return status;
}

int ilv_webp_decode(const uint8_t *bytes, size_t count, uint8_t *pixels, uint32_t width, uint32_t height,
                    int is_over_white, char *message) {
    WebPBitstreamFeatures features;
    VP8StatusCode status = WebPGetFeatures(bytes, count, &features);
    if (status != VP8_STATUS_OK) {
        return report(status, message);
    }
    if (features.width != (int)width || features.height != (int)height) {
        snprintf(message, ILV_CODEC_MESSAGE_LENGTH, "the header's size changed");
        return ILV_CODEC_MALFORMED;
    }
    if (features.has_animation) {
        return decode_first_frame(bytes, count, pixels, width, height, is_over_white, message);
    }
    if (!features.has_alpha || !is_over_white) {
        return decode_opaque(bytes, count, pixels, width, height, message);
    }
    uint8_t *rgba = NULL;
    int result = decode_rgba(bytes, count, width, height, &rgba, message);
    if (result == ILV_CODEC_OK) {
        ilv_pixels_flatten(rgba, (size_t)width * height, is_over_white, pixels);
        free(rgba);
    }
    return result;
}

int ilv_webp_encode(const uint8_t *pixels, uint32_t width, uint32_t height, float quality, uint8_t **output,
                    size_t *output_count, char *message) {
    uint8_t *encoded = NULL;
    *output = NULL;
    *output_count = 0;
    size_t count = WebPEncodeRGB(pixels, (int)width, (int)height, (int)width * 3, quality, &encoded);
    if (count == 0) {
        snprintf(message, ILV_CODEC_MESSAGE_LENGTH, "WebP cannot encode %u x %u pixels", width, height);
        return ILV_CODEC_UNSUPPORTED;
    }
    // One way to free for the caller: libwebp's own memory is copied.
    *output = malloc(count);
    if (*output != NULL) {
        memcpy(*output, encoded, count);
        *output_count = count;
    }
    WebPFree(encoded);
    if (*output == NULL) {
        snprintf(message, ILV_CODEC_MESSAGE_LENGTH, "out of memory");
        return ILV_CODEC_OUT_OF_MEMORY;
    }
    return ILV_CODEC_OK;
}
