// Product of signed bytes with one scale per row of either side. Compiled once per instruction set; no include guard.
//
// Sums are whole numbers, exact in 32 bits, and a result is rounded once per operation after them: no cut into tiles
// and no instruction set changes a bit.
//
// Packed weights: panels of 16 outputs, [inputs / 4][16][4] bytes, inputs padded to 64; a byte holds w + 128.
// Four inputs of sixteen outputs are one vector, sixty-four inputs one tile of 1 KiB.

#define ILV_PANEL ILV_LANES
/// Bytes of a panel per four inputs.
#define ILV_QUAD_BYTES (4 * ILV_PANEL)

#if ILV_HAS_AVX512
#define ILV_I8_ROWS 12
#define ILV_I8_PANELS(rows) ((rows) <= 6 ? 4 : 2)
#else
#define ILV_I8_ROWS 4
#define ILV_I8_PANELS(rows) ((rows) <= 1 ? 4 : (rows) <= 2 ? 2 : 1)
#endif

/// Rows that are multiplied together: with tiles more than have vectors of their own.
#if ILV_HAS_TILES
#define ILV_I8_STEP ILV_TILE_STEP
#else
#define ILV_I8_STEP ILV_I8_ROWS
#endif

/// Bytes of packed weights that stay in the second-level cache while all rows pass by.
#define ILV_I8_BLOCK_BYTES (512 * 1024)

/// Whether sums are of w + 128, so that 128 times the row's own sum has to go.
#define ILV_I8_IS_BIASED (ILV_HAS_AVX512VNNI || ILV_HAS_AVXVNNI || ILV_HAS_TILES)

#if ILV_HAS_AVX512
typedef __m512i quads;
#else
typedef uint8_t quads __attribute__((ext_vector_type(64)));
#endif

ILV_INLINE quads load_quads(const uint8_t *w) {
    quads bytes;
    memcpy(&bytes, w, sizeof bytes);
    return bytes;
}

/// sums[o] += sum_j w[o][j] x[j] over the four bytes of `x`, with w + 128 for w where ILV_I8_IS_BIASED.
ILV_INLINE i32x16 add_quads(i32x16 sums, quads w, int32_t x) {
#if ILV_HAS_AVX512VNNI
    return (i32x16)_mm512_dpbusd_epi32((__m512i)sums, w, _mm512_set1_epi32(x));
#elif ILV_HAS_AVX512
    // |w| times x with the sign of w: a pair of products fits 16 bits.
    __m512i weights = _mm512_xor_si512(w, _mm512_set1_epi8((char)0x80));
    __m512i input = _mm512_set1_epi32(x);
    input = _mm512_mask_sub_epi8(input, _mm512_movepi8_mask(weights), _mm512_setzero_si512(), input);
    __m512i pairs = _mm512_maddubs_epi16(_mm512_abs_epi8(weights), input);
    return (i32x16)_mm512_add_epi32((__m512i)sums, _mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
#elif ILV_HAS_AVXVNNI
    __m256i parts[2], weights[2];
    memcpy(parts, &sums, sizeof parts);
    memcpy(weights, &w, sizeof weights);
    for (size_t h = 0; h < 2; h++) {
        parts[h] = _mm256_dpbusd_avx_epi32(parts[h], weights[h], _mm256_set1_epi32(x));
    }
    memcpy(&sums, parts, sizeof parts);
    return sums;
#elif ILV_HAS_AVX2
    __m256i parts[2], weights[2];
    memcpy(parts, &sums, sizeof parts);
    memcpy(weights, &w, sizeof weights);
    for (size_t h = 0; h < 2; h++) {
        __m256i weight = _mm256_xor_si256(weights[h], _mm256_set1_epi8((char)0x80));
        __m256i input = _mm256_sign_epi8(_mm256_set1_epi32(x), weight);
        __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(weight), input);
        parts[h] = _mm256_add_epi32(parts[h], _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
    }
    memcpy(&sums, parts, sizeof parts);
    return sums;
#else
    int8_t input[4];
    memcpy(input, &x, sizeof input);
    for (size_t o = 0; o < ILV_PANEL; o++) {
        for (size_t j = 0; j < 4; j++) {
            sums[o] += ((int32_t)w[4 * o + j] - (ILV_I8_IS_BIASED ? 0 : 128)) * input[j];
        }
    }
    return sums;
#endif
}

/// Rows of inputs, and where each row's inputs lie: runs of `length` bytes (a multiple of 4) that begin at the row's
/// start plus each of the offsets.
struct i8_rows {
    const int8_t *q;
    size_t q_stride;
    const size_t *offsets;
    size_t runs, length;
    const float *scales;
    /// What each row's sums are too large by.
    const int32_t *excess;
    /// Whether results are added to what is there.
    int adding;
};

/// Results of sixteen outputs of a row, set or added to what is there; `count` of them exist.
ILV_INLINE void finish_quads(float *out, i32x16 sums, float scale, int32_t excess,
                             const float *w_scales, const float *bias, size_t count, int adding) {
    sums -= (i32x16)(excess);
    int is_whole = count == ILV_PANEL;
    f32x16 scales = is_whole ? load(w_scales) : load_part(w_scales, count);
    f32x16 y = __builtin_convertvector(sums, f32x16) * (scales * scale);
    if (bias) {
        y += is_whole ? load(bias) : load_part(bias, count);
    }
    if (adding) {
        y = (is_whole ? load(out) : load_part(out, count)) + y;
    }
    if (is_whole) {
        store(out, y);
    } else {
        store_part(out, y, count);
    }
}

/// out[r, 16 p + lane] for `rows` x `panels` (constants) and `last` outputs in the last panel.
ILV_INLINE void tile_i8(float *out, size_t out_stride, const struct i8_rows *x, const uint8_t *w,
                        const float *w_scales, const float *bias, size_t last, const size_t rows,
                        const size_t panels) {
    i32x16 sums[ILV_I8_ROWS * 4];
    size_t panel_stride = x->runs * x->length * ILV_PANEL, q_stride = x->q_stride;
#pragma clang loop unroll(full)
    for (size_t s = 0; s < rows * panels; s++) {
        sums[s] = (i32x16)(0);
    }
    for (size_t run = 0; run < x->runs; run++) {
        const int8_t *q = x->q + x->offsets[run];
#pragma clang loop unroll(disable)
        for (size_t i = 0; i < x->length; i += 4, w += ILV_QUAD_BYTES) {
            quads weights[4];
#pragma clang loop unroll(full)
            for (size_t p = 0; p < panels; p++) {
                weights[p] = load_quads(w + p * panel_stride);
            }
#pragma clang loop unroll(full)
            for (size_t r = 0; r < rows; r++) {
                int32_t input;
                memcpy(&input, q + r * q_stride + i, sizeof input);
#pragma clang loop unroll(full)
                for (size_t p = 0; p < panels; p++) {
                    sums[r * panels + p] = add_quads(sums[r * panels + p], weights[p], input);
                }
            }
        }
    }
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
        for (size_t p = 0; p < panels; p++) {
            finish_quads(out + r * out_stride + p * ILV_PANEL, sums[r * panels + p], x->scales[r],
                         x->excess[r], w_scales + p * ILV_PANEL, bias ? bias + p * ILV_PANEL : NULL,
                         p + 1 == panels ? last : ILV_PANEL, x->adding);
        }
    }
}

/// All outputs of `rows` (a constant) rows: tiles of several panels, then of one.
ILV_INLINE void tile_row_i8(float *out, size_t out_stride, const struct i8_rows *x,
                            const uint8_t *w, const float *w_scales, const float *bias,
                            size_t outputs, const size_t rows) {
    const size_t panels = ILV_I8_PANELS(rows), width = panels * ILV_PANEL;
    size_t inputs = x->runs * x->length, o = 0;
    for (; o + width <= outputs; o += width) {
        tile_i8(out + o, out_stride, x, w + o * inputs, w_scales + o, bias ? bias + o : NULL,
                ILV_PANEL, rows, panels);
    }
    for (; o < outputs; o += ILV_PANEL) {
        size_t last = outputs - o < ILV_PANEL ? outputs - o : ILV_PANEL;
        tile_i8(out + o, out_stride, x, w + o * inputs, w_scales + o, bias ? bias + o : NULL, last,
                rows, 1);
    }
}

typedef void tile_row_i8_function(float *out, size_t out_stride, const struct i8_rows *x,
                                  const uint8_t *w, const float *w_scales, const float *bias,
                                  size_t outputs);

/// A function per number of rows, so that the compiler keeps each one's sums in registers.
#define ILV_TILE_ROW_I8(count)                                                                     \
    static __attribute__((noinline)) void ILV_NAME(tile_row_i8_##count)(                           \
        float *out, size_t out_stride, const struct i8_rows *x, const uint8_t *w,                  \
        const float *w_scales, const float *bias, size_t outputs) {                                \
        tile_row_i8(out, out_stride, x, w, w_scales, bias, outputs, count);                        \
    }

ILV_TILE_ROW_I8(1)
ILV_TILE_ROW_I8(2)
ILV_TILE_ROW_I8(3)
ILV_TILE_ROW_I8(4)
#if ILV_I8_ROWS == 12
ILV_TILE_ROW_I8(5)
ILV_TILE_ROW_I8(6)
ILV_TILE_ROW_I8(7)
ILV_TILE_ROW_I8(8)
ILV_TILE_ROW_I8(9)
ILV_TILE_ROW_I8(10)
ILV_TILE_ROW_I8(11)
ILV_TILE_ROW_I8(12)
#endif

static tile_row_i8_function *const ILV_NAME(tile_rows_i8)[ILV_I8_ROWS] = {
    ILV_NAME(tile_row_i8_1),  ILV_NAME(tile_row_i8_2),  ILV_NAME(tile_row_i8_3),
    ILV_NAME(tile_row_i8_4),
#if ILV_I8_ROWS == 12
    ILV_NAME(tile_row_i8_5),  ILV_NAME(tile_row_i8_6),  ILV_NAME(tile_row_i8_7),
    ILV_NAME(tile_row_i8_8),  ILV_NAME(tile_row_i8_9),  ILV_NAME(tile_row_i8_10),
    ILV_NAME(tile_row_i8_11), ILV_NAME(tile_row_i8_12),
#endif
};

#if ILV_HAS_TILES
/// All outputs of `count` rows, at most ILV_TILE_STEP, by tiles.
static void ILV_NAME(tile_rows_by_amx_i8)(float *out, size_t out_stride, const struct i8_rows *x,
                                          size_t count, const uint8_t *w, const float *w_scales,
                                          const float *bias, size_t outputs) {
    size_t inputs = x->runs * x->length;
    struct tile_rows rows = {(const char *)x->q, x->q_stride, x->offsets, 1,
                             x->runs,            x->length,   count};
    i32x16 sums[ILV_TILE_SUMS];
    tile_begin(count);
    for (size_t o = 0; o < outputs; o += ILV_PANEL) {
        size_t pair = o / ILV_PANEL % 2, last = outputs - o < ILV_PANEL ? outputs - o : ILV_PANEL;
        if (pair == 0) {
            tile_products(sums, &rows, w + o * inputs, inputs * ILV_PANEL, outputs - o > ILV_PANEL,
                          ILV_TILE_BYTES);
        }
        for (size_t r = 0; r < count; r++) {
            finish_quads(out + r * out_stride + o, sums[tile_sum(r, pair, tile_upper(count))],
                         x->scales[r], x->excess[r], w_scales + o, bias ? bias + o : NULL, last,
                         x->adding);
        }
    }
    tile_end();
}
#endif

/// All outputs of `count` rows, at most ILV_I8_STEP.
ILV_INLINE void rows_i8(float *out, size_t out_stride, const struct i8_rows *x, size_t count,
                        const uint8_t *w, const float *w_scales, const float *bias,
                        size_t outputs) {
#if ILV_HAS_TILES
    if (count > ILV_I8_ROWS) {
        ILV_NAME(tile_rows_by_amx_i8)(out, out_stride, x, count, w, w_scales, bias, outputs);
        return;
    }
#endif
    ILV_NAME(tile_rows_i8)[count - 1](out, out_stride, x, w, w_scales, bias, outputs);
}

/// Outputs whose weights stay in the second-level cache: a whole number of the widest tiles.
ILV_INLINE size_t i8_block(size_t inputs, size_t outputs) {
    size_t step = ILV_I8_PANELS(1) * ILV_PANEL;
    size_t block = inputs ? ILV_I8_BLOCK_BYTES / inputs / step * step : outputs;
    return block < step ? step : block;
}

static void ILV_NAME(matmul_i8)(float *out, size_t out_stride, const int8_t *q, size_t q_stride,
                                const float *scales, const int32_t *sums, const uint8_t *w,
                                const float *w_scales, const float *bias, size_t rows,
                                size_t inputs, size_t outputs, int adding) {
    size_t padded = (inputs + 63) / 64 * 64, groups = padded / ILV_GROUP;
    size_t block = i8_block(padded, outputs), start = 0;
    for (size_t o = 0; o < outputs; o += block) {
        size_t width = outputs - o < block ? outputs - o : block;
        size_t tiles = (rows + ILV_I8_STEP - 1) / ILV_I8_STEP, first = 0;
        for (size_t t = 0; t < tiles; t++) {
            size_t count = (rows - first + (tiles - t) - 1) / (tiles - t);
            int32_t excess[ILV_I8_STEP] = {0};
            for (size_t r = 0; ILV_I8_IS_BIASED && r < count; r++) {
                for (size_t g = 0; g < groups; g++) {
                    excess[r] += 128 * sums[(first + r) * groups + g];
                }
            }
            struct i8_rows x = {q + first * q_stride, q_stride,       &start, 1,
                                padded,               scales + first, excess, adding};
            rows_i8(out + first * out_stride + o, out_stride, &x, count, w + o * padded,
                    w_scales + o, bias ? bias + o : NULL, width);
            first += count;
        }
    }
}

/// Most positions of a window.
#define ILV_I8_WINDOW 16

static void ILV_NAME(convolution_i8)(float *out, size_t out_stride, const int8_t *q,
                                     size_t q_width, const int32_t *sums, float scale,
                                     size_t channels, size_t kernel, size_t stride,
                                     size_t output_width, size_t first_row, size_t row_count,
                                     const uint8_t *w, const float *w_scales, const float *bias,
                                     size_t outputs) {
    size_t padded = (channels + 63) / 64 * 64, runs = kernel * kernel;
    size_t offsets[ILV_I8_WINDOW];
    for (size_t k = 0; k < runs; k++) {
        offsets[k] = (k / kernel * q_width + k % kernel) * padded;
    }
    float scales[ILV_I8_STEP];
    for (size_t r = 0; r < ILV_I8_STEP; r++) {
        scales[r] = scale;
    }
    size_t block = i8_block(runs * padded, outputs);
    for (size_t o = 0; o < outputs; o += block) {
        size_t width = outputs - o < block ? outputs - o : block;
        for (size_t y = 0; y < row_count; y++) {
            size_t tiles = (output_width + ILV_I8_STEP - 1) / ILV_I8_STEP, first = 0;
            for (size_t t = 0; t < tiles; t++) {
                size_t count = (output_width - first + (tiles - t) - 1) / (tiles - t);
                size_t corner = (first_row + y) * stride * q_width + first * stride;
                int32_t excess[ILV_I8_STEP] = {0};
                for (size_t r = 0; ILV_I8_IS_BIASED && r < count; r++) {
                    for (size_t k = 0; k < runs; k++) {
                        excess[r] += 128 * sums[corner + r * stride + offsets[k] / padded];
                    }
                }
                struct i8_rows x = {q + corner * padded, stride * padded, offsets, runs,
                                    padded,              scales,          excess,  0};
                rows_i8(out + (y * output_width + first) * out_stride + o, out_stride, &x, count,
                        w + o * runs * padded, w_scales + o, bias ? bias + o : NULL, width);
                first += count;
            }
        }
    }
}

#undef ILV_TILE_ROW_I8
#undef ILV_I8_ROWS
#undef ILV_I8_STEP
#undef ILV_I8_PANELS
#undef ILV_I8_BLOCK_BYTES
#undef ILV_I8_IS_BIASED
#undef ILV_I8_WINDOW
