// Product of signed bytes with weights of 4 bits. Compiled once per instruction set, after matmul_i8.h; no include guard.
//
// A weight is multiplier * (nibble - 8) times the scale of its output; the multiplier, 1 to 15, is shared by 32 inputs.
// So it is a signed byte, and sums are the same whole numbers as those of the product with these bytes: few rows
// are multiplied as the weights are stored, many with the bytes they stand for.
//
// Packed weights: panels of 16 outputs, [inputs / 32][4][64] bytes. A vector's low nibbles are four inputs of sixteen
// outputs, its high nibbles the next four. Multipliers are a stream of their own, [panel][inputs / 32][16] bytes.

/// Bytes of a panel per group of inputs.
#define ILV_I4_GROUP_BYTES (ILV_GROUP * ILV_PANEL / 2)

#if ILV_HAS_AVX512
#define ILV_I4_ROWS 8
#define ILV_I4_PANELS(rows) ((rows) <= 1 ? 4 : 2)
#else
#define ILV_I4_ROWS 4
#define ILV_I4_PANELS(rows) ((rows) <= 1 ? 2 : 1)
#endif

/// How far ahead of its use a panel is fetched from memory.
#define ILV_I4_BYTES_AHEAD 2048

/// The products of a group's inputs with nibbles, before they are folded to sixteen sums.
#if ILV_HAS_AVX512VNNI
typedef i32x16 nibble_sums;
#elif ILV_HAS_AVX512
typedef __m512i nibble_sums;
#elif ILV_HAS_AVXVNNI || ILV_HAS_AVX2
typedef struct {
    __m256i parts[2];
} nibble_sums;
#else
typedef i32x16 nibble_sums;
#endif

/// Adds the products of nibbles (as bytes of 0 to 15) with the four bytes of `x`.
ILV_INLINE nibble_sums add_nibbles(nibble_sums sums, quads nibbles, int32_t x) {
#if ILV_HAS_AVX512VNNI
    return (i32x16)_mm512_dpbusd_epi32((__m512i)sums, nibbles, _mm512_set1_epi32(x));
#elif ILV_HAS_AVX512
    // Eight pairs of products of a group fit 16 bits: 8 * 2 * 15 * 127 < 2^15.
    return _mm512_add_epi16(sums, _mm512_maddubs_epi16(nibbles, _mm512_set1_epi32(x)));
#elif ILV_HAS_AVXVNNI || ILV_HAS_AVX2
    __m256i halves[2];
    memcpy(halves, &nibbles, sizeof halves);
    for (size_t h = 0; h < 2; h++) {
#if ILV_HAS_AVXVNNI
        sums.parts[h] = _mm256_dpbusd_avx_epi32(sums.parts[h], halves[h], _mm256_set1_epi32(x));
#else
        __m256i pairs = _mm256_maddubs_epi16(halves[h], _mm256_set1_epi32(x));
        sums.parts[h] = _mm256_add_epi16(sums.parts[h], pairs);
#endif
    }
    return sums;
#else
    int8_t input[4];
    memcpy(input, &x, sizeof input);
    for (size_t o = 0; o < ILV_PANEL; o++) {
        for (size_t j = 0; j < 4; j++) {
            sums[o] += (int32_t)nibbles[4 * o + j] * input[j];
        }
    }
    return sums;
#endif
}

/// Whether the products of a group are added to what its sums are too small by.
#define ILV_I4_BEGINS_WITH_EXCESS ILV_HAS_AVX512VNNI

/// The sums of a group before its products, where they go on from `excess` or where that is added after them.
ILV_INLINE nibble_sums first_nibbles(int32_t excess) {
#if ILV_I4_BEGINS_WITH_EXCESS
    return (i32x16)(excess);
#else
    (void)excess;
    nibble_sums sums;
    memset(&sums, 0, sizeof sums);
    return sums;
#endif
}

/// The sixteen sums of a group.
ILV_INLINE i32x16 fold_nibbles(nibble_sums sums) {
#if ILV_HAS_AVX512VNNI
    return sums;
#elif ILV_HAS_AVX512
    return (i32x16)_mm512_madd_epi16(sums, _mm512_set1_epi16(1));
#elif ILV_HAS_AVXVNNI || ILV_HAS_AVX2
#if !ILV_HAS_AVXVNNI
    for (size_t h = 0; h < 2; h++) {
        sums.parts[h] = _mm256_madd_epi16(sums.parts[h], _mm256_set1_epi16(1));
    }
#endif
    i32x16 folded;
    memcpy(&folded, &sums, sizeof folded);
    return folded;
#else
    return sums;
#endif
}

/// The bytes of the even (0) or the odd (4) four inputs of a vector of nibbles.
ILV_INLINE quads spread_nibbles(quads packed, const int shift) {
#if ILV_HAS_AVX512
    return _mm512_and_si512(_mm512_srli_epi16(packed, (unsigned)shift), _mm512_set1_epi8(15));
#else
    return (packed >> (quads)((uint8_t)shift)) & 15;
#endif
}

/// The multipliers of a group.
ILV_INLINE i32x16 load_multipliers(const uint8_t *multipliers) {
    typedef uint8_t u8x16 __attribute__((ext_vector_type(16)));
    u8x16 bytes;
    memcpy(&bytes, multipliers, sizeof bytes);
    return __builtin_convertvector(bytes, i32x16);
}

/// Rows of inputs as matmul_i8 takes them, with the sums of their groups.
struct i4_rows {
    const int8_t *q;
    size_t q_stride, padded_inputs;
    const float *scales;
    /// [group][row]: what to add to a group's sums, as every nibble is 8 too large.
    const int32_t *excess;
    /// Whether results are added to what is there.
    int adding;
};

/// out[r, 16 p + lane] for `rows` x `panels` (constants) and `last` outputs in the last panel.
ILV_INLINE void tile_i4(float *out, size_t out_stride, const struct i4_rows *x, const uint8_t *w,
                        const uint8_t *multipliers, const float *w_scales, const float *bias,
                        size_t last, const size_t rows, const size_t panels) {
    size_t groups = x->padded_inputs / ILV_GROUP;
    i32x16 sums[ILV_I4_ROWS * 4];
#pragma clang loop unroll(full)
    for (size_t s = 0; s < rows * panels; s++) {
        sums[s] = (i32x16)(0);
    }
#pragma clang loop unroll(disable)
    for (size_t g = 0; g < groups; g++) {
#pragma clang loop unroll(full)
        for (size_t p = 0; p < panels; p++) {
            const uint8_t *packed = w + (p * groups + g) * ILV_I4_GROUP_BYTES;
            nibble_sums group[ILV_I4_ROWS];
#pragma clang loop unroll(full)
            for (size_t r = 0; r < rows; r++) {
                group[r] = first_nibbles(x->excess[g * rows + r]);
            }
#pragma clang loop unroll(full)
            for (size_t v = 0; v < 4; v++) {
                // The processor's own guesses are enough for one row: they come too late where it multiplies longer.
                if (rows > 1) {
                    __builtin_prefetch(packed + v * 64 + ILV_I4_BYTES_AHEAD);
                }
                quads both = load_quads(packed + v * 64);
                quads even = spread_nibbles(both, 0), odd = spread_nibbles(both, 4);
#pragma clang loop unroll(full)
                for (size_t r = 0; r < rows; r++) {
                    int32_t input[2];
                    memcpy(input, x->q + r * x->q_stride + g * ILV_GROUP + v * 8, sizeof input);
                    group[r] = add_nibbles(group[r], even, input[0]);
                    group[r] = add_nibbles(group[r], odd, input[1]);
                }
            }
            i32x16 multiplier = load_multipliers(multipliers + (p * groups + g) * ILV_PANEL);
#pragma clang loop unroll(full)
            for (size_t r = 0; r < rows; r++) {
                i32x16 sum = fold_nibbles(group[r]);
                if (!ILV_I4_BEGINS_WITH_EXCESS) {
                    sum += (i32x16)(x->excess[g * rows + r]);
                }
                sums[r * panels + p] += sum * multiplier;
            }
        }
    }
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
        for (size_t p = 0; p < panels; p++) {
            finish_quads(out + r * out_stride + p * ILV_PANEL, sums[r * panels + p], x->scales[r], 0,
                         w_scales + p * ILV_PANEL, bias ? bias + p * ILV_PANEL : NULL,
                         p + 1 == panels ? last : ILV_PANEL, x->adding);
        }
    }
}

/// All outputs of `rows` (a constant) rows: tiles of several panels, then of one.
ILV_INLINE void tile_row_i4(float *out, size_t out_stride, const struct i4_rows *x,
                            const uint8_t *w, const uint8_t *multipliers, const float *w_scales,
                            const float *bias, size_t outputs, const size_t rows) {
    const size_t panels = ILV_I4_PANELS(rows), width = panels * ILV_PANEL;
    size_t inputs = x->padded_inputs, o = 0;
    for (; o + width <= outputs; o += width) {
        tile_i4(out + o, out_stride, x, w + o * inputs / 2, multipliers + o * inputs / ILV_GROUP,
                w_scales + o, bias ? bias + o : NULL, ILV_PANEL, rows, panels);
    }
    for (; o < outputs; o += ILV_PANEL) {
        size_t last = outputs - o < ILV_PANEL ? outputs - o : ILV_PANEL;
        tile_i4(out + o, out_stride, x, w + o * inputs / 2, multipliers + o * inputs / ILV_GROUP,
                w_scales + o, bias ? bias + o : NULL, last, rows, 1);
    }
}

typedef void tile_row_i4_function(float *out, size_t out_stride, const struct i4_rows *x,
                                  const uint8_t *w, const uint8_t *multipliers,
                                  const float *w_scales, const float *bias, size_t outputs);

/// A function per number of rows, so that the compiler keeps each one's sums in registers.
#define ILV_TILE_ROW_I4(count)                                                                     \
    static __attribute__((noinline)) void ILV_NAME(tile_row_i4_##count)(                           \
        float *out, size_t out_stride, const struct i4_rows *x, const uint8_t *w,                  \
        const uint8_t *multipliers, const float *w_scales, const float *bias, size_t outputs) {    \
        tile_row_i4(out, out_stride, x, w, multipliers, w_scales, bias, outputs, count);           \
    }

ILV_TILE_ROW_I4(1)
ILV_TILE_ROW_I4(2)
ILV_TILE_ROW_I4(3)
ILV_TILE_ROW_I4(4)
#if ILV_I4_ROWS == 8
ILV_TILE_ROW_I4(5)
ILV_TILE_ROW_I4(6)
ILV_TILE_ROW_I4(7)
ILV_TILE_ROW_I4(8)
#endif

static tile_row_i4_function *const ILV_NAME(tile_rows_i4)[ILV_I4_ROWS] = {
    ILV_NAME(tile_row_i4_1),
    ILV_NAME(tile_row_i4_2),
    ILV_NAME(tile_row_i4_3),
    ILV_NAME(tile_row_i4_4),
#if ILV_I4_ROWS == 8
    ILV_NAME(tile_row_i4_5),
    ILV_NAME(tile_row_i4_6),
    ILV_NAME(tile_row_i4_7),
    ILV_NAME(tile_row_i4_8),
#endif
};

/// The panels of signed bytes that panels of 4-bit weights stand for, as matmul_i8 takes them.
ILV_INLINE void expand_i4(uint8_t *out, const uint8_t *w, const uint8_t *multipliers,
                          size_t groups) {
    for (size_t g = 0; g < groups; g++, multipliers += ILV_PANEL) {
        i32x16 multiplier = load_multipliers(multipliers);
        uint8_t wide[64];
        for (size_t o = 0; o < ILV_PANEL; o++) {
            memset(wide + 4 * o, multiplier[o], 4);
        }
        for (size_t v = 0; v < 4; v++, w += 64, out += 128) {
            for (size_t b = 0; b < 64; b++) {
                out[b] = (uint8_t)(128 + wide[b] * ((w[b] & 15) - 8));
                out[64 + b] = (uint8_t)(128 + wide[b] * ((w[b] >> 4) - 8));
            }
        }
    }
}

/// Bytes of weights that stay in the second-level cache while a few rows pass by.
#define ILV_I4_BLOCK_BYTES (256 * 1024)
/// Rows from which on the weights are expanded first.
#define ILV_I4_EXPANDED_ROWS 32
/// Bytes of expanded weights at a time.
#define ILV_I4_EXPANDED_BYTES (256 * 1024)

/// Outputs whose weights stay in the second-level cache while a few rows pass by: a whole number of the widest tiles.
ILV_INLINE size_t i4_block(size_t inputs) {
    size_t step = ILV_I4_PANELS(1) * ILV_PANEL;
    size_t block = inputs ? 2 * ILV_I4_BLOCK_BYTES / inputs / step * step : step;
    return block < step ? step : block;
}

static void ILV_NAME(matmul_i4)(float *out, size_t out_stride, const int8_t *q, size_t q_stride,
                                const float *scales, const int32_t *sums, const uint8_t *w,
                                const uint8_t *multipliers, const float *w_scales,
                                const float *bias, size_t rows, size_t inputs, size_t outputs,
                                int adding, uint8_t *scratch) {
    size_t padded = (inputs + 63) / 64 * 64, groups = padded / ILV_GROUP;
    if (rows < ILV_I4_EXPANDED_ROWS || padded * ILV_PANEL > ILV_I4_EXPANDED_BYTES) {
        size_t tiles = (rows + ILV_I4_ROWS - 1) / ILV_I4_ROWS;
        int32_t *excess = (int32_t *)(void *)scratch;
        // Weights that several tiles need are read from memory once.
        size_t block = tiles > 1 ? i4_block(padded) : outputs;
        for (size_t o = 0; o < outputs; o += block) {
            size_t width = outputs - o < block ? outputs - o : block, first = 0;
            for (size_t t = 0; t < tiles; t++) {
                size_t count = (rows - first + (tiles - t) - 1) / (tiles - t);
                for (size_t g = 0; g < groups; g++) {
                    for (size_t r = 0; r < count; r++) {
                        excess[g * count + r] = -8 * sums[(first + r) * groups + g];
                    }
                }
                struct i4_rows x = {q + first * q_stride, q_stride, padded,
                                    scales + first,       excess,   adding};
                ILV_NAME(tile_rows_i4)[count - 1](
                    out + first * out_stride + o, out_stride, &x, w + o * padded / 2,
                    multipliers + o * groups, w_scales + o, bias ? bias + o : NULL, width);
                first += count;
            }
        }
        return;
    }
    size_t block = ILV_I4_EXPANDED_BYTES / (padded * ILV_PANEL) * ILV_PANEL;
    for (size_t o = 0; o < outputs; o += block) {
        size_t width = outputs - o < block ? outputs - o : block;
        for (size_t p = 0; p * ILV_PANEL < width; p++) {
            expand_i4(scratch + p * ILV_PANEL * padded, w + (o + p * ILV_PANEL) * padded / 2,
                      multipliers + (o + p * ILV_PANEL) * groups, groups);
        }
        ILV_NAME(matmul_i8)(out + o, out_stride, q, q_stride, scales, sums, scratch, w_scales + o,
                            bias ? bias + o : NULL, rows, inputs, width, adding);
    }
}

#undef ILV_TILE_ROW_I4
#undef ILV_I4_ROWS
#undef ILV_I4_PANELS
#undef ILV_I4_GROUP_BYTES
#undef ILV_I4_BYTES_AHEAD
#undef ILV_I4_BEGINS_WITH_EXCESS
#undef ILV_I4_BLOCK_BYTES
#undef ILV_I4_EXPANDED_ROWS
#undef ILV_I4_EXPANDED_BYTES
#undef ILV_QUAD_BYTES
#undef ILV_PANEL
