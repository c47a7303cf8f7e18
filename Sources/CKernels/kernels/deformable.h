// Deformable sampling. Compiled once per instruction set; no include guard.

/// The pixels around one sampling point that lie inside the map, as element offsets, with weights.
struct samples {
    size_t offset[4];
    float weight[4];
    int count;
};

/// Splits a sampling point's weight over the pixels around it, upper left, upper right, lower left,
/// lower right; none if the point is outside or its weight is 0.
ILV_INLINE struct samples samples_at(float location_x, float location_y, size_t height,
                                     size_t width, size_t stride, float weight) {
    struct samples found;
    found.count = 0;
    float x = location_x * (float)width - 0.5f;
    float y = location_y * (float)height - 0.5f;
    // Also false for NaN, so the conversions below are always in range.
    if (!(x > -1.0f && y > -1.0f && x < (float)width && y < (float)height) || weight == 0) {
        return found;
    }
    // One more than the pixel before the point, as truncation rounds down from 0 on.
    int64_t column = (int64_t)(x + 1.0f), row = (int64_t)(y + 1.0f);
    float right = x - (float)(column - 1), lower = y - (float)(row - 1);
    float upper_weight = weight * (1 - lower), lower_weight = weight * lower;
    float weights[4] = {upper_weight * (1 - right), upper_weight * right,
                        lower_weight * (1 - right), lower_weight * right};
    int64_t offset = ((row - 1) * (int64_t)width + column - 1) * (int64_t)stride;
    int64_t below = (int64_t)(width * stride);
    int64_t offsets[4] = {offset, offset + (int64_t)stride, offset + below,
                          offset + below + (int64_t)stride};
    int has_left = column > 0, has_right = column < (int64_t)width;
    int has_upper = row > 0, has_lower = row < (int64_t)height;
    int inside[4] = {has_upper & has_left, has_upper & has_right, has_lower & has_left,
                     has_lower & has_right};
    for (int k = 0; k < 4; k++) {
        found.offset[found.count] = (size_t)offsets[k];
        found.weight[found.count] = weights[k];
        found.count += inside[k];
    }
    return found;
}

/// One head: `blocks` (a constant) times sixteen channels, or `rest` < 16 channels if blocks is 0.
ILV_INLINE void sample_head(float *out, const float *value, size_t value_stride,
                            const uint32_t *shapes, size_t levels, size_t points,
                            const float *locations, size_t level_stride, const float *weights,
                            const size_t blocks, size_t rest) {
    f32x16 sums[4];
    for (size_t b = 0; b < blocks; b++) {
        sums[b] = load(out + 16 * b);
    }
    if (blocks == 0) {
        sums[0] = load_part(out, rest);
    }
    for (size_t l = 0; l < levels; l++) {
        size_t height = shapes[2 * l], width = shapes[2 * l + 1];
        const float *location = locations + l * level_stride;
        for (size_t p = 0; p < points; p++) {
            struct samples found = samples_at(location[2 * p], location[2 * p + 1], height, width,
                                              value_stride, weights[l * points + p]);
            for (int k = 0; k < found.count; k++) {
                const float *row = value + found.offset[k];
                float weight = found.weight[k];
                for (size_t b = 0; b < blocks; b++) {
                    sums[b] = fused(load(row + 16 * b), splat(weight), sums[b]);
                }
                if (blocks == 0) {
                    sums[0] = fused(load_part(row, rest), splat(weight), sums[0]);
                }
            }
        }
        value += height * width * value_stride;
    }
    for (size_t b = 0; b < blocks; b++) {
        store(out + 16 * b, sums[b]);
    }
    if (blocks == 0) {
        store_part(out, sums[0], rest);
    }
}

static void ILV_NAME(deformable_sample_f32)(float *out, const float *value, size_t value_stride,
                                            const uint32_t *shapes, size_t heads, size_t levels,
                                            size_t points, size_t head_size,
                                            const float *locations, size_t head_stride,
                                            size_t level_stride, const float *weights) {
    for (size_t h = 0; h < heads; h++) {
        float *to = out + h * head_size;
        const float *from = value + h * head_size;
        const float *location = locations + h * head_stride;
        const float *weight = weights + h * levels * points;
        size_t d = 0;
#define ILV_SAMPLE(blocks, rest)                                                             \
    sample_head(to + d, from + d, value_stride, shapes, levels, points, location, level_stride, \
                weight, blocks, rest)
        for (; d + 64 <= head_size; d += 64) {
            ILV_SAMPLE(4, 0);
        }
        for (; d + 32 <= head_size; d += 32) {
            ILV_SAMPLE(2, 0);
        }
        for (; d + 16 <= head_size; d += 16) {
            ILV_SAMPLE(1, 0);
        }
        if (d < head_size) {
            ILV_SAMPLE(0, head_size - d);
        }
#undef ILV_SAMPLE
    }
}

static void ILV_NAME(softmax_sink_f32)(float *weights, float *ignored, size_t images, size_t heads,
                                       size_t slots) {
    size_t image_stride = heads * slots;
    for (size_t h = 0; h < heads; h++) {
        float *head = weights + h * slots;
        float largest = 0;
        for (size_t n = 0; n < images; n++) {
            const float *w = head + n * image_stride;
            f32x16 best = splat(0);
            size_t i = 0;
            for (; i + 16 <= slots; i += 16) {
                best = larger(load(w + i), best);
            }
            if (i < slots) {
                best = larger(load_part(w + i, slots - i), best);
            }
            float most = lanes_largest(best);
            largest = most > largest ? most : largest;
        }
        f32x16 sums = splat(0);
        for (size_t n = 0; n < images; n++) {
            float *w = head + n * image_stride;
            size_t i = 0;
            for (; i + 16 <= slots; i += 16) {
                f32x16 e = exp_lanes(load(w + i) - largest);
                store(w + i, e);
                sums += e;
            }
            if (i < slots) {
                f32x16 e = exp_lanes(load_part(w + i, slots - i) - largest);
                store_part(w + i, e, slots - i);
                sums += choose(first_lanes(slots - i), e, splat(0));
            }
        }
        float sink = exp_lanes(splat(-largest))[0];
        float inverse = 1.0f / (sink + lanes_sum(sums));
        ignored[h] = sink * inverse;
        for (size_t n = 0; n < images; n++) {
            float *w = head + n * image_stride;
            for (size_t i = 0; i < slots; i++) {
                w[i] *= inverse;
            }
        }
    }
}
