#ifndef ILV_IMAGE_CODECS_H
#define ILV_IMAGE_CODECS_H

// JPEG, PNG and WebP between memory and rows of 8-bit RGB.
//
// libjpeg and libpng report errors by longjmp; it stays inside this target. Every function returns a status and, in case
// of an error, leaves a NUL-terminated English text in `message` (ILV_CODEC_MESSAGE_LENGTH bytes).

#include <stddef.h>
#include <stdint.h>

#define ILV_CODEC_MESSAGE_LENGTH 256

enum {
    ILV_CODEC_OK = 0,
    ILV_CODEC_MALFORMED = 1,
    ILV_CODEC_TRUNCATED = 2,
    ILV_CODEC_UNSUPPORTED = 3,
    ILV_CODEC_OUT_OF_MEMORY = 4,
    ILV_CODEC_LIMIT = 5,
    ILV_CODEC_STOPPED = 6,
};

/// Asked every few rows; anything but 0 ends the call with ILV_CODEC_STOPPED.
typedef int (*ilv_codec_poll)(void *context);

/// Reads width and height from the header alone; no pixel is decoded and no pixel memory allocated.
int ilv_jpeg_read_size(const uint8_t *bytes, size_t count, uint32_t *width, uint32_t *height, char *message);
int ilv_png_read_size(const uint8_t *bytes, size_t count, uint32_t *width, uint32_t *height, char *message);
int ilv_webp_read_size(const uint8_t *bytes, size_t count, uint32_t *width, uint32_t *height, char *message);

/// Decodes into pixels [height, width, 3], rows without gaps. width and height must be those of the header: anything else
/// is ILV_CODEC_MALFORMED. 16-bit samples keep their high byte. Where is_over_white, transparent pixels are laid over white,
/// else their colours are taken as they are stored. Of an animation the first frame is decoded, on its canvas.
/// maximum_scans bounds the work a progressive JPEG may ask for. poll is asked with context every few rows (of WebP: never).
int ilv_jpeg_decode(const uint8_t *bytes, size_t count, uint8_t *pixels, uint32_t width, uint32_t height,
                    int maximum_scans, ilv_codec_poll poll, void *context, char *message);
int ilv_png_decode(const uint8_t *bytes, size_t count, uint8_t *pixels, uint32_t width, uint32_t height,
                   int is_over_white, ilv_codec_poll poll, void *context, char *message);
int ilv_webp_decode(const uint8_t *bytes, size_t count, uint8_t *pixels, uint32_t width, uint32_t height,
                    int is_over_white, char *message);

/// Turns pixels [height, width, 3] upright as an Exif orientation of 2 to 8 says; 5 to 8 swap the sides of the result.
void ilv_pixels_turn(const uint8_t *pixels, uint32_t width, uint32_t height, int orientation, uint8_t *output);

/// Takes the colours of RGBA pixels, laid over white where is_over_white.
void ilv_pixels_flatten(const uint8_t *rgba, size_t pixel_count, int is_over_white, uint8_t *rgb);

/// Encodes pixels [height, width, 3]. *output is allocated and belongs to the caller, who frees it with ilv_codec_free;
/// it is NULL after an error. quality is 1 to 100.
int ilv_jpeg_encode(const uint8_t *pixels, uint32_t width, uint32_t height, int quality, uint8_t **output,
                    size_t *output_count, char *message);
int ilv_webp_encode(const uint8_t *pixels, uint32_t width, uint32_t height, float quality, uint8_t **output,
                    size_t *output_count, char *message);

/// As above, with text_count text chunks of NUL-terminated UTF-8: ASCII texts become tEXt, others iTXt.
/// Keywords are 1 to 79 printable ASCII characters. level is zlib's 0 to 9.
int ilv_png_encode(const uint8_t *pixels, uint32_t width, uint32_t height, int level,
                   const char *const *keywords, const char *const *texts, size_t text_count, uint8_t **output,
                   size_t *output_count, char *message);

/// Frees what an encoder returned; NULL is allowed.
void ilv_codec_free(uint8_t *output);

#endif
