// Weights of 4 bits from numbers. Compiled once per instruction set, after quantize.h; no include guard.
//
// A weight is scale * multiplier * (nibble - 8): a scale per output, a multiplier of 1 to 15 per 32 inputs. The scale has
// seven significant bits, so that its products with multipliers are exact in half precision.

#define ILV_PANEL ILV_LANES

/// Scales at least as large, of seven significant bits.
ILV_INLINE float round_scale_up(float scale) {
    uint32_t bits;
    memcpy(&bits, &scale, sizeof bits);
    bits = (bits + 0x1ffff) & ~0x1ffffu;
    memcpy(&scale, &bits, sizeof scale);
    return scale;
}

/// The nibbles of a group for a step, and the sum of the squares of what they miss.
ILV_INLINE float group_nibbles(i32x16 nibbles[2], const f32x16 values[2], float step) {
    float inverse = 1.0f / step;
    f32x16 missed = splat(0);
    for (size_t half = 0; half < 2; half++) {
        i32x16 whole = nearest_lanes(values[half] * inverse);
        whole = __builtin_elementwise_max(whole, (i32x16)(-8));
        whole = __builtin_elementwise_min(whole, (i32x16)(7));
        f32x16 difference = values[half] - __builtin_convertvector(whole, f32x16) * step;
        missed += difference * difference;
        nibbles[half] = whole + 8;
    }
    // In a fixed order, unlike a reduction.
    float sum = 0;
    for (size_t lane = 0; lane < 16; lane++) {
        sum += missed[lane];
    }
    return sum;
}

/// The smallest step with which no value of a group is cut off.
ILV_INLINE float group_step(const f32x16 values[2]) {
    float most = 0, least = 0;
    for (size_t half = 0; half < 2; half++) {
        for (size_t lane = 0; lane < 16; lane++) {
            most = values[half][lane] > most ? values[half][lane] : most;
            least = values[half][lane] < least ? values[half][lane] : least;
        }
    }
    float above = most / 7.0f, below = -least / 8.0f;
    return above > below ? above : below;
}

static void ILV_NAME(matmul_pack_i4)(uint8_t *packed, uint8_t *multipliers, float *scales,
                                     const float *w, size_t w_stride, size_t inputs,
                                     size_t first_output, size_t outputs) {
    size_t groups = (inputs + 63) / 64 * 64 / ILV_GROUP;
    for (size_t r = 0; r < outputs; r++, w += w_stride) {
        size_t output = first_output + r, lane = output % ILV_PANEL, panel = output / ILV_PANEL;
        float most = largest_magnitude(w, inputs), largest_step = 0;
        int has_values = byte_scale(most) > 0;
        for (size_t g = 0; has_values && g * ILV_GROUP < inputs; g++) {
            size_t c = g * ILV_GROUP;
            f32x16 values[2] = {load_up_to(w + c, inputs - c),
                                inputs > c + 16 ? load_up_to(w + c + 16, inputs - c - 16) : splat(0)};
            float step = group_step(values);
            largest_step = step > largest_step ? step : largest_step;
        }
        float scale = has_values ? round_scale_up(largest_step / 15.0f) : byte_scale(most);
        scales[output] = scale;
        for (size_t g = 0; g < groups; g++) {
            size_t c = g * ILV_GROUP;
            i32x16 best[2] = {(i32x16)(8), (i32x16)(8)};
            size_t multiplier = 1;
            if (has_values && c < inputs) {
                f32x16 values[2] = {
                    load_up_to(w + c, inputs - c),
                    inputs > c + 16 ? load_up_to(w + c + 16, inputs - c - 16) : splat(0)};
                float wanted = group_step(values) / scale, least_missed = __builtin_inff();
                // The step that cuts nothing off, and smaller ones that cut a little and round finer.
                size_t highest = wanted >= 15 ? 15 : (size_t)wanted + 1;
                size_t lowest = highest > 3 ? highest - 3 : 1;
                for (size_t m = highest; m >= lowest; m--) {
                    i32x16 nibbles[2];
                    float missed = group_nibbles(nibbles, values, scale * (float)m);
                    if (missed < least_missed) {
                        least_missed = missed;
                        multiplier = m;
                        best[0] = nibbles[0];
                        best[1] = nibbles[1];
                    }
                }
            }
            multipliers[(panel * groups + g) * ILV_PANEL + lane] = (uint8_t)multiplier;
            uint8_t *target = packed + (panel * groups + g) * ILV_GROUP * ILV_PANEL / 2;
            for (size_t i = 0; i < ILV_GROUP; i += 8) {
                for (size_t j = 0; j < 4; j++) {
                    size_t even = i + j, odd = i + 4 + j;
                    target[i / 8 * 64 + 4 * lane + j] =
                        (uint8_t)(best[even / 16][even % 16] | best[odd / 16][odd % 16] << 4);
                }
            }
        }
    }
}

#undef ILV_PANEL
