// Layer, root-mean-square and group normalisation. Two passes: the mean, then the squared distances
// from it, in many partial sums. Compiled once per instruction set; no include guard.

/// Sum of a row: four accumulators of sixteen lanes.
ILV_INLINE float row_sum(const float *x, size_t count) {
    f32x16 s0 = splat(0), s1 = splat(0), s2 = splat(0), s3 = splat(0);
    size_t i = 0;
    for (; i + 64 <= count; i += 64) {
        s0 += load(x + i);
        s1 += load(x + i + 16);
        s2 += load(x + i + 32);
        s3 += load(x + i + 48);
    }
    for (; i + 16 <= count; i += 16) {
        s0 += load(x + i);
    }
    if (i < count) {
        s1 += load_part(x + i, count - i);
    }
    return lanes_sum((s0 + s1) + (s2 + s3));
}

/// Sums of d and of d^2 over a row, d = x - center.
struct row_moments {
    float sum, squares;
};

ILV_INLINE struct row_moments row_moments(const float *x, size_t count, float center) {
    f32x16 sum0 = splat(0), sum1 = splat(0);
    f32x16 s0 = splat(0), s1 = splat(0), s2 = splat(0), s3 = splat(0);
    size_t i = 0;
    for (; i + 64 <= count; i += 64) {
        f32x16 d0 = load(x + i) - center, d1 = load(x + i + 16) - center;
        f32x16 d2 = load(x + i + 32) - center, d3 = load(x + i + 48) - center;
        sum0 += d0 + d1;
        sum1 += d2 + d3;
        s0 = fused(d0, d0, s0);
        s1 = fused(d1, d1, s1);
        s2 = fused(d2, d2, s2);
        s3 = fused(d3, d3, s3);
    }
    for (; i + 16 <= count; i += 16) {
        f32x16 d = load(x + i) - center;
        sum0 += d;
        s0 = fused(d, d, s0);
    }
    if (i < count) {
        f32x16 d = load_part(x + i, count - i) - center;
        d = choose(first_lanes(count - i), d, splat(0));
        sum1 += d;
        s1 = fused(d, d, s1);
    }
    return (struct row_moments){lanes_sum(sum0 + sum1), lanes_sum((s0 + s1) + (s2 + s3))};
}

static void ILV_NAME(layer_norm_f32)(float *out, size_t out_stride, const float *x,
                                     size_t x_stride, const float *weight, const float *bias,
                                     size_t rows, size_t columns, float epsilon) {
    if (columns == 0) {
        return;
    }
    for (size_t r = 0; r < rows; r++, out += out_stride, x += x_stride) {
        // The mean of a row far from 0 is rounded coarsely: what is left of it shows in the second
        // pass and is taken off there.
        float mean = row_sum(x, columns) / (float)columns;
        struct row_moments moments = row_moments(x, columns, mean);
        float left = moments.sum / (float)columns;
        float variance = moments.squares / (float)columns - left * left;
        variance = variance < 0 ? 0 : variance;
        float inverse = 1.0f / __builtin_sqrtf(variance + epsilon);
        size_t c = 0;
        for (; c + 16 <= columns; c += 16) {
            f32x16 y = (load(x + c) - mean - left) * inverse;
            store(out + c, fused(y, load(weight + c), load(bias + c)));
        }
        if (c < columns) {
            size_t rest = columns - c;
            f32x16 y = (load_part(x + c, rest) - mean - left) * inverse;
            y = fused(y, load_part(weight + c, rest), load_part(bias + c, rest));
            store_part(out + c, y, rest);
        }
    }
}

static void ILV_NAME(rms_norm_f32)(float *out, size_t out_stride, const float *x, size_t x_stride,
                                   const float *weight, size_t rows, size_t columns,
                                   float epsilon) {
    if (columns == 0) {
        return;
    }
    for (size_t r = 0; r < rows; r++, out += out_stride, x += x_stride) {
        float mean_square = row_moments(x, columns, 0).squares / (float)columns;
        float inverse = 1.0f / __builtin_sqrtf(mean_square + epsilon);
        size_t c = 0;
        for (; c + 16 <= columns; c += 16) {
            store(out + c, load(x + c) * inverse * load(weight + c));
        }
        if (c < columns) {
            size_t rest = columns - c;
            store_part(out + c, load_part(x + c, rest) * inverse * load_part(weight + c, rest),
                       rest);
        }
    }
}

/// Pixels whose single-precision partial sums are folded into double precision at a time.
#define ILV_PIXEL_BLOCK 128
/// Channels whose sums are kept at a time.
#define ILV_CHANNEL_BLOCK 128

/// totals[c] += sum over pixels of d, or of d^2 if `squared`, with d = x[pixel, c] - center[c], for
/// `blocks` (a constant) times sixteen channels, or for `rest` < 16 channels if blocks is 0.
ILV_INLINE void channel_block_sums(double *totals, const float *x, size_t x_stride, size_t pixels,
                                   const float *center, int squared, const size_t blocks,
                                   size_t rest) {
    f32x16 sums[8];
    for (size_t b = 0; b < (blocks ? blocks : 1); b++) {
        sums[b] = splat(0);
    }
    for (size_t p = 0; p < pixels; p++) {
        const float *row = x + p * x_stride;
        for (size_t b = 0; b < blocks; b++) {
            f32x16 d = load(row + 16 * b) - load(center + 16 * b);
            sums[b] = squared ? fused(d, d, sums[b]) : sums[b] + d;
        }
        if (blocks == 0) {
            f32x16 d = load_part(row, rest) - load(center);
            sums[0] = squared ? fused(d, d, sums[0]) : sums[0] + d;
        }
    }
    size_t channels = blocks ? 16 * blocks : rest;
    for (size_t c = 0; c < channels; c++) {
        totals[c] += (double)sums[c / 16][c % 16];
    }
}

/// The same for at most ILV_CHANNEL_BLOCK channels; center has room for as many.
ILV_INLINE void channel_sums(double *totals, const float *x, size_t x_stride, size_t pixels,
                             size_t channels, const float *center, int squared) {
    for (size_t first = 0; first < pixels; first += ILV_PIXEL_BLOCK) {
        size_t count = pixels - first < ILV_PIXEL_BLOCK ? pixels - first : ILV_PIXEL_BLOCK;
        const float *block = x + first * x_stride;
        size_t c = 0;
        for (; c + 128 <= channels; c += 128) {
            channel_block_sums(totals + c, block + c, x_stride, count, center + c, squared, 8, 0);
        }
        for (; c + 64 <= channels; c += 64) {
            channel_block_sums(totals + c, block + c, x_stride, count, center + c, squared, 4, 0);
        }
        for (; c + 16 <= channels; c += 16) {
            channel_block_sums(totals + c, block + c, x_stride, count, center + c, squared, 1, 0);
        }
        if (c < channels) {
            channel_block_sums(totals + c, block + c, x_stride, count, center + c, squared, 0,
                               channels - c);
        }
    }
}

/// Sums of a run of whole groups, folded per group. `width` is the channels per group.
///
/// totals [count] · center: value to subtract per group, or NULL for 0
ILV_INLINE void group_sums(double *totals, const float *x, size_t x_stride, size_t pixels,
                           size_t width, size_t count, const float *center, int squared) {
    float middle[ILV_CHANNEL_BLOCK];
    double sums[ILV_CHANNEL_BLOCK];
    for (size_t g = 0; g < count; g++) {
        totals[g] = 0;
    }
    size_t channels = width * count;
    for (size_t first = 0; first < channels; first += ILV_CHANNEL_BLOCK) {
        size_t block = channels - first < ILV_CHANNEL_BLOCK ? channels - first : ILV_CHANNEL_BLOCK;
        for (size_t c = 0; c < ILV_CHANNEL_BLOCK; c++) {
            sums[c] = 0;
            middle[c] = center && c < block ? center[(first + c) / width] : 0;
        }
        channel_sums(sums, x + first, x_stride, pixels, block, middle, squared);
        for (size_t c = 0; c < block; c++) {
            totals[(first + c) / width] += sums[c];
        }
    }
}

static void ILV_NAME(group_norm_statistics_f32)(float *mean, float *inverse_deviation,
                                                const float *x, size_t x_stride, size_t pixels,
                                                size_t channels, size_t groups,
                                                size_t first_group, size_t group_count,
                                                float epsilon) {
    if (pixels == 0 || channels == 0 || groups == 0) {
        return;
    }
    size_t width = channels / groups;
    double size = (double)pixels * (double)width;
    size_t at_once = width < ILV_CHANNEL_BLOCK ? ILV_CHANNEL_BLOCK / width : 1;
    double totals[ILV_CHANNEL_BLOCK];
    for (size_t done = 0; done < group_count; done += at_once) {
        size_t count = group_count - done < at_once ? group_count - done : at_once;
        size_t group = first_group + done;
        const float *run = x + group * width;
        group_sums(totals, run, x_stride, pixels, width, count, NULL, 0);
        for (size_t g = 0; g < count; g++) {
            mean[group + g] = (float)(totals[g] / size);
        }
        group_sums(totals, run, x_stride, pixels, width, count, mean + group, 1);
        for (size_t g = 0; g < count; g++) {
            double variance = totals[g] / size;
            inverse_deviation[group + g] = 1.0f / __builtin_sqrtf((float)variance + epsilon);
        }
    }
}

/// (x - mean) * scale + bias, with silu where asked for.
ILV_INLINE f32x16 group_normalize(f32x16 x, f32x16 mean, f32x16 scale, f32x16 bias, int silu) {
    f32x16 y = fused(x - mean, scale, bias);
    return silu ? silu_lanes(y) : y;
}

/// Channels whose group's statistics are spread out at a time.
#define ILV_APPLY_BLOCK 512

ILV_INLINE void group_norm_apply(float *out, size_t out_stride, const float *x, size_t x_stride,
                                 const float *mean, const float *inverse_deviation,
                                 const float *weight, const float *bias, size_t pixels,
                                 size_t channels, size_t groups, int silu) {
    size_t width = channels / groups;
    float means[ILV_APPLY_BLOCK], scales[ILV_APPLY_BLOCK];
    for (size_t first = 0; first < channels; first += ILV_APPLY_BLOCK) {
        size_t block = channels - first < ILV_APPLY_BLOCK ? channels - first : ILV_APPLY_BLOCK;
        for (size_t c = 0; c < block; c++) {
            size_t g = (first + c) / width;
            means[c] = mean[g];
            scales[c] = inverse_deviation[g] * weight[first + c];
        }
        const float *biases = bias + first;
        for (size_t p = 0; p < pixels; p++) {
            const float *from = x + p * x_stride + first;
            float *to = out + p * out_stride + first;
            size_t c = 0;
            for (; c + 16 <= block; c += 16) {
                store(to + c, group_normalize(load(from + c), load(means + c), load(scales + c),
                                              load(biases + c), silu));
            }
            if (c < block) {
                size_t rest = block - c;
                f32x16 y = group_normalize(load_part(from + c, rest), load_part(means + c, rest),
                                           load_part(scales + c, rest),
                                           load_part(biases + c, rest), silu);
                store_part(to + c, y, rest);
            }
        }
    }
}

static void ILV_NAME(group_norm_apply_f32)(float *out, size_t out_stride, const float *x,
                                           size_t x_stride, const float *mean,
                                           const float *inverse_deviation, const float *weight,
                                           const float *bias, size_t pixels, size_t channels,
                                           size_t groups, int silu) {
    if (channels == 0 || groups == 0) {
        return;
    }
    if (silu) {
        group_norm_apply(out, out_stride, x, x_stride, mean, inverse_deviation, weight, bias,
                         pixels, channels, groups, 1);
    } else {
        group_norm_apply(out, out_stride, x, x_stride, mean, inverse_deviation, weight, bias,
                         pixels, channels, groups, 0);
    }
}

#undef ILV_PIXEL_BLOCK
#undef ILV_CHANNEL_BLOCK
#undef ILV_APPLY_BLOCK
