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
    if (features.has_animation) {
        snprintf(message, ILV_CODEC_MESSAGE_LENGTH, "an animation, expected a still picture");
        return ILV_CODEC_UNSUPPORTED;
    }
    *width = (uint32_t)features.width;
    *height = (uint32_t)features.height;
    return ILV_CODEC_OK;
}

int ilv_webp_decode(const uint8_t *bytes, size_t count, uint8_t *pixels, uint32_t width, uint32_t height,
                    char *message) {
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config)) {
        return report(VP8_STATUS_INVALID_PARAM, message);
    }
    VP8StatusCode status = WebPGetFeatures(bytes, count, &config.input);
    if (status != VP8_STATUS_OK) {
        return report(status, message);
    }
    if (config.input.width != (int)width || config.input.height != (int)height) {
        snprintf(message, ILV_CODEC_MESSAGE_LENGTH, "the header's size changed");
        return ILV_CODEC_MALFORMED;
    }
    config.output.colorspace = MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = pixels;
    config.output.u.RGBA.stride = (int)width * 3;
    config.output.u.RGBA.size = (size_t)width * height * 3;
    status = WebPDecode(bytes, count, &config);
    WebPFreeDecBuffer(&config.output);
    return status == VP8_STATUS_OK ? ILV_CODEC_OK : report(status, message);
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
