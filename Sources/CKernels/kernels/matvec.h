// Dot products and matrix x vector. Compiled once per instruction set; no include guard.

/// Four accumulators of sixteen lanes: enough to keep two multiply-add units busy.
ILV_INLINE float dot(const float *a, const float *b, size_t count) {
    f32x16 s0 = splat(0), s1 = splat(0), s2 = splat(0), s3 = splat(0);
    size_t i = 0;
    for (; i + 64 <= count; i += 64) {
        s0 += load(a + i) * load(b + i);
        s1 += load(a + i + 16) * load(b + i + 16);
        s2 += load(a + i + 32) * load(b + i + 32);
        s3 += load(a + i + 48) * load(b + i + 48);
    }
    for (; i + 16 <= count; i += 16) {
        s0 += load(a + i) * load(b + i);
    }
    if (i < count) {
        s1 += load_part(a + i, count - i) * load_part(b + i, count - i);
    }
    return lanes_sum((s0 + s1) + (s2 + s3));
}

static float ILV_NAME(dot_f32)(const float *a, const float *b, size_t count) {
    return dot(a, b, count);
}

static void ILV_NAME(matvec_f32)(float *out, const float *w, size_t w_stride, const float *x,
                                 const float *bias, size_t rows, size_t columns) {
    for (size_t r = 0; r < rows; r++) {
        float sum = dot(w + r * w_stride, x, columns);
        out[r] = bias ? sum + bias[r] : sum;
    }
}
