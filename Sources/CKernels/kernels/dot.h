// Dot product. Compiled once per instruction set; no include guard.

/// Two accumulators of sixteen lanes, folded at the end.
ILV_INLINE float dot(const float *a, const float *b, size_t count) {
    f32x16 even = splat(0), odd = splat(0);
    size_t i = 0;
    for (; i + 32 <= count; i += 32) {
        even += load(a + i) * load(b + i);
        odd += load(a + i + 16) * load(b + i + 16);
    }
    if (i + 16 <= count) {
        even += load(a + i) * load(b + i);
        i += 16;
    }
    if (i < count) {
        odd += load_part(a + i, count - i) * load_part(b + i, count - i);
    }
    return lanes_sum(even + odd);
}

static float ILV_NAME(dot_f32)(const float *a, const float *b, size_t count) {
    return dot(a, b, count);
}
