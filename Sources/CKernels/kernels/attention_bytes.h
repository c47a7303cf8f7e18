// What attention over signed bytes needs beside the product of bytes: values packed as a weight whose inputs are the
// keys, and a softmax whose shares are bytes. Compiled once per instruction set, after quantize.h and attention.h; no
// include guard.

#define ILV_PANEL ILV_LANES

static void ILV_NAME(column_extremes_f32)(float *least, float *most, const float *x,
                                          size_t x_stride, size_t rows, size_t columns) {
    for (size_t c = 0; c < columns; c += 16) {
        size_t count = columns - c;
        f32x16 low = splat(__builtin_inff()), high = splat(-__builtin_inff()), none = splat(0);
        for (size_t r = 0; r < rows; r++) {
            f32x16 lanes = load_up_to(x + r * x_stride + c, count);
            low = choose(lanes < low, lanes, low);
            high = larger(lanes, high);
            // 0, but NaN from the first that is no finite number on.
            none += lanes * 0.0f;
        }
        if (count >= 16) {
            store(least + c, low + none);
            store(most + c, high + none);
        } else {
            store_part(least + c, low + none, count);
            store_part(most + c, high + none, count);
        }
    }
}

static void ILV_NAME(matmul_pack_inputs_i8)(uint8_t *packed, const float *w, size_t w_stride,
                                            size_t inputs, size_t outputs, size_t first_input,
                                            size_t input_count, const float *largest) {
    size_t padded = (inputs + 63) / 64 * 64, last = first_input + input_count;
    size_t end = (last + 63) / 64 * 64;
    for (size_t o = 0; o < outputs; o += ILV_PANEL) {
        f32x16 factor = splat(0);
        for (size_t lane = 0; lane < ILV_PANEL && o + lane < outputs; lane++) {
            float most = largest[o + lane];
            factor[lane] = byte_scale(most) > 0 ? 127.0f / most : 0;
        }
        uint8_t *quad = packed + o * padded + first_input * ILV_PANEL;
        for (size_t i = first_input; i < end; i += 4, quad += 4 * ILV_PANEL) {
            u32x16 bytes = (u32x16)(0u);
            for (size_t j = 0; j < 4 && i + j < last; j++) {
                f32x16 lanes = load_up_to(w + (i + j - first_input) * w_stride + o, outputs - o);
                lanes = choose(factor > 0.0f, lanes * factor, splat(0));
                bytes |= ((u32x16)nearest_lanes(lanes) & 0xffu) << (uint32_t)(8 * j);
            }
            // Another highest bit is 128 more.
            bytes ^= 0x80808080u;
            memcpy(quad, &bytes, sizeof bytes);
        }
    }
}

static void ILV_NAME(softmax_rows_i8)(int8_t *high, int8_t *low, size_t q_stride,
                                      int32_t *high_sums, int32_t *low_sums, float *high_scales,
                                      float *low_scales, const float *x, size_t x_stride,
                                      size_t rows, size_t columns, float scale) {
    size_t groups = q_stride / ILV_GROUP;
    for (size_t r = 0; r < rows; r++, x += x_stride, high += q_stride, low += q_stride,
                high_sums += groups, low_sums += groups) {
        float largest = largest_score(x, columns, scale);
        f32x16 sum = splat(0);
        int64_t total = 0;
        for (size_t g = 0, c = 0; g < groups; g++) {
            i32x16 highs = (i32x16)(0), lows = (i32x16)(0);
            for (size_t half = 0; half < 2; half++, c += 16) {
                f32x16 share = splat(0);
                if (c < columns) {
                    share = exp_lanes(load_up_to(x + c, columns - c) * scale - largest);
                    share = columns - c < 16
                                ? choose(first_lanes(columns - c), share, splat(0)) : share;
                }
                sum += share;
                // What is no number makes the sum none.
                share = choose(share > 0.0f, share * 127.0f, splat(0));
                i32x16 whole = nearest_lanes(share);
                f32x16 rest = share - __builtin_convertvector(whole, f32x16);
                i32x16 parts = nearest_lanes(rest * 254.0f);
                highs += whole;
                lows += parts;
                i8x16 bytes = __builtin_convertvector(whole, i8x16);
                memcpy(high + c, &bytes, sizeof bytes);
                bytes = __builtin_convertvector(parts, i8x16);
                memcpy(low + c, &bytes, sizeof bytes);
            }
            high_sums[g] = __builtin_reduce_add(highs);
            low_sums[g] = __builtin_reduce_add(lows);
            total += (int64_t)254 * high_sums[g] + low_sums[g];
        }
        float all = lanes_sum(sum);
        float inverse = total > 0 ? 1.0f / (float)total : 0;
        inverse = all >= 0 && all < __builtin_inff() ? inverse : __builtin_nanf("");
        high_scales[r] = 254.0f * inverse;
        low_scales[r] = inverse;
    }
}

#undef ILV_PANEL
