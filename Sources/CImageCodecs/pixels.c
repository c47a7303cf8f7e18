#include "cimagecodecs.h"

void ilv_pixels_flatten(const uint8_t *rgba, size_t pixel_count, int is_over_white, uint8_t *rgb) {
    for (size_t pixel = 0; pixel < pixel_count; pixel++) {
        const uint8_t *source = rgba + 4 * pixel;
        unsigned alpha = is_over_white ? source[3] : 255;
        for (unsigned channel = 0; channel < 3; channel++) {
            unsigned sum = source[channel] * alpha + 255 * (255 - alpha);
            rgb[3 * pixel + channel] = (uint8_t)((sum + 127) / 255);
        }
    }
}

void ilv_pixels_turn(const uint8_t *pixels, uint32_t width, uint32_t height, int orientation, uint8_t *output) {
    // Exif 2.32, tag 274: where the stored first row and first column belong.
    int swaps_sides = orientation >= 5;
    int runs_left = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    int runs_up = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    // Squares, so that both the rows read and the columns written stay in the cache.
    enum { SIDE = 32 };
    for (uint32_t top = 0; top < height; top += SIDE) {
        for (uint32_t left = 0; left < width; left += SIDE) {
            for (uint32_t y = top; y < height && y < top + SIDE; y++) {
                for (uint32_t x = left; x < width && x < left + SIDE; x++) {
                    uint32_t column = runs_left ? width - 1 - x : x;
                    uint32_t row = runs_up ? height - 1 - y : y;
                    size_t target = swaps_sides ? (size_t)column * height + row : (size_t)row * width + column;
                    const uint8_t *source = pixels + 3 * ((size_t)y * width + x);
                    output[3 * target] = source[0];
                    output[3 * target + 1] = source[1];
                    output[3 * target + 2] = source[2];
                }
            }
        }
    }
}
