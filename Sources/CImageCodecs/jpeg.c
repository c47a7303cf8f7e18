#include "cimagecodecs.h"
#include "libraries.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct failure {
    struct jpeg_error_mgr base;
    jmp_buf target;
    int status;
    char *message;
};

static void leave(j_common_ptr info, int status) {
    struct failure *failure = (struct failure *)info->err;
    char text[JMSG_LENGTH_MAX];
    info->err->format_message(info, text);
    snprintf(failure->message, ILV_CODEC_MESSAGE_LENGTH, "%s", text);
    failure->status = status;
    longjmp(failure->target, 1);
}

static void on_error(j_common_ptr info) {
    switch (info->err->msg_code) {
    case JERR_OUT_OF_MEMORY: leave(info, ILV_CODEC_OUT_OF_MEMORY); break;
    case JERR_BAD_PRECISION:
    case JERR_SOF_UNSUPPORTED:
    case JERR_CONVERSION_NOTIMPL: leave(info, ILV_CODEC_UNSUPPORTED); break;
    default: leave(info, ILV_CODEC_MALFORMED);
    }
}

// libjpeg only warns when data is missing or wrong and goes on with grey pixels; here these warnings are errors.
static void on_message(j_common_ptr info, int level) {
    if (level >= 0) {
        return;
    }
    info->err->num_warnings++;
    switch (info->err->msg_code) {
    case JWRN_JPEG_EOF:
    case JWRN_HIT_MARKER: leave(info, ILV_CODEC_TRUNCATED); break;
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC: leave(info, ILV_CODEC_MALFORMED); break;
    default: break;
    }
}

static void on_output(j_common_ptr info) {
    (void)info;
}

static struct jpeg_error_mgr *install(struct failure *failure, char *message) {
    jpeg_std_error(&failure->base);
    failure->base.error_exit = on_error;
    failure->base.emit_message = on_message;
    failure->base.output_message = on_output;
    failure->status = ILV_CODEC_MALFORMED;
    failure->message = message;
    message[0] = 0;
    return &failure->base;
}

struct scan_monitor {
    struct jpeg_progress_mgr base;
    int maximum_scans;
    ilv_codec_poll poll;
    void *context;
};

// Called once per row of blocks, also while a progressive picture is gathered.
static void check_progress(j_common_ptr info) {
    struct scan_monitor *monitor = (struct scan_monitor *)info->progress;
    if (monitor->poll != NULL && monitor->poll(monitor->context)) {
        struct failure *failure = (struct failure *)info->err;
        snprintf(failure->message, ILV_CODEC_MESSAGE_LENGTH, "stopped");
        failure->status = ILV_CODEC_STOPPED;
        longjmp(failure->target, 1);
    }
    if (info->is_decompressor && ((j_decompress_ptr)info)->input_scan_number > monitor->maximum_scans) {
        struct failure *failure = (struct failure *)info->err;
        snprintf(failure->message, ILV_CODEC_MESSAGE_LENGTH, "more than %d progressive scans",
                 monitor->maximum_scans);
        failure->status = ILV_CODEC_LIMIT;
        longjmp(failure->target, 1);
    }
}

int ilv_jpeg_read_size(const uint8_t *bytes, size_t count, uint32_t *width, uint32_t *height, char *message) {
    struct jpeg_decompress_struct info;
    struct failure failure;
    info.err = install(&failure, message);
    if (setjmp(failure.target)) {
        jpeg_destroy_decompress(&info);
        return failure.status;
    }
    jpeg_create_decompress(&info);
    jpeg_mem_src(&info, bytes, count);
    jpeg_read_header(&info, TRUE);
    *width = info.image_width;
    *height = info.image_height;
    jpeg_destroy_decompress(&info);
    return ILV_CODEC_OK;
}

static uint8_t multiply_255(unsigned a, unsigned b) {
    unsigned product = a * b + 128;
    return (uint8_t)(((product >> 8) + product) >> 8);
}

// Adobe stores CMYK inverted: a stored 255 is no ink. R = K' - (C ink) * K', with K' = 255 - black.
static void convert_cmyk_row(const uint8_t *cmyk, uint8_t *rgb, uint32_t width) {
    for (uint32_t x = 0; x < width; x++) {
        unsigned light = cmyk[4 * x + 3];
        for (unsigned channel = 0; channel < 3; channel++) {
            unsigned ink = 255u - cmyk[4 * x + channel];
            rgb[3 * x + channel] = (uint8_t)(light - multiply_255(ink, light));
        }
    }
}

int ilv_jpeg_decode(const uint8_t *bytes, size_t count, uint8_t *pixels, uint32_t width, uint32_t height,
                    int maximum_scans, ilv_codec_poll poll, void *context, char *message) {
    struct jpeg_decompress_struct info;
    struct failure failure;
    struct scan_monitor monitor = {.maximum_scans = maximum_scans, .poll = poll, .context = context};
    uint8_t *volatile cmyk_row = NULL;
    info.err = install(&failure, message);
    if (setjmp(failure.target)) {
        jpeg_destroy_decompress(&info);
        free(cmyk_row);
        return failure.status;
    }
    jpeg_create_decompress(&info);
    monitor.base.progress_monitor = check_progress;
    info.progress = &monitor.base;
    jpeg_mem_src(&info, bytes, count);
    jpeg_read_header(&info, TRUE);
    if (info.image_width != width || info.image_height != height) {
        snprintf(message, ILV_CODEC_MESSAGE_LENGTH, "the header's size changed");
        jpeg_destroy_decompress(&info);
        return ILV_CODEC_MALFORMED;
    }
    int is_cmyk = info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK;
    info.out_color_space = is_cmyk ? JCS_CMYK : JCS_RGB;
    if (is_cmyk) {
        cmyk_row = malloc((size_t)width * 4);
        if (cmyk_row == NULL) {
            ERREXIT1(&info, JERR_OUT_OF_MEMORY, 0);
        }
    }
    jpeg_start_decompress(&info);
    while (info.output_scanline < info.output_height) {
        uint8_t *row = pixels + (size_t)info.output_scanline * width * 3;
        JSAMPROW target = is_cmyk ? cmyk_row : row;
        jpeg_read_scanlines(&info, &target, 1);
        if (is_cmyk) {
            convert_cmyk_row(cmyk_row, row, width);
        }
    }
    jpeg_finish_decompress(&info);
    jpeg_destroy_decompress(&info);
    free(cmyk_row);
    return ILV_CODEC_OK;
}

int ilv_jpeg_encode(const uint8_t *pixels, uint32_t width, uint32_t height, int quality, uint8_t **output,
                    size_t *output_count, char *message) {
    struct jpeg_compress_struct info;
    struct failure failure;
    // libjpeg writes both through the pointers it is given, also while growing the buffer before an error.
    unsigned char *volatile buffer = NULL;
    volatile unsigned long buffer_count = 0;
    *output = NULL;
    *output_count = 0;
    info.err = install(&failure, message);
    if (setjmp(failure.target)) {
        jpeg_destroy_compress(&info);
        free(buffer);
        return failure.status;
    }
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, (unsigned char **)&buffer, (unsigned long *)&buffer_count);
    info.image_width = width;
    info.image_height = height;
    info.input_components = 3;
    info.in_color_space = JCS_RGB;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, quality, TRUE);
    jpeg_start_compress(&info, TRUE);
    while (info.next_scanline < info.image_height) {
        JSAMPROW row = (JSAMPROW)(uintptr_t)(pixels + (size_t)info.next_scanline * width * 3);
        jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    *output = buffer;
    *output_count = buffer_count;
    return ILV_CODEC_OK;
}
