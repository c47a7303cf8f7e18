// Matrix product and convolution with packed weights. Compiled once per instruction set; no include guard.
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
#define ILV_BLOCK_PANELS 24
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

/// Where the rows of a product come from: a matrix, or the windows of an image (see
/// ilv_convolution_f32), one after the other from first_pixel on.
struct tile_source {
    const float *x;
    size_t x_stride;
    size_t height, width, channels, kernel, stride, padding, output_width, first_pixel;
};

/// Copies inputs first ..< first + count of the window of an output pixel; 0 outside the image.
static void ILV_NAME(window_copy)(float *out, const struct tile_source *image, size_t pixel,
                                  size_t first, size_t count) {
    size_t channels = image->channels, run = image->kernel * channels;
    // Positions in the padded image; subtracting the padding gives the image's own.
    size_t top = pixel / image->output_width * image->stride;
    size_t left = pixel % image->output_width * image->stride;
    // Columns low ..< high of the window's rows lie inside the image.
    size_t low = left < image->padding ? image->padding - left : 0;
    size_t high = image->width + image->padding > left ? image->width + image->padding - left : 0;
    low = (low < image->kernel ? low : image->kernel) * channels;
    high = (high < image->kernel ? high : image->kernel) * channels;
    high = high < low ? low : high;
    while (count > 0) {
        size_t y = top + first / run, from = first % run;
        size_t end = from + count < run ? from + count : run;
        first += end - from;
        count -= end - from;
        int inside = y >= image->padding && y < image->height + image->padding;
        size_t left_end = inside ? (end < low ? end : low) : end;
        if (from < left_end) {
            memset(out, 0, (left_end - from) * sizeof(float));
            out += left_end - from;
            from = left_end;
        }
        size_t inner_end = end < high ? end : high;
        if (from < inner_end) {
            const float *row = image->x
                + ((y - image->padding) * image->width + left + from / channels - image->padding)
                    * image->x_stride;
            if (image->x_stride == channels) {
                memcpy(out, row + from % channels, (inner_end - from) * sizeof(float));
                out += inner_end - from;
                from = inner_end;
            }
            while (from < inner_end) {
                size_t channel = from % channels, rest = channels - channel;
                size_t length = rest < inner_end - from ? rest : inner_end - from;
                memcpy(out, row + channel, length * sizeof(float));
                out += length;
                from += length;
                row += image->x_stride;
            }
        }
        if (from < end) {
            memset(out, 0, (end - from) * sizeof(float));
            out += end - from;
        }
    }
}

/// One block: a run of inputs and panels for all rows.
ILV_INLINE void tile_block(float *out, size_t out_stride, const struct tile_source *source,
                           size_t first_input, const float *w, size_t panel_stride, size_t rows,
                           size_t inputs, size_t outputs, struct tile_start start) {
    float copied[ILV_TILE_ROWS * ILV_BLOCK_STRIDE] __attribute__((aligned(64)));
    // Tiles of nearly equal heights: a last one of a row or two would wait for its weights.
    size_t tiles = (rows + ILV_TILE_ROWS - 1) / ILV_TILE_ROWS;
    size_t first = 0;
    for (size_t t = 0; t < tiles; t++) {
        size_t count = (rows - first + (tiles - t) - 1) / (tiles - t);
        for (size_t r = 0; r < count; r++) {
            float *copy = copied + r * ILV_BLOCK_STRIDE;
            if (source->kernel) {
                ILV_NAME(window_copy)(copy, source, source->first_pixel + first + r, first_input,
                                      inputs);
            } else {
                memcpy(copy, source->x + (first + r) * source->x_stride + first_input,
                       inputs * sizeof(float));
            }
        }
        ILV_NAME(tile_rows)[count - 1](out + first * out_stride, out_stride, copied,
                                       ILV_BLOCK_STRIDE, w, panel_stride, inputs, outputs, start);
        first += count;
    }
}

/// All blocks: for each run of panels, one run of inputs after the other.
static void ILV_NAME(tile_blocks)(float *out, size_t out_stride, const struct tile_source *source,
                                  const float *w, size_t rows, size_t inputs, size_t outputs,
                                  struct tile_start start) {
    size_t panel_stride = inputs * ILV_PANEL;
    size_t panels = (outputs + ILV_PANEL - 1) / ILV_PANEL;
    size_t input_blocks = inputs ? (inputs + ILV_BLOCK_INPUTS - 1) / ILV_BLOCK_INPUTS : 1;
    size_t panel_blocks = (panels + ILV_BLOCK_PANELS - 1) / ILV_BLOCK_PANELS;
    for (size_t first = 0; first < panels;) {
        // Nearly equal blocks, of an even number of panels as most tiles take two.
        size_t width = ((panels - first + panel_blocks - 1) / panel_blocks + 1) & ~(size_t)1;
        width = width < panels - first ? width : panels - first;
        panel_blocks -= panel_blocks > 1;
        size_t o = first * ILV_PANEL;
        size_t count = width * ILV_PANEL < outputs - o ? width * ILV_PANEL : outputs - o;
        size_t i = 0;
        for (size_t b = 0; b < input_blocks; b++) {
            size_t length = (inputs - i + (input_blocks - b) - 1) / (input_blocks - b);
            // Later blocks continue the sums of the first.
            struct tile_start next = b == 0 ? start : (struct tile_start){NULL, 1};
            next.bias = next.bias ? next.bias + o : NULL;
            tile_block(out + o, out_stride, source, i, w + first * panel_stride + i * ILV_PANEL,
                       panel_stride, rows, length, count, next);
            i += length;
        }
        first += width;
    }
}

static void ILV_NAME(matmul_f32)(float *out, size_t out_stride, const float *x, size_t x_stride,
                                 const float *w, const float *bias, size_t rows, size_t inputs,
                                 size_t outputs, int adding) {
    if (rows == 0 || outputs == 0) {
        return;
    }
    struct tile_start start = {bias, adding};
    if (rows <= ILV_TILE_ROWS) {
        // Each weight is used once: long uninterrupted runs are what memory is fastest at.
        ILV_NAME(tile_rows)[rows - 1](out, out_stride, x, x_stride, w, inputs * ILV_PANEL, inputs,
                                      outputs, start);
        return;
    }
    struct tile_source source = {.x = x, .x_stride = x_stride};
    ILV_NAME(tile_blocks)(out, out_stride, &source, w, rows, inputs, outputs, start);
}

static void ILV_NAME(convolution_f32)(float *out, size_t out_stride, const float *x,
                                      size_t x_stride, size_t height, size_t width,
                                      size_t channels, size_t kernel, size_t stride,
                                      size_t padding, size_t output_width, size_t first_pixel,
                                      size_t pixel_count, const float *w, const float *bias,
                                      size_t outputs) {
    if (pixel_count == 0 || outputs == 0 || output_width == 0) {
        return;
    }
    struct tile_source source = {x,      x_stride, height,  width,        channels,
                                 kernel, stride,   padding, output_width, first_pixel};
    ILV_NAME(tile_blocks)(out, out_stride, &source, w, pixel_count, kernel * kernel * channels,
                          outputs, (struct tile_start){bias, 0});
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

static void ILV_NAME(matmul_pack_inputs_f32)(float *packed, const float *w, size_t w_stride,
                                             size_t inputs, size_t outputs, size_t first_input,
                                             size_t input_count) {
    for (size_t o = 0; o < outputs; o += ILV_PANEL) {
        float *to = packed + (o / ILV_PANEL * inputs + first_input) * ILV_PANEL;
        size_t lanes = outputs - o < ILV_PANEL ? outputs - o : ILV_PANEL;
        for (size_t i = 0; i < input_count; i++, to += ILV_PANEL) {
            if (lanes == ILV_PANEL) {
                store(to, load(w + i * w_stride + o));
            } else {
                store_part(to, load_part(w + i * w_stride + o, lanes), lanes);
            }
        }
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
