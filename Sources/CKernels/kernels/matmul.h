// Matrix product with packed weights. Compiled once per instruction set; no include guard.
//
// Every element of the result is one chain of fused multiplications and additions over the inputs
// in the order of their index. How rows, outputs and inputs are cut into tiles and blocks therefore
// changes no bit, and neither does the instruction set.

/// Outputs side by side in packed weights: the lanes of one f32x16.
#define ILV_PANEL ILV_LANES

// Rows of a tile, and the panels it takes at once: as many sums as fit the registers beside the
// weights and one input.
#if ILV_HAS_AVX512
#define ILV_TILE_ROWS 12
#define ILV_TILE_PANELS(rows) ((rows) <= 6 ? 4 : (rows) <= 8 ? 3 : 2)
#else
#define ILV_TILE_ROWS 6
#define ILV_TILE_PANELS(rows) ((rows) <= 1 ? 4 : (rows) <= 3 ? 2 : 1)
#endif

/// Inputs of a block. A tile's rows of one block stay in the first-level cache.
#define ILV_BLOCK_INPUTS 384
/// Panels of a block: with ILV_BLOCK_INPUTS inputs they stay in the second-level cache while all
/// rows pass by.
#define ILV_BLOCK_PANELS 16
/// Distance of a block's rows when they are copied: no multiple of a page, as rows at such distances
/// compete for the same places in the first-level cache.
#define ILV_BLOCK_STRIDE (ILV_BLOCK_INPUTS + ILV_LANES)

// MARK: One tile

/// How the sums of a tile begin.
struct tile_start {
    /// Added at the beginning: a bias per output, or NULL.
    const float *bias;
    /// Whether the sums go on from what `out` holds.
    int adding;
};

/// The first value of sixteen sums, of which `count` exist.
ILV_INLINE f32x16 tile_first(const float *out, const float *bias, int adding, size_t count) {
    if (count == ILV_LANES) {
        if (!bias) {
            return adding ? load(out) : splat(0);
        }
        return adding ? load(out) + load(bias) : load(bias);
    }
    if (!bias) {
        return adding ? load_part(out, count) : splat(0);
    }
    return adding ? load_part(out, count) + load_part(bias, count) : load_part(bias, count);
}

/// out[r, 16 p + lane] = start + sum_i x[r,i] w[p][i][lane] for `rows` x `panels` (constants) and
/// `last` outputs in the last panel.
ILV_INLINE void tile(float *out, size_t out_stride, const float *x, size_t x_stride, const float *w,
                     size_t panel_stride, size_t inputs, size_t last, struct tile_start start,
                     const size_t rows, const size_t panels) {
    f32x16 sums[ILV_TILE_ROWS * 4];
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
        for (size_t p = 0; p < panels; p++) {
            sums[r * panels + p] =
                tile_first(out + r * out_stride + p * ILV_PANEL,
                           start.bias ? start.bias + p * ILV_PANEL : NULL, start.adding,
                           p + 1 == panels ? last : ILV_PANEL);
        }
    }
#pragma clang loop unroll(disable)
    for (size_t i = 0; i < inputs; i++) {
        f32x16 weights[4];
#pragma clang loop unroll(full)
        for (size_t p = 0; p < panels; p++) {
            weights[p] = load(w + p * panel_stride + i * ILV_PANEL);
        }
#pragma clang loop unroll(full)
        for (size_t r = 0; r < rows; r++) {
            f32x16 input = splat(x[r * x_stride + i]);
#pragma clang loop unroll(full)
            for (size_t p = 0; p < panels; p++) {
                sums[r * panels + p] = fused(input, weights[p], sums[r * panels + p]);
            }
        }
    }
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
        for (size_t p = 0; p < panels; p++) {
            float *target = out + r * out_stride + p * ILV_PANEL;
            if (p + 1 < panels || last == ILV_PANEL) {
                store(target, sums[r * panels + p]);
            } else {
                store_part(target, sums[r * panels + p], last);
            }
        }
    }
}

/// All outputs of `rows` (a constant) rows: tiles of several panels, then of one.
ILV_INLINE void tile_row(float *out, size_t out_stride, const float *x, size_t x_stride,
                         const float *w, size_t panel_stride, size_t inputs, size_t outputs,
                         struct tile_start start, const size_t rows) {
    const size_t width = ILV_TILE_PANELS(rows) * ILV_PANEL;
    size_t o = 0;
    for (; o + width <= outputs; o += width) {
        tile(out + o, out_stride, x, x_stride, w + o / ILV_PANEL * panel_stride, panel_stride,
             inputs, ILV_PANEL, start, rows, ILV_TILE_PANELS(rows));
        start.bias = start.bias ? start.bias + width : NULL;
    }
    for (; o < outputs; o += ILV_PANEL) {
        size_t last = outputs - o < ILV_PANEL ? outputs - o : ILV_PANEL;
        tile(out + o, out_stride, x, x_stride, w + o / ILV_PANEL * panel_stride, panel_stride,
             inputs, last, start, rows, 1);
        start.bias = start.bias ? start.bias + ILV_PANEL : NULL;
    }
}

/// A function per number of rows, so that the compiler keeps each one's sums in registers. Copied
/// rows have a distance that the compiler knows.
#define ILV_TILE_ROW(count)                                                                        \
    static __attribute__((noinline)) void ILV_NAME(tile_row_##count)(                              \
        float *out, size_t out_stride, const float *x, size_t x_stride, const float *w,            \
        size_t panel_stride, size_t inputs, size_t outputs, struct tile_start start) {             \
        if (x_stride == ILV_BLOCK_STRIDE) {                                                        \
            tile_row(out, out_stride, x, ILV_BLOCK_STRIDE, w, panel_stride, inputs, outputs,       \
                     start, count);                                                                \
        } else {                                                                                   \
            tile_row(out, out_stride, x, x_stride, w, panel_stride, inputs, outputs, start,        \
                     count);                                                                       \
        }                                                                                          \
    }

ILV_TILE_ROW(1)
ILV_TILE_ROW(2)
ILV_TILE_ROW(3)
ILV_TILE_ROW(4)
ILV_TILE_ROW(5)
ILV_TILE_ROW(6)
#if ILV_TILE_ROWS == 12
ILV_TILE_ROW(7)
ILV_TILE_ROW(8)
ILV_TILE_ROW(9)
ILV_TILE_ROW(10)
ILV_TILE_ROW(11)
ILV_TILE_ROW(12)
#endif

typedef void tile_row_function(float *out, size_t out_stride, const float *x, size_t x_stride,
                               const float *w, size_t panel_stride, size_t inputs, size_t outputs,
                               struct tile_start start);

static tile_row_function *const ILV_NAME(tile_rows)[ILV_TILE_ROWS] = {
    ILV_NAME(tile_row_1),  ILV_NAME(tile_row_2),  ILV_NAME(tile_row_3), ILV_NAME(tile_row_4),
    ILV_NAME(tile_row_5),  ILV_NAME(tile_row_6),
#if ILV_TILE_ROWS == 12
    ILV_NAME(tile_row_7),  ILV_NAME(tile_row_8),  ILV_NAME(tile_row_9), ILV_NAME(tile_row_10),
    ILV_NAME(tile_row_11), ILV_NAME(tile_row_12),
#endif
};

// MARK: All tiles

/// One block: a run of inputs and panels for all rows.
ILV_INLINE void tile_block(float *out, size_t out_stride, const float *x, size_t x_stride,
                           const float *w, size_t panel_stride, size_t rows, size_t inputs,
                           size_t outputs, struct tile_start start) {
    float copied[ILV_TILE_ROWS * ILV_BLOCK_STRIDE] __attribute__((aligned(64)));
    // Tiles of nearly equal heights: a last one of a row or two would wait for its weights.
    size_t tiles = (rows + ILV_TILE_ROWS - 1) / ILV_TILE_ROWS;
    size_t first = 0;
    for (size_t t = 0; t < tiles; t++) {
        size_t count = (rows - first + (tiles - t) - 1) / (tiles - t);
        for (size_t r = 0; r < count; r++) {
            memcpy(copied + r * ILV_BLOCK_STRIDE, x + (first + r) * x_stride,
                   inputs * sizeof(float));
        }
        ILV_NAME(tile_rows)[count - 1](out + first * out_stride, out_stride, copied,
                                       ILV_BLOCK_STRIDE, w, panel_stride, inputs, outputs, start);
        first += count;
    }
}

static void ILV_NAME(matmul_f32)(float *out, size_t out_stride, const float *x, size_t x_stride,
                                 const float *w, const float *bias, size_t rows, size_t inputs,
                                 size_t outputs, int adding) {
    if (rows == 0 || outputs == 0) {
        return;
    }
    size_t panel_stride = inputs * ILV_PANEL;
    struct tile_start start = {bias, adding};
    if (rows <= ILV_TILE_ROWS) {
        // Each weight is used once: long uninterrupted runs are what memory is fastest at.
        ILV_NAME(tile_rows)[rows - 1](out, out_stride, x, x_stride, w, panel_stride, inputs,
                                      outputs, start);
        return;
    }
    size_t blocks = inputs ? (inputs + ILV_BLOCK_INPUTS - 1) / ILV_BLOCK_INPUTS : 1;
    for (size_t o = 0; o < outputs; o += ILV_BLOCK_PANELS * ILV_PANEL) {
        size_t width = outputs - o < ILV_BLOCK_PANELS * ILV_PANEL ? outputs - o
                                                                  : ILV_BLOCK_PANELS * ILV_PANEL;
        size_t i = 0;
        for (size_t b = 0; b < blocks; b++) {
            size_t count = (inputs - i + (blocks - b) - 1) / (blocks - b);
            // Later blocks continue the sums of the first.
            struct tile_start next = b == 0 ? start : (struct tile_start){NULL, 1};
            next.bias = next.bias ? next.bias + o : NULL;
            tile_block(out + o, out_stride, x + i, x_stride,
                       w + o / ILV_PANEL * panel_stride + i * ILV_PANEL, panel_stride, rows, count,
                       width, next);
            i += count;
        }
    }
}

// MARK: Packing

/// One step of transposing sixteen rows of sixteen: exchanges blocks of `distance` lanes between
/// rows that are `distance` apart.
#define ILV_EXCHANGE(distance, upper, lower)                                                       \
    for (size_t r = 0; r < 16; r++) {                                                              \
        if ((r & (distance)) == 0) {                                                               \
            f32x16 a = rows[r], b = rows[r + (distance)];                                          \
            rows[r] = __builtin_shufflevector(a, b, upper);                                        \
            rows[r + (distance)] = __builtin_shufflevector(a, b, lower);                           \
        }                                                                                          \
    }
#define ILV_UPPER_8 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23
#define ILV_LOWER_8 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31
#define ILV_UPPER_4 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27
#define ILV_LOWER_4 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31
#define ILV_UPPER_2 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29
#define ILV_LOWER_2 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31
#define ILV_UPPER_1 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30
#define ILV_LOWER_1 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31

ILV_INLINE void transpose(f32x16 *rows) {
    ILV_EXCHANGE(8, ILV_UPPER_8, ILV_LOWER_8)
    ILV_EXCHANGE(4, ILV_UPPER_4, ILV_LOWER_4)
    ILV_EXCHANGE(2, ILV_UPPER_2, ILV_LOWER_2)
    ILV_EXCHANGE(1, ILV_UPPER_1, ILV_LOWER_1)
}

static void ILV_NAME(matmul_pack_f32)(float *packed, const float *w, size_t w_stride, size_t inputs,
                                      size_t first_output, size_t outputs) {
    size_t r = 0;
    while (r < outputs) {
        size_t output = first_output + r, lane = output % ILV_PANEL;
        float *panel = packed + output / ILV_PANEL * ILV_PANEL * inputs;
        const float *from = w + r * w_stride;
        size_t i = 0;
        if (lane == 0 && r + ILV_PANEL <= outputs) {
            for (; i + 16 <= inputs; i += 16) {
                f32x16 rows[16];
                for (size_t l = 0; l < 16; l++) {
                    rows[l] = load(from + l * w_stride + i);
                }
                transpose(rows);
                for (size_t l = 0; l < 16; l++) {
                    store(panel + (i + l) * ILV_PANEL, rows[l]);
                }
            }
        }
        size_t lanes = ILV_PANEL - lane < outputs - r ? ILV_PANEL - lane : outputs - r;
        for (; i < inputs; i++) {
            for (size_t l = 0; l < lanes; l++) {
                panel[i * ILV_PANEL + lane + l] = from[l * w_stride + i];
            }
        }
        r += lanes;
    }
}

#undef ILV_EXCHANGE
#undef ILV_UPPER_8
#undef ILV_LOWER_8
#undef ILV_UPPER_4
#undef ILV_LOWER_4
#undef ILV_UPPER_2
#undef ILV_LOWER_2
#undef ILV_UPPER_1
#undef ILV_LOWER_1
#undef ILV_TILE_ROW
#undef ILV_TILE_ROWS
#undef ILV_TILE_PANELS
#undef ILV_BLOCK_INPUTS
#undef ILV_BLOCK_PANELS
#undef ILV_BLOCK_STRIDE
#undef ILV_PANEL
