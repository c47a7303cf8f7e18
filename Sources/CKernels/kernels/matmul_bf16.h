// Products of bfloat16 numbers in the arithmetic of AMX's TDPBF16PS. Compiled once per instruction set; no include guard.
//
// A result is, 32 inputs after the other, c = c + (even + odd): even and odd are chains of fused multiplications and
// additions from 0 over the inputs of even and of odd index, in their order. Inputs below 2^-55 count as 0: then no
// intermediate value is subnormal, and what an instruction set does with those does not matter.
//
// Packed weights: panels of 16 outputs, [inputs / 2][16][2] numbers, inputs padded to 32.

#define ILV_PANEL ILV_LANES
/// Inputs between two additions to the result.
#define ILV_BF16_GROUP 32
/// Weights that stay in the second-level cache while all rows pass by.
#define ILV_BF16_BLOCK (256 * 1024)

#if ILV_HAS_AVX512
#define ILV_BF16_ROWS 8
#else
#define ILV_BF16_ROWS 2
#endif

/// Rows that are multiplied together.
#if ILV_HAS_TILES
#define ILV_BF16_STEP ILV_TILE_STEP
#else
#define ILV_BF16_STEP ILV_BF16_ROWS
#endif

/// Results of sixteen outputs of a row, set or added to what is there; `count` of them exist.
ILV_INLINE void finish_bf16(float *out, f32x16 y, const float *bias, size_t count, int adding) {
    int is_whole = count == ILV_PANEL;
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

#if !ILV_HAS_TILES
/// The numbers of even and of odd index of sixteen pairs.
ILV_INLINE f32x16 even_lanes(u32x16 pairs) {
    return (f32x16)(pairs << 16);
}

ILV_INLINE f32x16 odd_lanes(u32x16 pairs) {
    return (f32x16)(pairs & 0xffff0000u);
}

ILV_INLINE u32x16 load_pairs(const uint16_t *w) {
    u32x16 pairs;
    memcpy(&pairs, w, sizeof pairs);
    return pairs;
}

/// out[r, lane] of one panel for `rows` (a constant) rows, whose inputs `x` holds as f32 in groups: for every group
/// the rows one after the other.
ILV_INLINE void tile_bf16(float *out, size_t out_stride, const float *x, const uint16_t *w,
                          const float *bias, size_t padded_inputs, size_t last, int adding,
                          const size_t rows) {
    f32x16 sums[ILV_BF16_ROWS];
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++) {
        sums[r] = splat(0);
    }
#pragma clang loop unroll(disable)
    for (size_t i = 0; i < padded_inputs; i += ILV_BF16_GROUP, x += rows * ILV_BF16_GROUP) {
        f32x16 even[ILV_BF16_ROWS], odd[ILV_BF16_ROWS];
#pragma clang loop unroll(full)
        for (size_t r = 0; r < rows; r++) {
            even[r] = odd[r] = splat(0);
        }
#pragma clang loop unroll(disable)
        for (size_t k = 0; k < ILV_BF16_GROUP; k += 2, w += 2 * ILV_PANEL) {
            u32x16 pairs = load_pairs(w);
            f32x16 first = even_lanes(pairs), second = odd_lanes(pairs);
#pragma clang loop unroll(full)
            for (size_t r = 0; r < rows; r++) {
                even[r] = fused(splat(x[r * ILV_BF16_GROUP + k]), first, even[r]);
                odd[r] = fused(splat(x[r * ILV_BF16_GROUP + k + 1]), second, odd[r]);
            }
        }
#pragma clang loop unroll(full)
        for (size_t r = 0; r < rows; r++) {
            sums[r] += even[r] + odd[r];
        }
    }
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++) {
        finish_bf16(out + r * out_stride, sums[r], bias, last, adding);
    }
}

typedef void tile_bf16_function(float *out, size_t out_stride, const float *x, const uint16_t *w,
                                const float *bias, size_t padded_inputs, size_t last, int adding);

/// A function per number of rows, so that the compiler keeps each one's sums in registers.
#define ILV_TILE_BF16(count)                                                                       \
    static __attribute__((noinline)) void ILV_NAME(tile_bf16_##count)(                             \
        float *out, size_t out_stride, const float *x, const uint16_t *w, const float *bias,       \
        size_t padded_inputs, size_t last, int adding) {                                           \
        tile_bf16(out, out_stride, x, w, bias, padded_inputs, last, adding, count);                \
    }

ILV_TILE_BF16(1)
ILV_TILE_BF16(2)
#if ILV_BF16_ROWS == 8
ILV_TILE_BF16(3)
ILV_TILE_BF16(4)
ILV_TILE_BF16(5)
ILV_TILE_BF16(6)
ILV_TILE_BF16(7)
ILV_TILE_BF16(8)
#endif

static tile_bf16_function *const ILV_NAME(tiles_bf16)[ILV_BF16_ROWS] = {
    ILV_NAME(tile_bf16_1), ILV_NAME(tile_bf16_2),
#if ILV_BF16_ROWS == 8
    ILV_NAME(tile_bf16_3), ILV_NAME(tile_bf16_4), ILV_NAME(tile_bf16_5),
    ILV_NAME(tile_bf16_6), ILV_NAME(tile_bf16_7), ILV_NAME(tile_bf16_8),
#endif
};
#endif

/// Rows of inputs, and where each row's inputs lie: runs of `length` numbers (a multiple of 32) that begin at the row's
/// start plus each of the offsets.
struct bf16_rows {
    const uint16_t *x;
    size_t x_stride;
    const size_t *offsets;
    size_t runs, length;
};

/// `outputs` outputs of `count` rows, at most ILV_BF16_STEP; where there are no tiles `widened` gets the inputs as f32.
ILV_INLINE void tile_row_bf16(float *out, size_t out_stride, const struct bf16_rows *x,
                              size_t count, const uint16_t *w, const float *bias, size_t outputs,
                              int adding, float *widened) {
    size_t inputs = x->runs * x->length;
#if ILV_HAS_TILES
    (void)widened;
    struct tile_rows rows = {(const char *)x->x, x->x_stride * sizeof *x->x,
                             x->offsets,         sizeof *x->x,
                             x->runs,            x->length * sizeof *x->x,
                             count};
    f32x16 sums[ILV_TILE_SUMS];
    tile_begin(count);
    for (size_t o = 0; o < outputs; o += ILV_PANEL) {
        size_t pair = o / ILV_PANEL % 2, last = outputs - o < ILV_PANEL ? outputs - o : ILV_PANEL;
        if (pair == 0) {
            tile_products(sums, &rows, w + o * inputs, inputs * ILV_PANEL * sizeof *w,
                          outputs - o > ILV_PANEL, ILV_TILE_BF16);
        }
        for (size_t r = 0; r < count; r++) {
            finish_bf16(out + r * out_stride + o, sums[tile_sum(r, pair, tile_upper(count))],
                        bias ? bias + o : NULL, last, adding);
        }
    }
    tile_end();
#else
    float *to = widened;
    for (size_t run = 0; run < x->runs; run++) {
        for (size_t i = 0; i < x->length; i += ILV_BF16_GROUP) {
            for (size_t r = 0; r < count; r++, to += ILV_BF16_GROUP) {
                const uint16_t *from = x->x + r * x->x_stride + x->offsets[run] + i;
                store(to, bf16_lanes(load_u16(from)));
                store(to + 16, bf16_lanes(load_u16(from + 16)));
            }
        }
    }
    for (size_t o = 0; o < outputs; o += ILV_PANEL) {
        size_t last = outputs - o < ILV_PANEL ? outputs - o : ILV_PANEL;
        ILV_NAME(tiles_bf16)[count - 1](out + o, out_stride, widened, w + o * inputs,
                                        bias ? bias + o : NULL, inputs, last, adding);
    }
#endif
}

/// Outputs whose weights stay in the second-level cache while all rows pass by: whole panels.
ILV_INLINE size_t bf16_block(size_t inputs) {
    size_t panels = inputs ? ILV_BF16_BLOCK / inputs / ILV_PANEL : 1;
    return (panels ? panels : 1) * ILV_PANEL;
}

static void ILV_NAME(matmul_bf16)(float *out, size_t out_stride, const uint16_t *x, size_t x_stride,
                                  const uint16_t *w, const float *bias, size_t rows, size_t inputs,
                                  size_t outputs, int adding, float *widened) {
    size_t padded = (inputs + ILV_BF16_GROUP - 1) / ILV_BF16_GROUP * ILV_BF16_GROUP;
    size_t block = bf16_block(padded), start = 0;
    for (size_t o = 0; o < outputs; o += block) {
        size_t width = outputs - o < block ? outputs - o : block;
        size_t tiles = (rows + ILV_BF16_STEP - 1) / ILV_BF16_STEP, first = 0;
        for (size_t t = 0; t < tiles; t++) {
            size_t count = (rows - first + (tiles - t) - 1) / (tiles - t);
            struct bf16_rows tile = {x + first * x_stride, x_stride, &start, 1, padded};
            tile_row_bf16(out + first * out_stride + o, out_stride, &tile, count, w + o * padded,
                          bias ? bias + o : NULL, width, adding, widened);
            first += count;
        }
    }
}

/// Most positions of a window.
#define ILV_BF16_WINDOW 16

static void ILV_NAME(convolution_bf16)(float *out, size_t out_stride, const uint16_t *x,
                                       size_t x_width, size_t channels, size_t kernel,
                                       size_t stride, size_t output_width, size_t first_row,
                                       size_t row_count, const uint16_t *w, const float *bias,
                                       size_t outputs, float *widened) {
    size_t padded = (channels + ILV_BF16_GROUP - 1) / ILV_BF16_GROUP * ILV_BF16_GROUP;
    size_t runs = kernel * kernel, block = bf16_block(runs * padded);
    size_t offsets[ILV_BF16_WINDOW];
    for (size_t k = 0; k < runs; k++) {
        offsets[k] = (k / kernel * x_width + k % kernel) * padded;
    }
    for (size_t o = 0; o < outputs; o += block) {
        size_t width = outputs - o < block ? outputs - o : block;
        for (size_t y = 0; y < row_count; y++) {
            size_t tiles = (output_width + ILV_BF16_STEP - 1) / ILV_BF16_STEP, first = 0;
            for (size_t t = 0; t < tiles; t++) {
                size_t count = (output_width - first + (tiles - t) - 1) / (tiles - t);
                size_t corner = (first_row + y) * stride * x_width + first * stride;
                struct bf16_rows tile = {x + corner * padded, stride * padded, offsets, runs,
                                         padded};
                tile_row_bf16(out + (y * output_width + first) * out_stride + o, out_stride, &tile,
                              count, w + o * runs * padded, bias ? bias + o : NULL, width, 0,
                              widened);
                first += count;
            }
        }
    }
}

#undef ILV_TILE_BF16
#undef ILV_BF16_ROWS
#undef ILV_BF16_STEP
#undef ILV_BF16_GROUP
#undef ILV_BF16_BLOCK
#undef ILV_BF16_WINDOW
#undef ILV_PANEL
