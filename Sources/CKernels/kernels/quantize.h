// Rows of f32 as signed bytes with one scale each, after a rotation that spreads outliers. Compiled once per instruction
// set; no include guard.
//
// Every operation is rounded by itself and in an order that the row fixes, so the bytes are the same for every
// instruction set.

/// One stage of a Hadamard transform across the lanes: lanes that differ in bit `distance` become sum and difference.
#define ILV_LANE_STAGE(x, distance, ...)                                                           \
    do {                                                                                           \
        const i32x16 index = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};               \
        u32x16 upper = (u32x16)((index & (distance)) != 0) & 0x80000000u;                          \
        f32x16 other = __builtin_shufflevector(x, x, __VA_ARGS__);                                 \
        x = other + (f32x16)((u32x16)x ^ upper);                                                   \
    } while (0)

/// Multiplies `count` x 16 values (a power of two, at most 256) by the symmetric Hadamard matrix of their number.
ILV_INLINE void hadamard(f32x16 *x, const size_t count, float scale) {
#pragma clang loop unroll(full)
    for (size_t v = 0; v < count; v++) {
        ILV_LANE_STAGE(x[v], 1, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
        ILV_LANE_STAGE(x[v], 2, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
        ILV_LANE_STAGE(x[v], 4, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
        ILV_LANE_STAGE(x[v], 8, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
    }
#pragma clang loop unroll(full)
    for (size_t distance = 1; distance < count; distance *= 2) {
#pragma clang loop unroll(full)
        for (size_t v = 0; v < count; v++) {
            if ((v & distance) == 0) {
                f32x16 a = x[v], b = x[v + distance];
                x[v] = a + b;
                x[v + distance] = a - b;
            }
        }
    }
#pragma clang loop unroll(full)
    for (size_t v = 0; v < count; v++) {
        x[v] *= scale;
    }
}

#undef ILV_LANE_STAGE

/// Rotates the groups of a row, `vectors` x 16 values each; in place allowed.
ILV_INLINE void rotate_groups(float *out, const float *x, size_t columns, const size_t vectors,
                              float scale) {
    for (size_t c = 0; c < columns; c += 16 * vectors) {
        f32x16 group[16];
#pragma clang loop unroll(full)
        for (size_t v = 0; v < vectors; v++) {
            group[v] = load(x + c + 16 * v);
        }
        hadamard(group, vectors, scale);
#pragma clang loop unroll(full)
        for (size_t v = 0; v < vectors; v++) {
            store(out + c + 16 * v, group[v]);
        }
    }
}

static void ILV_NAME(rotate_f32)(float *out, size_t out_stride, const float *x, size_t x_stride,
                                 size_t rows, size_t columns, size_t group) {
    for (size_t r = 0; r < rows; r++, out += out_stride, x += x_stride) {
        switch (group) {
        case 256: rotate_groups(out, x, columns, 16, 0.0625f); break;
        case 64: rotate_groups(out, x, columns, 4, 0.125f); break;
        case 32: rotate_groups(out, x, columns, 2, 0.176776695f); break;
        case 16: rotate_groups(out, x, columns, 1, 0.25f); break;
        default:
            if (out != x) {
                memcpy(out, x, columns * sizeof(float));
            }
        }
    }
}

/// Largest magnitude; infinite where one is, or is NaN.
ILV_INLINE float largest_magnitude(const float *x, size_t count) {
    // Magnitudes order like the integers of their bits, NaN above infinity.
    u32x16 largest = (u32x16)(0u);
    size_t i = 0;
    for (; i + 16 <= count; i += 16) {
        u32x16 bits = (u32x16)load(x + i) & 0x7fffffffu;
        largest = __builtin_elementwise_max(largest, bits);
    }
    if (i < count) {
        u32x16 bits = (u32x16)load_part(x + i, count - i) & 0x7fffffffu;
        largest = __builtin_elementwise_max(largest, bits);
    }
    uint32_t most = __builtin_reduce_max(largest);
    most = most > 0x7f800000u ? 0x7f800000u : most;
    float magnitude;
    memcpy(&magnitude, &most, sizeof magnitude);
    return magnitude;
}

/// The nearest whole numbers of |x| < 2^22, ties to even: adding 1.5 * 2^23 leaves them in the low bits.
ILV_INLINE i32x16 nearest_lanes(f32x16 x) {
    const f32x16 shift = splat(12582912.0f);
    return (i32x16)(x + shift) - (i32x16)shift;
}

typedef int8_t i8x16 __attribute__((ext_vector_type(16)));

/// The first sixteen of `count` values, zeros after them.
ILV_INLINE f32x16 load_up_to(const float *x, size_t count) {
    return count >= 16 ? load(x) : load_part(x, count);
}

/// Bytes of `columns` values as multiples of 1 / factor, zeros up to `stride`; the sum of each group of 32 in sums.
ILV_INLINE void round_to_bytes(int8_t *q, size_t stride, int32_t *sums, const float *x,
                               size_t columns, float factor) {
    for (size_t g = 0, c = 0; c < stride; g++) {
        i32x16 sum = (i32x16)(0);
        for (size_t half = 0; half < 2; half++, c += 16) {
            f32x16 lanes = c < columns ? load_up_to(x + c, columns - c) : splat(0);
            i32x16 whole = nearest_lanes(lanes * factor);
            sum += whole;
            i8x16 bytes = __builtin_convertvector(whole, i8x16);
            memcpy(q + c, &bytes, sizeof bytes);
        }
        sums[g] = __builtin_reduce_add(sum);
    }
}

/// The scale of bytes whose largest magnitude is `most`; 0 and NaN stand for zeros and for what is no number.
ILV_INLINE float byte_scale(float most) {
    // Below, 127 / most is infinite; that is as good as zero.
    return most < 1e-36f ? 0 : most < __builtin_inff() ? most / 127.0f : __builtin_nanf("");
}

/// Sixteen values as bytes, whose row has the largest magnitude `most`; zeros where that has no scale.
ILV_INLINE i8x16 byte_lanes(f32x16 lanes, float most) {
    if (!(byte_scale(most) > 0)) {
        return (i8x16)(0);
    }
    return __builtin_convertvector(nearest_lanes(lanes * (127.0f / most)), i8x16);
}

static void ILV_NAME(quantize_rows_i8)(int8_t *q, size_t q_stride, float *scales, int32_t *sums,
                                       const float *x, size_t x_stride, size_t rows,
                                       size_t columns) {
    size_t groups = q_stride / ILV_GROUP;
    for (size_t r = 0; r < rows; r++, q += q_stride, x += x_stride, sums += groups) {
        float most = largest_magnitude(x, columns);
        scales[r] = byte_scale(most);
        if (scales[r] > 0) {
            round_to_bytes(q, q_stride, sums, x, columns, 127.0f / most);
        } else {
            memset(q, 0, q_stride);
            memset(sums, 0, groups * sizeof *sums);
        }
    }
}

static void ILV_NAME(largest_rows_f32)(float *out, const float *x, size_t x_stride, size_t rows,
                                       size_t columns) {
    for (size_t r = 0; r < rows; r++) {
        out[r] = largest_magnitude(x + r * x_stride, columns);
    }
}

static float ILV_NAME(quantize_map_i8)(int8_t *q, size_t q_stride, int32_t *sums, const float *x,
                                       size_t x_stride, size_t rows, size_t columns, float most) {
    float scale = byte_scale(most);
    for (size_t r = 0; r < rows; r++, q += q_stride, x += x_stride) {
        sums[r] = 0;
        if (!(scale > 0)) {
            memset(q, 0, q_stride);
            continue;
        }
        for (size_t c = 0; c < q_stride; c += ILV_GROUP) {
            int32_t sum;
            round_to_bytes(q + c, ILV_GROUP, &sum, x + c, columns > c ? columns - c : 0,
                           127.0f / most);
            sums[r] += sum;
        }
    }
    return scale;
}
