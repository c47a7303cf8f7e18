// Softmax and the rotary embedding.
// Compiled once per instruction set; no include guard.

/// The largest of scale * x; 0 where all are -INFINITY.
ILV_INLINE float largest_score(const float *x, size_t count, float scale) {
    f32x16 best = splat(-__builtin_inff());
    size_t i = 0;
    for (; i + 16 <= count; i += 16) {
        best = larger(load(x + i) * scale, best);
    }
    if (i < count) {
        f32x16 rest = load_part(x + i, count - i) * scale;
        best = choose(first_lanes(count - i), larger(rest, best), best);
    }
    float largest = lanes_largest(best);
    // e^(-INFINITY - 0) = 0: so a row of only these gives zeros, not NaN.
    return largest == -__builtin_inff() ? 0 : largest;
}

/// x = softmax(scale * x) over `count` scores.
static void ILV_NAME(softmax_row)(float *x, size_t count, float scale) {
    float largest = largest_score(x, count, scale);
    size_t i = 0;
    f32x16 s0 = splat(0), s1 = splat(0);
    for (; i + 32 <= count; i += 32) {
        f32x16 e0 = exp_lanes(load(x + i) * scale - largest);
        f32x16 e1 = exp_lanes(load(x + i + 16) * scale - largest);
        store(x + i, e0);
        store(x + i + 16, e1);
        s0 += e0;
        s1 += e1;
    }
    for (; i + 16 <= count; i += 16) {
        f32x16 e = exp_lanes(load(x + i) * scale - largest);
        store(x + i, e);
        s0 += e;
    }
    if (i < count) {
        f32x16 e = exp_lanes(load_part(x + i, count - i) * scale - largest);
        store_part(x + i, e, count - i);
        s1 += choose(first_lanes(count - i), e, splat(0));
    }
    float sum = lanes_sum(s0 + s1);
    float inverse = sum == 0 ? 0 : 1.0f / sum;
    for (i = 0; i + 16 <= count; i += 16) {
        store(x + i, load(x + i) * inverse);
    }
    if (i < count) {
        store_part(x + i, load_part(x + i, count - i) * inverse, count - i);
    }
}

static void ILV_NAME(softmax_rows_f32)(float *x, size_t stride, size_t rows, size_t columns,
                                       float scale) {
    for (size_t r = 0; r < rows; r++) {
        ILV_NAME(softmax_row)(x + r * stride, columns, scale);
    }
}

static void ILV_NAME(rotary_f32)(float *x, size_t stride, const float *cosine, const float *sine,
                                 size_t rows, size_t heads, size_t head_size) {
    size_t half = head_size / 2;
    for (size_t r = 0; r < rows; r++, x += stride, cosine += half, sine += half) {
        for (size_t h = 0; h < heads; h++) {
            float *a = x + h * head_size;
            float *b = a + half;
            size_t i = 0;
            for (; i + 16 <= half; i += 16) {
                f32x16 first = load(a + i), second = load(b + i);
                f32x16 c = load(cosine + i), s = load(sine + i);
                store(a + i, first * c - second * s);
                store(b + i, second * c + first * s);
            }
            if (i < half) {
                size_t rest = half - i;
                f32x16 first = load_part(a + i, rest), second = load_part(b + i, rest);
                f32x16 c = load_part(cosine + i, rest), s = load_part(sine + i, rest);
                store_part(a + i, first * c - second * s, rest);
                store_part(b + i, second * c + first * s, rest);
            }
        }
    }
}
