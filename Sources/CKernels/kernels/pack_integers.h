// Weights of 4 bits from numbers, and the packing of these and of bytes. Compiled once per instruction set, after quantize.h; no include guard.
//
// A weight of 4 bits is scale * multiplier * number: a scale per output, a multiplier of 1 to 15 per 32 inputs, a number of -8 to 7.
// Products of scale and multiplier are exact in half precision, so a file that stores these alone stores all: the scale
// is their greatest common divisor, as the multipliers of a row have none but 1.

#define ILV_PANEL ILV_LANES
/// The smallest number of half precision, of which all others are multiples.
#define ILV_HALF_STEP 5.9604644775390625e-8f
/// The largest scale whose product with 15 half precision holds.
#define ILV_LARGEST_I4_SCALE 4352.0f

/// Scales at least as large: of seven significant bits, and a multiple of the smallest number of half precision.
ILV_INLINE float round_scale_up(float scale) {
    uint32_t bits;
    memcpy(&bits, &scale, sizeof bits);
    bits = (bits + 0x1ffff) & ~0x1ffffu;
    memcpy(&scale, &bits, sizeof scale);
    if (scale < 64 * ILV_HALF_STEP) {
        float steps = scale / ILV_HALF_STEP;
        uint32_t whole = (uint32_t)steps;
        whole += (float)whole < steps;
        scale = (float)whole * ILV_HALF_STEP;
    }
    return scale;
}

/// The numbers of a group for a step, and the sum of the squares of what they miss.
ILV_INLINE float group_numbers(i32x16 numbers[2], const f32x16 values[2], float step) {
    float inverse = 1.0f / step;
    f32x16 missed = splat(0);
    for (size_t half = 0; half < 2; half++) {
        i32x16 whole = nearest_lanes(values[half] * inverse);
        whole = __builtin_elementwise_max(whole, (i32x16)(-8));
        whole = __builtin_elementwise_min(whole, (i32x16)(7));
        f32x16 difference = values[half] - __builtin_convertvector(whole, f32x16) * step;
        missed += difference * difference;
        numbers[half] = whole;
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

/// Sixteen inputs each of a group that begins at `first`, zeros behind the last.
ILV_INLINE void load_group(f32x16 values[2], const float *w, size_t first, size_t inputs) {
    values[0] = load_up_to(w + first, inputs - first);
    values[1] = inputs > first + 16 ? load_up_to(w + first + 16, inputs - first - 16) : splat(0);
}

/// The multiplier of a group with which its numbers miss least; these numbers.
ILV_INLINE uint32_t group_multiplier(i32x16 best[2], const f32x16 values[2], float scale) {
    float wanted = group_step(values) / scale, least_missed = __builtin_inff();
    uint32_t multiplier = 1;
    // The step that cuts nothing off, and smaller ones that cut a little and round finer.
    uint32_t highest = wanted >= 15 ? 15 : (uint32_t)wanted + 1;
    uint32_t lowest = highest > 3 ? highest - 3 : 1;
    for (uint32_t m = highest; m >= lowest; m--) {
        i32x16 numbers[2];
        float missed = group_numbers(numbers, values, scale * (float)m);
        if (missed < least_missed) {
            least_missed = missed;
            multiplier = m;
            best[0] = numbers[0];
            best[1] = numbers[1];
        }
    }
    return multiplier;
}

ILV_INLINE uint32_t common_divisor(uint32_t a, uint32_t b) {
    while (b != 0) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static void ILV_NAME(quantize_rows_i4)(int8_t *q, size_t q_stride, uint8_t *multipliers,
                                       float *scales, const float *w, size_t w_stride, size_t rows,
                                       size_t inputs) {
    size_t groups = q_stride / ILV_GROUP;
    for (size_t r = 0; r < rows; r++, w += w_stride, q += q_stride, multipliers += groups) {
        f32x16 values[2];
        memset(q, 0, q_stride);
        memset(multipliers, 1, groups);
        float most = largest_magnitude(w, inputs), largest_step = 0;
        scales[r] = byte_scale(most);
        if (!(scales[r] > 0)) {
            continue;
        }
        for (size_t c = 0; c < inputs; c += ILV_GROUP) {
            load_group(values, w, c, inputs);
            float step = group_step(values);
            largest_step = step > largest_step ? step : largest_step;
        }
        float scale = round_scale_up(largest_step / 15.0f);
        if (!(scale <= ILV_LARGEST_I4_SCALE)) {
            scales[r] = __builtin_nanf("");
            continue;
        }
        uint32_t divisor = 0;
        for (size_t c = 0; c < inputs; c += ILV_GROUP) {
            i32x16 best[2] = {(i32x16)(0), (i32x16)(0)};
            load_group(values, w, c, inputs);
            uint32_t multiplier = group_multiplier(best, values, scale);
            multipliers[c / ILV_GROUP] = (uint8_t)multiplier;
            divisor = common_divisor(multiplier, divisor);
            for (size_t half = 0; half < 2; half++) {
                i8x16 bytes = __builtin_convertvector(best[half], i8x16);
                memcpy(q + c + 16 * half, &bytes, sizeof bytes);
            }
        }
        scales[r] = scale * (float)divisor;
        for (size_t c = 0; c < inputs; c += ILV_GROUP) {
            multipliers[c / ILV_GROUP] /= (uint8_t)divisor;
        }
    }
}

/// Outputs of a panel from `output` on, of as many as there are.
ILV_INLINE size_t panel_outputs(size_t output, size_t count) {
    size_t rest = ILV_PANEL - output % ILV_PANEL;
    return rest < count ? rest : count;
}

/// Stores sixteen words of each of sixteen rows, the first of every row first.
ILV_INLINE void store_transposed(uint8_t *target, const u32x16 words[16]) {
    // Moved as they are, whatever they mean as numbers.
    f32x16 lanes[16];
    memcpy(lanes, words, sizeof lanes);
    transpose(lanes);
    memcpy(target, lanes, sizeof lanes);
}

static void ILV_NAME(matmul_pack_i4)(uint8_t *packed, uint8_t *packed_multipliers, const int8_t *w,
                                     const uint8_t *multipliers, size_t padded_inputs,
                                     size_t first_output, size_t outputs) {
    size_t groups = padded_inputs / ILV_GROUP;
    for (size_t r = 0, count; r < outputs; r += count) {
        size_t output = first_output + r, lane = output % ILV_PANEL, panel = output / ILV_PANEL;
        count = panel_outputs(output, outputs - r);
        const int8_t *rows = w + r * padded_inputs;
        uint8_t *panel_multipliers = packed_multipliers + panel * groups * ILV_PANEL + lane;
        for (size_t g = 0; g < groups; g++) {
            for (size_t l = 0; l < count; l++) {
                panel_multipliers[g * ILV_PANEL + l] = multipliers[(r + l) * groups + g];
            }
        }
        uint8_t *target = packed + panel * padded_inputs * ILV_PANEL / 2;
        size_t i = 0;
        // With four bits, another third bit is 8 more.
        for (; count == ILV_PANEL && i + 128 <= padded_inputs; i += 128) {
            u32x16 words[16];
            for (size_t l = 0; l < ILV_PANEL; l++) {
                u32x16 quads[2];
                memcpy(quads, rows + l * padded_inputs + i, sizeof quads);
                quads[0] = (quads[0] ^ 0x08080808u) & 0x0f0f0f0fu;
                quads[1] = (quads[1] ^ 0x08080808u) & 0x0f0f0f0fu;
                words[l] = __builtin_shufflevector(quads[0], quads[1], 0, 2, 4, 6, 8, 10, 12, 14,
                                                   16, 18, 20, 22, 24, 26, 28, 30) |
                           __builtin_shufflevector(quads[0], quads[1], 1, 3, 5, 7, 9, 11, 13, 15,
                                                   17, 19, 21, 23, 25, 27, 29, 31)
                               << 4;
            }
            store_transposed(target + i / 2 * ILV_PANEL, words);
        }
        for (; i < padded_inputs; i += 8) {
            for (size_t l = 0; l < count; l++) {
                uint32_t even, odd;
                memcpy(&even, rows + l * padded_inputs + i, sizeof even);
                memcpy(&odd, rows + l * padded_inputs + i + 4, sizeof odd);
                uint32_t pairs = ((even ^ 0x08080808u) & 0x0f0f0f0fu) |
                                 ((odd ^ 0x08080808u) & 0x0f0f0f0fu) << 4;
                memcpy(target + i / 2 * ILV_PANEL + 4 * (lane + l), &pairs, sizeof pairs);
            }
        }
    }
}

#undef ILV_LARGEST_I4_SCALE
#undef ILV_HALF_STEP
static void ILV_NAME(matmul_pack_i8)(uint8_t *packed, const int8_t *w, size_t w_stride,
                                     size_t inputs, size_t first_output, size_t outputs) {
    size_t padded = (inputs + 63) / 64 * 64;
    for (size_t r = 0, count; r < outputs; r += count) {
        size_t output = first_output + r, lane = output % ILV_PANEL;
        count = panel_outputs(output, outputs - r);
        const int8_t *rows = w + r * w_stride;
        uint8_t *panel = packed + output / ILV_PANEL * ILV_PANEL * padded;
        size_t i = 0;
        for (; count == ILV_PANEL && i + 64 <= inputs; i += 64) {
            u32x16 words[16];
            for (size_t l = 0; l < ILV_PANEL; l++) {
                memcpy(&words[l], rows + l * w_stride + i, sizeof words[l]);
                // As bytes without a sign, 128 more.
                words[l] ^= 0x80808080u;
            }
            store_transposed(panel + i * ILV_PANEL, words);
        }
        for (; i < padded; i++) {
            for (size_t l = 0; l < count; l++) {
                int32_t value = i < inputs ? rows[l * w_stride + i] : 0;
                panel[i / 4 * 4 * ILV_PANEL + 4 * (lane + l) + i % 4] = (uint8_t)(value + 128);
            }
        }
    }
}

#undef ILV_PANEL
