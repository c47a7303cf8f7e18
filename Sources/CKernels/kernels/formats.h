// Half-precision number formats. The bit work is one version for all instruction sets; where the
// processor converts f16 itself, that is used. Compiled once per instruction set; no include guard.

ILV_INLINE u16x16 load_u16(const uint16_t *x) {
    u16x16 lanes;
    memcpy(&lanes, x, sizeof lanes);
    return lanes;
}

ILV_INLINE void store_u16(uint16_t *out, u16x16 lanes) {
    memcpy(out, &lanes, sizeof lanes);
}

ILV_INLINE u16x16 load_u16_part(const uint16_t *x, size_t count) {
    u16x16 lanes = (u16x16)(0);
    copy_part(&lanes, x, count, sizeof(uint16_t));
    return lanes;
}

ILV_INLINE u32x16 choose_u32(i32x16 mask, u32x16 a, u32x16 b) {
    return ((u32x16)mask & a) | (~(u32x16)mask & b);
}

#if ILV_HAS_F16C
typedef _Float16 f16x16 __attribute__((ext_vector_type(16)));
#endif

ILV_INLINE f32x16 f16_lanes(u16x16 half) {
#if ILV_HAS_F16C
    return __builtin_convertvector((f16x16)half, f32x16);
#else
    u32x16 bits = __builtin_convertvector(half, u32x16);
    u32x16 sign = (bits & 0x8000u) << 16;
    u32x16 magnitude = (bits & 0x7fffu) << 13;
    u32x16 exponent = magnitude & 0x0f800000u;
    // Normal: move the exponent's bias from 15 to 127. Infinity and NaN: on to 255.
    u32x16 wide = magnitude + (112u << 23);
    wide = choose_u32(exponent == 0x0f800000u, wide + (112u << 23), wide);
    // Subnormal: give it the exponent of 2^-14 and subtract the one bit too many.
    f32x16 small = (f32x16)(magnitude + (113u << 23)) - (f32x16)(u32x16)(113u << 23);
    wide = choose_u32(exponent == 0u, (u32x16)small, wide);
    return (f32x16)(wide | sign);
#endif
}

ILV_INLINE u16x16 f16_from_lanes(f32x16 x) {
#if ILV_HAS_F16C
    return (u16x16)__builtin_convertvector(x, f16x16);
#else
    u32x16 bits = (u32x16)x;
    u32x16 sign = (bits & 0x80000000u) >> 16;
    u32x16 magnitude = bits & 0x7fffffffu;
    // Normal: bias 127 to 15, then round half to even in the 13 bits dropped; a carry into the
    // exponent, up to infinity, is right.
    u32x16 odd = (magnitude >> 13) & 1u;
    u32x16 normal = (magnitude - (112u << 23) + 0xfffu + odd) >> 13;
    // Subnormal: adding 0.5 rounds to multiples of 2^-24, the step of subnormal f16.
    u32x16 small = (u32x16)((f32x16)magnitude + 0.5f) - 0x3f000000u;
    u32x16 half = choose_u32(magnitude < (113u << 23), small, normal);
    half = choose_u32(magnitude >= (143u << 23), (u32x16)(0x7c00u), half);
    half = choose_u32(magnitude > 0x7f800000u, (u32x16)(0x7e00u), half);
    return __builtin_convertvector(half | sign, u16x16);
#endif
}

ILV_INLINE f32x16 bf16_lanes(u16x16 half) {
    return (f32x16)(__builtin_convertvector(half, u32x16) << 16);
}

ILV_INLINE u16x16 bf16_from_lanes(f32x16 x) {
    u32x16 bits = (u32x16)x;
    u32x16 rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
    u32x16 quiet = (bits >> 16) | 0x40u;
    return __builtin_convertvector(choose_u32(x != x, quiet, rounded), u16x16);
}

static void ILV_NAME(f16_to_f32)(float *out, const uint16_t *x, size_t count) {
    size_t i = 0;
    for (; i + 16 <= count; i += 16) {
        store(out + i, f16_lanes(load_u16(x + i)));
    }
    if (i < count) {
        store_part(out + i, f16_lanes(load_u16_part(x + i, count - i)), count - i);
    }
}

static void ILV_NAME(bf16_to_f32)(float *out, const uint16_t *x, size_t count) {
    size_t i = 0;
    for (; i + 16 <= count; i += 16) {
        store(out + i, bf16_lanes(load_u16(x + i)));
    }
    if (i < count) {
        store_part(out + i, bf16_lanes(load_u16_part(x + i, count - i)), count - i);
    }
}

static void ILV_NAME(f32_to_f16)(uint16_t *out, const float *x, size_t count) {
    size_t i = 0;
    for (; i + 16 <= count; i += 16) {
        store_u16(out + i, f16_from_lanes(load(x + i)));
    }
    if (i < count) {
        u16x16 half = f16_from_lanes(load_part(x + i, count - i));
        copy_part(out + i, &half, count - i, sizeof(uint16_t));
    }
}

static void ILV_NAME(f32_to_bf16)(uint16_t *out, const float *x, size_t count) {
    size_t i = 0;
    for (; i + 16 <= count; i += 16) {
        store_u16(out + i, bf16_from_lanes(load(x + i)));
    }
    if (i < count) {
        u16x16 half = bf16_from_lanes(load_part(x + i, count - i));
        copy_part(out + i, &half, count - i, sizeof(uint16_t));
    }
}
