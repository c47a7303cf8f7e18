// Causal attention over keys and values that lie in blocks of sixteen positions.
//
// A query's result is the same bits whatever queries are computed beside it: each score is one
// chain of fused multiplications and additions over the head's channels, the softmax's order depends
// on the number of visible keys alone, and each channel of the result is one such chain over the
// keys, oldest first. Keys that a query does not see have no part in it, so they may hold anything.
//
// Keys and values are single numbers, or signed bytes with a scale per position and head: the bytes are summed as if they
// were numbers, a score is multiplied by its key's scale afterwards, a weight by its value's scale before.
//
// Compiled once per instruction set; no include guard.

#if ILV_HAS_AVX512
#define ILV_QUERIES 8
#define ILV_SUMS 16
#else
// Sums of four queries fill half of the sixteen registers of eight lanes.
#define ILV_QUERIES 4
#define ILV_SUMS 4
#endif

/// Keys and values of one head in blocks: position t is slot t % 16 of block table[t / 16].
struct paged_head {
    const void *keys;           // block b: [head_size, 16] at keys + b * stride elements
    const void *values;         // block b: [16, head_size] at values + b * stride elements
    const float *key_scales;    // of bytes, block b: [16] at key_scales + b * scale_stride
    const float *value_scales;  // likewise
    const int32_t *table;
    size_t stride;
    size_t scale_stride;
    size_t head_size;
};

/// Sixteen elements from an index on, or the first `rest` of them and zeros, if that is not 0.
ILV_INLINE f32x16 paged_load(const void *from, size_t index, size_t rest, const int bytes) {
    if (!bytes) {
        const float *numbers = (const float *)from + index;
        return rest ? load_part(numbers, rest) : load(numbers);
    }
    i8x16 lanes = (i8x16)(0);
    memcpy(&lanes, (const int8_t *)from + index, rest ? rest : 16);
    return __builtin_convertvector(lanes, f32x16);
}

/// Products of `rows` queries with the keys of `count` blocks from table[first] on (constants).
ILV_INLINE void paged_scores_tile(float *scores, size_t scores_stride, const float *q,
                                  size_t q_stride, struct paged_head head, size_t first,
                                  const size_t rows, const size_t count, const int bytes) {
    f32x16 sums[16];
    size_t keys[8];
#pragma clang loop unroll(full)
    for (size_t i = 0; i < rows * count; i++) {
        sums[i] = splat(0);
    }
#pragma clang loop unroll(full)
    for (size_t b = 0; b < count; b++) {
        keys[b] = (size_t)head.table[first + b] * head.stride;
    }
    for (size_t d = 0; d < head.head_size; d++) {
        f32x16 key[8];
#pragma clang loop unroll(full)
        for (size_t b = 0; b < count; b++) {
            key[b] = paged_load(head.keys, keys[b] + 16 * d, 0, bytes);
        }
#pragma clang loop unroll(full)
        for (size_t r = 0; r < rows; r++) {
            f32x16 x = splat(q[r * q_stride + d]);
#pragma clang loop unroll(full)
            for (size_t b = 0; b < count; b++) {
                sums[r * count + b] = fused(key[b], x, sums[r * count + b]);
            }
        }
    }
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
        for (size_t b = 0; b < count; b++) {
            f32x16 sum = sums[r * count + b];
            if (bytes) {
                sum *= load(head.key_scales + (size_t)head.table[first + b] * head.scale_stride);
            }
            store(scores + r * scores_stride + 16 * (first + b), sum);
        }
    }
}

/// Products of `rows` queries (a constant) with the keys of the first `blocks` blocks.
ILV_INLINE void paged_scores(float *scores, size_t scores_stride, const float *q, size_t q_stride,
                             struct paged_head head, size_t blocks, const size_t rows,
                             const int bytes) {
    // As many blocks at once as there are registers for, so that additions overlap.
    const size_t wide = ILV_SUMS / rows > 8 ? 8 : ILV_SUMS / rows;
    size_t b = 0;
    for (; b + wide <= blocks; b += wide) {
        paged_scores_tile(scores, scores_stride, q, q_stride, head, b, rows, wide,
                          bytes);
    }
    for (; b < blocks; b++) {
        paged_scores_tile(scores, scores_stride, q, q_stride, head, b, rows, 1, bytes);
    }
}

/// Adds value row t, weighted, to the sums of queries `from` ..< `rows`.
ILV_INLINE void paged_value(f32x16 *sums, const float *weights, size_t weights_stride,
                            const void *values, size_t value, const size_t from, const size_t rows,
                            const size_t parts, size_t rest, const int bytes) {
    f32x16 x[8];
#pragma clang loop unroll(full)
    for (size_t p = 0; p < parts; p++) {
        x[p] = paged_load(values, value + 16 * p, rest, bytes);
    }
#pragma clang loop unroll(full)
    for (size_t r = from; r < rows; r++) {
        f32x16 weight = splat(weights[r * weights_stride]);
#pragma clang loop unroll(full)
        for (size_t p = 0; p < parts; p++) {
            sums[r * parts + p] = fused(x[p], weight, sums[r * parts + p]);
        }
    }
}

/// Sixteen times `parts` channels, or `rest` < 16 channels if that is not 0, of `rows` queries'
/// results. Query r sees the first `visible + r` keys.
ILV_INLINE void paged_values_tile(float *out, size_t out_stride, const float *weights,
                                  size_t weights_stride, struct paged_head head, size_t channel,
                                  size_t visible, const size_t rows, const size_t parts,
                                  size_t rest, const int bytes) {
    f32x16 sums[16];
#pragma clang loop unroll(full)
    for (size_t i = 0; i < rows * parts; i++) {
        sums[i] = splat(0);
    }
    size_t t = 0;
    while (t < visible) {
        size_t value = (size_t)head.table[t / 16] * head.stride + channel;
        size_t end = t + 16 < visible ? t + 16 : visible;
        for (; t < end; t++, value += head.head_size) {
            paged_value(sums, weights + t, weights_stride, head.values, value, 0, rows, parts, rest,
                        bytes);
        }
    }
    // The keys that only the later queries see.
#pragma clang loop unroll(full)
    for (size_t k = 0; k + 1 < rows; k++) {
        size_t position = visible + k;
        size_t value = (size_t)head.table[position / 16] * head.stride
                       + position % 16 * head.head_size + channel;
        paged_value(sums, weights + position, weights_stride, head.values, value, k + 1, rows,
                    parts, rest, bytes);
    }
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
        for (size_t p = 0; p < parts; p++) {
            float *to = out + r * out_stride + channel + 16 * p;
            if (rest) {
                store_part(to, sums[r * parts + p], rest);
            } else {
                store(to, sums[r * parts + p]);
            }
        }
    }
}

/// Multiplies the weights of the first `count` keys by the scales of their values.
ILV_INLINE void paged_scale(float *weights, struct paged_head head, size_t count) {
    for (size_t t = 0; t < count; t += 16) {
        const float *scales = head.value_scales + (size_t)head.table[t / 16] * head.scale_stride;
        size_t rest = count - t;
        if (rest >= 16) {
            store(weights + t, load(weights + t) * load(scales));
        } else {
            store_part(weights + t, load_part(weights + t, rest) * load_part(scales, rest), rest);
        }
    }
}

/// `rows` queries (a constant); query r sees the first `visible + r` keys.
ILV_INLINE void paged_queries(float *out, size_t out_stride, const float *q, size_t q_stride,
                              struct paged_head head, size_t visible, float scale, float *scores,
                              const size_t rows, const int bytes) {
    size_t blocks = (visible + rows - 1 + 15) / 16;
    size_t stride = 16 * blocks;
    paged_scores(scores, stride, q, q_stride, head, blocks, rows, bytes);
    for (size_t r = 0; r < rows; r++) {
        ILV_NAME(softmax_row)(scores + r * stride, visible + r, scale);
        if (bytes) {
            paged_scale(scores + r * stride, head, visible + r);
        }
    }
    const size_t wide = ILV_SUMS / rows > 8 ? 8 : ILV_SUMS / rows;
    size_t d = 0;
    for (; d + 16 * wide <= head.head_size; d += 16 * wide) {
        paged_values_tile(out, out_stride, scores, stride, head, d, visible, rows, wide, 0,
                          bytes);
    }
    for (; d + 16 <= head.head_size; d += 16) {
        paged_values_tile(out, out_stride, scores, stride, head, d, visible, rows, 1, 0,
                          bytes);
    }
    if (d < head.head_size) {
        paged_values_tile(out, out_stride, scores, stride, head, d, visible, rows, 1,
                          head.head_size - d, bytes);
    }
}

/// All rows: row r sees the first `visible + r` keys.
ILV_INLINE void paged_rows(float *out, size_t out_stride, const float *q, size_t q_stride,
                           size_t rows, struct paged_head head, size_t visible, float scale,
                           float *scores, const int bytes) {
    size_t r = 0;
#define ILV_PAGED_QUERIES(count)                                                             \
    for (; r + count <= rows; r += count) {                                                  \
        paged_queries(out + r * out_stride, out_stride, q + r * q_stride, q_stride, head,    \
                      visible + r, scale, scores, count, bytes);                             \
    }
#if ILV_QUERIES == 8
    ILV_PAGED_QUERIES(8)
#endif
    ILV_PAGED_QUERIES(4)
    ILV_PAGED_QUERIES(2)
    ILV_PAGED_QUERIES(1)
#undef ILV_PAGED_QUERIES
}

static void ILV_NAME(paged_attention_f32)(float *out, size_t out_stride, const float *q,
                                          size_t q_stride, size_t rows, const float *keys,
                                          const float *values, const int32_t *table,
                                          size_t block_stride, size_t visible, size_t head_size,
                                          float scale, float *scores) {
    struct paged_head head = {keys, values, NULL, NULL, table, block_stride, 0, head_size};
    paged_rows(out, out_stride, q, q_stride, rows, head, visible, scale, scores, 0);
}

static void ILV_NAME(paged_attention_i8)(float *out, size_t out_stride, const float *q,
                                         size_t q_stride, size_t rows, const int8_t *keys,
                                         const int8_t *values, const float *key_scales,
                                         const float *value_scales, const int32_t *table,
                                         size_t block_stride, size_t visible, size_t head_size,
                                         float scale, float *scores) {
    struct paged_head head = {keys,  values,           key_scales,   value_scales,
                              table, 4 * block_stride, block_stride, head_size};
    paged_rows(out, out_stride, q, q_stride, rows, head, visible, scale, scores, 1);
}

static void ILV_NAME(paged_store_f32)(float *keys, float *values, const float *k, size_t k_stride,
                                      const float *v, size_t v_stride, size_t first, size_t count,
                                      size_t heads, size_t head_size) {
    for (size_t c = 0; c < heads * head_size; c++) {
        for (size_t p = 0; p < count; p++) {
            keys[16 * c + first + p] = k[p * k_stride + c];
        }
    }
    for (size_t h = 0; h < heads; h++) {
        for (size_t p = 0; p < count; p++) {
            memcpy(values + (16 * h + first + p) * head_size, v + p * v_stride + h * head_size,
                   head_size * sizeof(float));
        }
    }
}

static void ILV_NAME(paged_store_i8)(int8_t *keys, int8_t *values, float *key_scales,
                                     float *value_scales, const float *k, size_t k_stride,
                                     const float *v, size_t v_stride, size_t first, size_t count,
                                     size_t heads, size_t head_size) {
    for (size_t h = 0; h < heads; h++) {
        for (size_t p = 0; p < count; p++) {
            size_t slot = first + p;
            const float *key = k + p * k_stride + h * head_size;
            float most = largest_magnitude(key, head_size);
            key_scales[16 * h + slot] = byte_scale(most);
            for (size_t c = 0; c < head_size; c += 16) {
                size_t rest = head_size - c < 16 ? head_size - c : 16;
                i8x16 lanes = byte_lanes(load_up_to(key + c, rest), most);
                for (size_t lane = 0; lane < rest; lane++) {
                    keys[16 * (h * head_size + c + lane) + slot] = lanes[lane];
                }
            }
            const float *value = v + p * v_stride + h * head_size;
            most = largest_magnitude(value, head_size);
            value_scales[16 * h + slot] = byte_scale(most);
            for (size_t c = 0; c < head_size; c += 16) {
                size_t rest = head_size - c < 16 ? head_size - c : 16;
                i8x16 lanes = byte_lanes(load_up_to(value + c, rest), most);
                memcpy(values + (16 * h + slot) * head_size + c, &lanes, rest);
            }
        }
    }
}

#undef ILV_QUERIES
#undef ILV_SUMS
