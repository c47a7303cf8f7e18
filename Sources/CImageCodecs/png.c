#include "cimagecodecs.h"
#include "libraries.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Rows between two questions whether to go on.
enum { POLLED_ROW_COUNT = 16 };

struct failure {
    jmp_buf target;
    int status;
    char *message;
};

struct source {
    const uint8_t *bytes;
    size_t count;
    size_t position;
};

struct sink {
    uint8_t *bytes;
    size_t count;
    size_t capacity;
};

static void on_error(png_structp png, png_const_charp text) {
    struct failure *failure = png_get_error_ptr(png);
    // A more exact message may be there already.
    if (failure->message[0] == 0) {
        snprintf(failure->message, ILV_CODEC_MESSAGE_LENGTH, "%s", text);
    }
    longjmp(failure->target, 1);
}

static void on_warning(png_structp png, png_const_charp text) {
    (void)png;
    (void)text;
}

static void fail(png_structp png, int status, const char *text) {
    struct failure *failure = png_get_error_ptr(png);
    failure->status = status;
    png_error(png, text);
}

static void read_bytes(png_structp png, png_bytep target, size_t count) {
    struct source *source = png_get_io_ptr(png);
    if (count > source->count - source->position) {
        fail(png, ILV_CODEC_TRUNCATED, "the data ends early");
    }
    memcpy(target, source->bytes + source->position, count);
    source->position += count;
}

static void write_bytes(png_structp png, png_bytep bytes, size_t count) {
    struct sink *sink = png_get_io_ptr(png);
    if (count > sink->capacity - sink->count) {
        size_t capacity = sink->capacity * 2 + count + 4096;
        uint8_t *grown = realloc(sink->bytes, capacity);
        if (grown == NULL) {
            fail(png, ILV_CODEC_OUT_OF_MEMORY, "out of memory");
        }
        sink->bytes = grown;
        sink->capacity = capacity;
    }
    memcpy(sink->bytes + sink->count, bytes, count);
    sink->count += count;
}

static void flush_bytes(png_structp png) {
    (void)png;
}

static void start_failure(struct failure *failure, char *message) {
    failure->status = ILV_CODEC_MALFORMED;
    failure->message = message;
    message[0] = 0;
}

static png_structp make_reader(struct failure *failure, struct source *source, png_infop *info) {
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, failure, on_error, on_warning);
    if (png == NULL) {
        return NULL;
    }
    *info = png_create_info_struct(png);
    if (*info == NULL) {
        png_destroy_read_struct(&png, NULL, NULL);
        return NULL;
    }
    png_set_read_fn(png, source, read_bytes);
    // Sizes are the caller's to judge.
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    // Texts, profiles and the like would be unpacked, however large they become, and nothing reads them.
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    return png;
}

static int out_of_memory(char *message) {
    snprintf(message, ILV_CODEC_MESSAGE_LENGTH, "out of memory");
    return ILV_CODEC_OUT_OF_MEMORY;
}

int ilv_png_read_size(const uint8_t *bytes, size_t count, uint32_t *width, uint32_t *height, char *message) {
    struct failure failure;
    struct source source = {bytes, count, 0};
    png_infop info = NULL;
    start_failure(&failure, message);
    png_structp png = make_reader(&failure, &source, &info);
    if (png == NULL) {
        return out_of_memory(message);
    }
    if (setjmp(failure.target)) {
        png_destroy_read_struct(&png, &info, NULL);
        return failure.status;
    }
    png_read_info(png, info);
    *width = png_get_image_width(png, info);
    *height = png_get_image_height(png, info);
    png_destroy_read_struct(&png, &info, NULL);
    return ILV_CODEC_OK;
}

static void poll_or_fail(png_structp png, ilv_codec_poll poll, void *context) {
    if (poll != NULL && poll(context)) {
        fail(png, ILV_CODEC_STOPPED, "stopped");
    }
}

// Rows of an interlaced picture come in passes that each need what the earlier ones left of their row.
static void read_rows(png_structp png, uint8_t *rows, size_t row_count, size_t stride, int pass_count,
                      ilv_codec_poll poll, void *context) {
    for (int pass = 0; pass < pass_count; pass++) {
        for (size_t row = 0; row < row_count; row++) {
            if (row % POLLED_ROW_COUNT == 0) {
                poll_or_fail(png, poll, context);
            }
            png_read_row(png, rows + row * stride, NULL);
        }
    }
}

// Reads with alpha, and flattens: row by row, or all at once where passes need whole rows.
static void read_flattened(png_structp png, uint8_t *pixels, uint32_t width, uint32_t height, int pass_count,
                           int is_over_white, ilv_codec_poll poll, void *context, uint8_t *rgba) {
    size_t stride = (size_t)width * 4;
    if (pass_count > 1) {
        read_rows(png, rgba, height, stride, pass_count, poll, context);
        ilv_pixels_flatten(rgba, (size_t)width * height, is_over_white, pixels);
        return;
    }
    for (uint32_t row = 0; row < height; row++) {
        if (row % POLLED_ROW_COUNT == 0) {
            poll_or_fail(png, poll, context);
        }
        png_read_row(png, rgba, NULL);
        ilv_pixels_flatten(rgba, width, is_over_white, pixels + (size_t)row * width * 3);
    }
}

int ilv_png_decode(const uint8_t *bytes, size_t count, uint8_t *pixels, uint32_t width, uint32_t height,
                   int is_over_white, ilv_codec_poll poll, void *context, char *message) {
    struct failure failure;
    struct source source = {bytes, count, 0};
    png_infop info = NULL;
    uint8_t *volatile rgba = NULL;
    start_failure(&failure, message);
    png_structp png = make_reader(&failure, &source, &info);
    if (png == NULL) {
        return out_of_memory(message);
    }
    if (setjmp(failure.target)) {
        png_destroy_read_struct(&png, &info, NULL);
        free(rgba);
        return failure.status;
    }
    png_read_info(png, info);
    if (png_get_image_width(png, info) != width || png_get_image_height(png, info) != height) {
        fail(png, ILV_CODEC_MALFORMED, "the header's size changed");
    }
    // Everything becomes 8-bit RGB: palettes and small depths expand, high bytes stay, alpha goes.
    png_set_expand(png);
    png_set_strip_16(png);
    int keeps_alpha = is_over_white && ((png_get_color_type(png, info) & PNG_COLOR_MASK_ALPHA) != 0 ||
                                        png_get_valid(png, info, PNG_INFO_tRNS) != 0);
    if (!keeps_alpha) {
        png_set_strip_alpha(png);
    }
    png_set_gray_to_rgb(png);
    int pass_count = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    if (png_get_rowbytes(png, info) != (size_t)width * (keeps_alpha ? 4 : 3)) {
        fail(png, ILV_CODEC_UNSUPPORTED, "the pixels do not reduce to RGB");
    }
    if (keeps_alpha) {
        rgba = malloc((size_t)width * 4 * (pass_count > 1 ? height : 1));
        if (rgba == NULL) {
            fail(png, ILV_CODEC_OUT_OF_MEMORY, "out of memory");
        }
        read_flattened(png, pixels, width, height, pass_count, is_over_white, poll, context, rgba);
    } else {
        read_rows(png, pixels, height, (size_t)width * 3, pass_count, poll, context);
    }
    png_read_end(png, NULL);
    png_destroy_read_struct(&png, &info, NULL);
    free(rgba);
    return ILV_CODEC_OK;
}

static int is_ascii(const char *text) {
    for (; *text != 0; text++) {
        if ((unsigned char)*text >= 0x80) {
            return 0;
        }
    }
    return 1;
}

static void set_texts(png_structp png, png_infop info, const char *const *keywords, const char *const *texts,
                      size_t text_count) {
    for (size_t index = 0; index < text_count; index++) {
        png_text chunk;
        memset(&chunk, 0, sizeof chunk);
        chunk.compression = is_ascii(texts[index]) ? PNG_TEXT_COMPRESSION_NONE : PNG_ITXT_COMPRESSION_NONE;
        // libpng copies both; its structure merely lacks const.
        chunk.key = (png_charp)(uintptr_t)keywords[index];
        chunk.text = (png_charp)(uintptr_t)texts[index];
        png_set_text(png, info, &chunk, 1);
    }
}

int ilv_png_encode(const uint8_t *pixels, uint32_t width, uint32_t height, int level,
                   const char *const *keywords, const char *const *texts, size_t text_count, uint8_t **output,
                   size_t *output_count, char *message) {
    struct failure failure;
    struct sink sink = {NULL, 0, 0};
    // Kept in memory across the longjmp: only its address lives in registers.
    struct sink *volatile target = &sink;
    *output = NULL;
    *output_count = 0;
    start_failure(&failure, message);
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &failure, on_error, on_warning);
    png_infop info = png == NULL ? NULL : png_create_info_struct(png);
    if (info == NULL) {
        png_destroy_write_struct(&png, NULL);
        return out_of_memory(message);
    }
    if (setjmp(failure.target)) {
        png_destroy_write_struct(&png, &info);
        free(target->bytes);
        return failure.status;
    }
    png_set_write_fn(png, target, write_bytes, flush_bytes);
    png_set_IHDR(png, info, width, height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_set_compression_level(png, level);
    set_texts(png, info, keywords, texts, text_count);
    png_write_info(png, info);
    for (uint32_t row = 0; row < height; row++) {
        png_write_row(png, pixels + (size_t)row * width * 3);
    }
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    *output = target->bytes;
    *output_count = target->count;
    return ILV_CODEC_OK;
}

void ilv_codec_free(uint8_t *output) {
    free(output);
}
