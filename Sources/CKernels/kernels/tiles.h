// Products by AMX's tiles, of bytes and of bfloat16 alike: both read 64 bytes of sixteen rows and of sixteen outputs at a
// time. Compiled once per instruction set that has tiles; no include guard.
//
// With ILV_TILES_EMULATED a tile is memory, and an instruction is what its definition says: so tests run what uses tiles on
// every processor. Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, TDPBSUD, TDPBF16PS,
// TILELOADD, LDTILECFG.

/// Rows, or outputs, of a tile.
#define ILV_TILE_ROWS 16
/// Bytes of a row of a tile.
#define ILV_TILE_ROW_BYTES 64
/// Rows of inputs that are multiplied together: two tiles.
#define ILV_TILE_STEP (2 * ILV_TILE_ROWS)
/// Rows of results of a step with two panels of outputs.
#define ILV_TILE_SUMS (4 * ILV_TILE_ROWS)

// Tiles 0 to 3 are sums (upper rows with the first and the second panel, lower rows with these), 4 and 5 inputs of the upper
// and the lower rows, 6 and 7 weights of the first and the second panel.

/// What LDTILECFG reads.
struct tile_configuration {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
};

#if ILV_TILES_EMULATED
static _Thread_local struct tile_configuration tile_shapes;
static _Thread_local uint8_t tile_memory[8][ILV_TILE_ROWS][ILV_TILE_ROW_BYTES];

ILV_INLINE void tile_configure(const struct tile_configuration *shapes) {
    tile_shapes = *shapes;
    memset(tile_memory, 0, sizeof tile_memory);
}

ILV_INLINE void tile_end(void) {
    // Whatever is done without a configuration is seen.
    memset(&tile_shapes, 0, sizeof tile_shapes);
}

static void tile_zero(size_t t) {
    memset(tile_memory[t], 0, sizeof tile_memory[t]);
}

static void tile_load(size_t t, const void *from, size_t stride) {
    for (size_t r = 0; r < tile_shapes.rows[t]; r++) {
        memcpy(tile_memory[t][r], (const char *)from + r * stride, tile_shapes.row_bytes[t]);
    }
}

static void tile_store(size_t t, void *to, size_t stride) {
    for (size_t r = 0; r < tile_shapes.rows[t]; r++) {
        memcpy((char *)to + r * stride, tile_memory[t][r], tile_shapes.row_bytes[t]);
    }
}

/// TDPBSUD: sums of four products of signed with unsigned bytes.
static void tile_add_bytes(size_t sums, size_t a, size_t b) {
    for (size_t m = 0; m < tile_shapes.rows[sums]; m++) {
        for (size_t k = 0; k < tile_shapes.row_bytes[a] / 4u; k++) {
            for (size_t n = 0; n < tile_shapes.row_bytes[sums] / 4u; n++) {
                int32_t sum;
                memcpy(&sum, &tile_memory[sums][m][4 * n], sizeof sum);
                for (size_t j = 0; j < 4; j++) {
                    sum += (int8_t)tile_memory[a][m][4 * k + j] * tile_memory[b][k][4 * n + j];
                }
                memcpy(&tile_memory[sums][m][4 * n], &sum, sizeof sum);
            }
        }
    }
}

ILV_INLINE float bf16_value(uint16_t bits) {
    uint32_t word = (uint32_t)bits << 16;
    float value;
    memcpy(&value, &word, sizeof value);
    return value;
}

/// TDPBF16PS: a chain of the pairs' first products and one of their second ones, whose sum is added.
static void tile_add_bf16(size_t sums, size_t a, size_t b) {
    for (size_t m = 0; m < tile_shapes.rows[sums]; m++) {
        f32x16 chains[2] = {splat(0), splat(0)};
        for (size_t k = 0; k < tile_shapes.row_bytes[a] / 4u; k++) {
            for (size_t j = 0; j < 2; j++) {
                uint16_t input, weights[2 * ILV_TILE_ROWS];
                memcpy(&input, &tile_memory[a][m][4 * k + 2 * j], sizeof input);
                memcpy(weights, tile_memory[b][k], sizeof weights);
                f32x16 weight;
                for (size_t n = 0; n < ILV_TILE_ROWS; n++) {
                    weight[n] = bf16_value(weights[2 * n + j]);
                }
                chains[j] = fused(splat(bf16_value(input)), weight, chains[j]);
            }
        }
        f32x16 sum;
        memcpy(&sum, tile_memory[sums][m], sizeof sum);
        sum += chains[0] + chains[1];
        memcpy(tile_memory[sums][m], &sum, sizeof sum);
    }
}
#else
#define tile_configure(shapes) _tile_loadconfig(shapes)
#define tile_end() _tile_release()
// Numbers of tiles are constants of the instructions.
#define tile_zero(t) _tile_zero(t)
#define tile_load(t, from, stride) _tile_loadd(t, from, stride)
#define tile_store(t, to, stride) _tile_stored(t, to, stride)
#define tile_add_bytes(sums, a, b) _tile_dpbsud(sums, a, b)
#define tile_add_bf16(sums, a, b) _tile_dpbf16ps(sums, a, b)
#endif

/// What tiles multiply.
enum tile_numbers { ILV_TILE_BYTES, ILV_TILE_BF16 };

/// Rows of inputs, and where each row's inputs lie: runs of `length` bytes (a multiple of 64) that begin at the row's start
/// plus each of the offsets, which are counted in numbers of `size` bytes.
struct tile_rows {
    const char *x;
    size_t stride;
    const size_t *offsets;
    size_t size, runs, length, count;
};

/// Of so many rows, those that are in the first of two tiles.
ILV_INLINE size_t tile_upper(size_t count) {
    return count <= ILV_TILE_ROWS ? count : (count + 1) / 2;
}

/// Where the results of a row with a panel are.
ILV_INLINE size_t tile_sum(size_t row, size_t panel, size_t upper) {
    size_t lower = row >= upper;
    return (2 * lower + panel) * ILV_TILE_ROWS + row - lower * upper;
}

/// Takes tiles for rows, `count` of them; what follows ends with tile_end().
ILV_INLINE void tile_begin(size_t count) {
    size_t upper = tile_upper(count), lower = count - upper;
    struct tile_configuration shapes;
    memset(&shapes, 0, sizeof shapes);
    shapes.palette = 1;
    for (size_t t = 0; t < 8; t++) {
        size_t rows = t == 6 || t == 7 ? ILV_TILE_ROWS : t == 0 || t == 1 || t == 4 ? upper : lower;
        // Without rows the tiles of the lower ones are not there, and are not used.
        shapes.rows[t] = (uint8_t)rows;
        shapes.row_bytes[t] = rows ? ILV_TILE_ROW_BYTES : 0;
    }
    tile_configure(&shapes);
}

#define ILV_TILE_ADD(sums, a, b)                                                                   \
    do {                                                                                           \
        if (numbers == ILV_TILE_BYTES) {                                                           \
            tile_add_bytes(sums, a, b);                                                            \
        } else {                                                                                   \
            tile_add_bf16(sums, a, b);                                                             \
        }                                                                                          \
    } while (0)

/// The sums of rows with one panel or two, for constants of what there is.
ILV_INLINE void tile_products_of(void *sums, const struct tile_rows *x, const char *w,
                                 size_t panel_stride, const int has_lower, const int has_second,
                                 const enum tile_numbers numbers) {
    tile_zero(0);
    if (has_second) {
        tile_zero(1);
    }
    if (has_lower) {
        tile_zero(2);
    }
    if (has_lower && has_second) {
        tile_zero(3);
    }
    for (size_t run = 0; run < x->runs; run++) {
        const char *upper = x->x + x->offsets[run] * x->size;
        const char *lower = upper + tile_upper(x->count) * x->stride;
        for (size_t i = 0; i < x->length;
             i += ILV_TILE_ROW_BYTES, w += ILV_TILE_ROWS * ILV_TILE_ROW_BYTES) {
            tile_load(4, upper + i, x->stride);
            tile_load(6, w, ILV_TILE_ROW_BYTES);
            ILV_TILE_ADD(0, 4, 6);
            if (has_second) {
                tile_load(7, w + panel_stride, ILV_TILE_ROW_BYTES);
                ILV_TILE_ADD(1, 4, 7);
            }
            if (has_lower) {
                tile_load(5, lower + i, x->stride);
                ILV_TILE_ADD(2, 5, 6);
            }
            if (has_lower && has_second) {
                ILV_TILE_ADD(3, 5, 7);
            }
        }
    }
    char *to = sums;
    const size_t tile = ILV_TILE_ROWS * ILV_TILE_ROW_BYTES;
    tile_store(0, to, ILV_TILE_ROW_BYTES);
    if (has_second) {
        tile_store(1, to + tile, ILV_TILE_ROW_BYTES);
    }
    if (has_lower) {
        tile_store(2, to + 2 * tile, ILV_TILE_ROW_BYTES);
    }
    if (has_lower && has_second) {
        tile_store(3, to + 3 * tile, ILV_TILE_ROW_BYTES);
    }
}

#undef ILV_TILE_ADD

/// Sums of rows with one panel of weights or two, at the places that tile_sum() names; between tile_begin() and tile_end().
ILV_INLINE void tile_products(void *sums, const struct tile_rows *x, const void *w,
                              size_t panel_stride, int has_second,
                              const enum tile_numbers numbers) {
    int has_lower = x->count > tile_upper(x->count);
    if (has_lower && has_second) {
        tile_products_of(sums, x, w, panel_stride, 1, 1, numbers);
    } else if (has_lower) {
        tile_products_of(sums, x, w, panel_stride, 1, 0, numbers);
    } else if (has_second) {
        tile_products_of(sums, x, w, panel_stride, 0, 1, numbers);
    } else {
        tile_products_of(sums, x, w, panel_stride, 0, 0, numbers);
    }
}
