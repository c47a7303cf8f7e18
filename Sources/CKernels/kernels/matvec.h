// Dot products and matrix x vector. Compiled once per instruction set; no include guard.

/// sums[r] = dot product of row r of w with x, for `rows` (a constant) rows side by side.
///
/// Every row has two accumulators of its own and the same order of additions whatever `rows` is.
ILV_INLINE void dot_rows(float *sums, const float *w, size_t w_stride, const float *x,
                         size_t count, const size_t rows) {
    f32x16 even[4], odd[4];
    for (size_t r = 0; r < rows; r++) {
        even[r] = splat(0);
        odd[r] = splat(0);
    }
    size_t i = 0;
    for (; i + 32 <= count; i += 32) {
        f32x16 x0 = load(x + i), x1 = load(x + i + 16);
        for (size_t r = 0; r < rows; r++) {
            even[r] += load(w + r * w_stride + i) * x0;
            odd[r] += load(w + r * w_stride + i + 16) * x1;
        }
    }
    if (i + 16 <= count) {
        f32x16 x0 = load(x + i);
        for (size_t r = 0; r < rows; r++) {
            even[r] += load(w + r * w_stride + i) * x0;
        }
        i += 16;
    }
    if (i < count) {
        f32x16 x0 = load_part(x + i, count - i);
        for (size_t r = 0; r < rows; r++) {
            odd[r] += load_part(w + r * w_stride + i, count - i) * x0;
        }
    }
    for (size_t r = 0; r < rows; r++) {
        sums[r] = lanes_sum(even[r] + odd[r]);
    }
}

ILV_INLINE float dot(const float *a, const float *b, size_t count) {
    float sum;
    dot_rows(&sum, a, count, b, count, 1);
    return sum;
}

static float ILV_NAME(dot_f32)(const float *a, const float *b, size_t count) {
    return dot(a, b, count);
}

/// Columns up to which x stays in the first-level cache while one row after the other streams past.
/// Longer rows go four at a time: x is read a quarter as often. (Short ones do not, as four streams
/// of less than a page each defeat the hardware's prefetching.)
#define ILV_SHORT_ROW 2048

static void ILV_NAME(matvec_f32)(float *out, const float *w, size_t w_stride, const float *x,
                                 const float *bias, size_t rows, size_t columns) {
    size_t r = 0;
    if (columns > ILV_SHORT_ROW) {
        for (; r + 4 <= rows; r += 4) {
            dot_rows(out + r, w + r * w_stride, w_stride, x, columns, 4);
        }
    }
    for (; r < rows; r++) {
        dot_rows(out + r, w + r * w_stride, w_stride, x, columns, 1);
    }
    for (r = 0; bias && r < rows; r++) {
        out[r] += bias[r];
    }
}

#undef ILV_SHORT_ROW
