// Sixteen floats at a time, for every instruction set: the compiler maps one `f32x16` to four SSE
// or NEON registers, two AVX registers or one AVX-512 register. Sums are kept per lane and folded
// in one fixed order, so the order of a reduction is the same for every instruction set.
//
// Compiled once per instruction set; no include guard.

#define ILV_LANES 16

typedef float f32x16 __attribute__((ext_vector_type(16)));
typedef float f32x8 __attribute__((ext_vector_type(8)));
typedef float f32x4 __attribute__((ext_vector_type(4)));
typedef int32_t i32x16 __attribute__((ext_vector_type(16)));
typedef uint32_t u32x16 __attribute__((ext_vector_type(16)));
typedef uint16_t u16x16 __attribute__((ext_vector_type(16)));

#define ILV_INLINE static inline __attribute__((always_inline))

ILV_INLINE f32x16 load(const float *x) {
    f32x16 lanes;
    memcpy(&lanes, x, sizeof lanes);
    return lanes;
}

ILV_INLINE void store(float *out, f32x16 lanes) {
    memcpy(out, &lanes, sizeof lanes);
}

ILV_INLINE f32x16 splat(float x) {
    return (f32x16)(x);
}

/// Copies count < 16 elements of `size` bytes in blocks of constant size.
ILV_INLINE void copy_part(void *out, const void *x, size_t count, size_t size) {
    char *to = out;
    const char *from = x;
    if (count & 8) {
        memcpy(to, from, 8 * size);
        to += 8 * size;
        from += 8 * size;
    }
    if (count & 4) {
        memcpy(to, from, 4 * size);
        to += 4 * size;
        from += 4 * size;
    }
    if (count & 2) {
        memcpy(to, from, 2 * size);
        to += 2 * size;
        from += 2 * size;
    }
    if (count & 1) {
        memcpy(to, from, size);
    }
}

/// The first `count` < 16 lanes from memory, the rest 0. Reads nothing beyond `count`.
ILV_INLINE f32x16 load_part(const float *x, size_t count) {
#if ILV_HAS_AVX512
    return (f32x16)_mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), x);
#else
    f32x16 lanes = splat(0);
    copy_part(&lanes, x, count, sizeof(float));
    return lanes;
#endif
}

/// Writes the first `count` < 16 lanes and nothing else.
ILV_INLINE void store_part(float *out, f32x16 lanes, size_t count) {
#if ILV_HAS_AVX512
    _mm512_mask_storeu_ps(out, (__mmask16)((1u << count) - 1), (__m512)lanes);
#else
    copy_part(out, &lanes, count, sizeof(float));
#endif
}

/// Lanes of `a` where the mask is -1 and of `b` where it is 0.
ILV_INLINE f32x16 choose(i32x16 mask, f32x16 a, f32x16 b) {
    return (f32x16)((mask & (i32x16)a) | (~mask & (i32x16)b));
}

/// Mask of the first `count` lanes.
ILV_INLINE i32x16 first_lanes(size_t count) {
    const i32x16 index = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return index < (i32x16)((int32_t)count);
}

/// a > b ? a : b, lane by lane; b where one of them is NaN.
ILV_INLINE f32x16 larger(f32x16 a, f32x16 b) {
    return choose(a > b, a, b);
}

#if !ILV_HAS_FMA
typedef double f64x16 __attribute__((ext_vector_type(16)));
typedef int64_t i64x16 __attribute__((ext_vector_type(16)));
#endif

/// a * b + c, rounded once, lane by lane.
ILV_INLINE f32x16 fused(f32x16 a, f32x16 b, f32x16 c) {
#if ILV_HAS_FMA
    return __builtin_elementwise_fma(a, b, c);
#else
    // The product is exact in double precision. The sum is rounded to odd there, which leaves the
    // second rounding enough to know: Boldo and Melquiond, "Emulation of FMA and correctly rounded
    // sums", IEEE Transactions on Computers 57 (2008).
    f64x16 product = __builtin_convertvector(a, f64x16) * __builtin_convertvector(b, f64x16);
    f64x16 addend = __builtin_convertvector(c, f64x16);
    f64x16 sum = product + addend;
    f64x16 part = sum - product;
    f64x16 error = (product - (sum - part)) + (addend - part);
    // Both comparisons are false for NaN, the error of an infinite sum.
    i64x16 inexact = (error > 0.0) | (error < 0.0);
    i64x16 bits = (i64x16)sum;
    i64x16 even = (bits & 1) == 0;
    i64x16 away = (error > 0.0) == (sum > 0.0);
    bits += inexact & even & ((away & 2) - 1);
    return __builtin_convertvector((f64x16)bits, f32x16);
#endif
}

/// Sum of the lanes: halves, quarters, pairs, in this order.
ILV_INLINE float lanes_sum(f32x16 lanes) {
    f32x8 eight = lanes.lo + lanes.hi;
    f32x4 four = eight.lo + eight.hi;
    return (four.x + four.z) + (four.y + four.w);
}

/// Largest lane; any lane if one is NaN.
ILV_INLINE float lanes_largest(f32x16 lanes) {
    float four[4];
    for (int i = 0; i < 4; i++) {
        float a = lanes[i] > lanes[i + 4] ? lanes[i] : lanes[i + 4];
        float b = lanes[i + 8] > lanes[i + 12] ? lanes[i + 8] : lanes[i + 12];
        four[i] = a > b ? a : b;
    }
    float first = four[0] > four[1] ? four[0] : four[1];
    float second = four[2] > four[3] ? four[2] : four[3];
    return first > second ? first : second;
}
