// Depth-wise convolution, pooling and resizing of images kept as rows x channels.
// Compiled once per instruction set; no include guard.

/// One output pixel of the depth-wise convolution: `blocks` (a constant) times sixteen channels, or
/// `rest` < 16 channels if blocks is 0.
ILV_INLINE void depthwise_pixel(float *out, const float *x, size_t x_stride, const float *weight,
                                const float *bias, size_t height, size_t width, size_t channels,
                                size_t row, size_t column, const size_t blocks, size_t rest) {
    f32x16 sums[4];
    for (size_t b = 0; b < blocks; b++) {
        sums[b] = load(bias + 16 * b);
    }
    if (blocks == 0) {
        sums[0] = load_part(bias, rest);
    }
    size_t top = row > 0 ? row - 1 : 0, bottom = row + 2 < height ? row + 2 : height;
    size_t left = column > 0 ? column - 1 : 0, right = column + 2 < width ? column + 2 : width;
    for (size_t y = top; y < bottom; y++) {
        for (size_t at = left; at < right; at++) {
            const float *from = x + (y * width + at) * x_stride;
            const float *tap = weight + ((y + 1 - row) * 3 + (at + 1 - column)) * channels;
            for (size_t b = 0; b < blocks; b++) {
                sums[b] = fused(load(from + 16 * b), load(tap + 16 * b), sums[b]);
            }
            if (blocks == 0) {
                sums[0] = fused(load_part(from, rest), load_part(tap, rest), sums[0]);
            }
        }
    }
    for (size_t b = 0; b < blocks; b++) {
        store(out + 16 * b, sums[b]);
    }
    if (blocks == 0) {
        store_part(out, sums[0], rest);
    }
}

static void ILV_NAME(depthwise3x3_f32)(float *out, size_t out_stride, const float *x,
                                       size_t x_stride, const float *weight, const float *bias,
                                       size_t height, size_t width, size_t channels,
                                       size_t first_row, size_t row_count) {
    for (size_t row = first_row; row < first_row + row_count; row++) {
        for (size_t column = 0; column < width; column++) {
            float *to = out + (row * width + column) * out_stride;
            size_t c = 0;
            for (; c + 64 <= channels; c += 64) {
                depthwise_pixel(to + c, x + c, x_stride, weight + c, bias + c, height, width,
                                channels, row, column, 4, 0);
            }
            for (; c + 16 <= channels; c += 16) {
                depthwise_pixel(to + c, x + c, x_stride, weight + c, bias + c, height, width,
                                channels, row, column, 1, 0);
            }
            if (c < channels) {
                depthwise_pixel(to + c, x + c, x_stride, weight + c, bias + c, height, width,
                                channels, row, column, 0, channels - c);
            }
        }
    }
}

/// Largest of a window, NaN if it holds one.
ILV_INLINE f32x16 larger_or_nan(f32x16 best, f32x16 x) {
    return choose((x > best) | (x != x), x, best);
}

/// Sixteen (or `rest` < 16) channels of one output pixel of the pooling.
ILV_INLINE f32x16 maxpool_pixel(const float *x, size_t x_stride, size_t height, size_t width,
                                size_t row, size_t column, size_t rest) {
    f32x16 best = splat(-__builtin_inff());
    size_t top = row > 0 ? 2 * row - 1 : 0;
    size_t bottom = 2 * row + 2 < height ? 2 * row + 2 : height;
    size_t left = column > 0 ? 2 * column - 1 : 0;
    size_t right = 2 * column + 2 < width ? 2 * column + 2 : width;
    for (size_t y = top; y < bottom; y++) {
        for (size_t at = left; at < right; at++) {
            const float *from = x + (y * width + at) * x_stride;
            best = larger_or_nan(best, rest ? load_part(from, rest) : load(from));
        }
    }
    return best;
}

static void ILV_NAME(maxpool3x3s2_f32)(float *out, size_t out_stride, const float *x,
                                       size_t x_stride, size_t height, size_t width,
                                       size_t channels) {
    size_t out_height = (height + 1) / 2, out_width = (width + 1) / 2;
    for (size_t row = 0; row < out_height; row++) {
        for (size_t column = 0; column < out_width; column++) {
            float *to = out + (row * out_width + column) * out_stride;
            size_t c = 0;
            for (; c + 16 <= channels; c += 16) {
                store(to + c, maxpool_pixel(x + c, x_stride, height, width, row, column, 0));
            }
            if (c < channels) {
                size_t rest = channels - c;
                store_part(to + c,
                           maxpool_pixel(x + c, x_stride, height, width, row, column, rest), rest);
            }
        }
    }
}

static void ILV_NAME(upsample_nearest2_f32)(float *out, size_t out_stride, const float *x,
                                            size_t x_stride, size_t height, size_t width,
                                            size_t channels) {
    for (size_t row = 0; row < 2 * height; row++) {
        for (size_t column = 0; column < width; column++) {
            const float *from = x + (row / 2 * width + column) * x_stride;
            float *to = out + (row * 2 * width + 2 * column) * out_stride;
            memcpy(to, from, channels * sizeof(float));
            memcpy(to + out_stride, from, channels * sizeof(float));
        }
    }
}

/// The two source positions of an output position along one side, and the weight of the second.
struct between {
    size_t low, high;
    float weight;
};

/// Position o of `out_size` seen on `size` source positions, align_corners false.
ILV_INLINE struct between source_position(size_t o, size_t out_size, size_t size) {
    float scale = (float)size / (float)out_size;
    float at = ((float)o + 0.5f) * scale - 0.5f;
    at = at < 0 ? 0 : at;
    size_t low = (size_t)at;
    low = low < size ? low : size - 1;
    float weight = at - (float)low;
    weight = weight < 1 ? weight : 1;
    return (struct between){low, low + 1 < size ? low + 1 : low, weight};
}

/// Sixteen (or `rest` < 16) channels of one resized pixel, from its four neighbours.
ILV_INLINE f32x16 blend_pixels(const float *const corner[4], const float weight[4], size_t c,
                               size_t rest) {
    f32x16 sum = splat(0);
    for (int k = 0; k < 4; k++) {
        f32x16 x = rest ? load_part(corner[k] + c, rest) : load(corner[k] + c);
        sum = fused(x, splat(weight[k]), sum);
    }
    return sum;
}

static void ILV_NAME(resize_bilinear_f32)(float *out, size_t out_stride, size_t out_height,
                                          size_t out_width, const float *x, size_t x_stride,
                                          size_t height, size_t width, size_t channels,
                                          int accumulate) {
    if (height == 0 || width == 0) {
        return;
    }
    for (size_t row = 0; row < out_height; row++) {
        struct between v = source_position(row, out_height, height);
        for (size_t column = 0; column < out_width; column++) {
            struct between h = source_position(column, out_width, width);
            const float *const corner[4] = {
                x + (v.low * width + h.low) * x_stride, x + (v.low * width + h.high) * x_stride,
                x + (v.high * width + h.low) * x_stride, x + (v.high * width + h.high) * x_stride};
            const float weight[4] = {
                (1 - v.weight) * (1 - h.weight), (1 - v.weight) * h.weight,
                v.weight * (1 - h.weight), v.weight * h.weight};
            float *to = out + (row * out_width + column) * out_stride;
            size_t c = 0;
            for (; c + 16 <= channels; c += 16) {
                f32x16 y = blend_pixels(corner, weight, c, 0);
                store(to + c, accumulate ? load(to + c) + y : y);
            }
            if (c < channels) {
                size_t rest = channels - c;
                f32x16 y = blend_pixels(corner, weight, c, rest);
                store_part(to + c, accumulate ? load_part(to + c, rest) + y : y, rest);
            }
        }
    }
}
