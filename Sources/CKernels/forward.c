// Every public kernel, forwarded to the instruction set that is chosen.

#include "kernels/tables.h"

static inline const struct ilv_kernels *kernels(void) {
    return ilv_kernels_chosen();
}

void ilv_layer_norm_f32(float *out, size_t out_stride, const float *x, size_t x_stride,
                        const float *weight, const float *bias, size_t rows, size_t columns,
                        float epsilon) {
    kernels()->layer_norm_f32(out, out_stride, x, x_stride, weight, bias, rows, columns, epsilon);
}

void ilv_rms_norm_f32(float *out, size_t out_stride, const float *x, size_t x_stride,
                      const float *weight, size_t rows, size_t columns, float epsilon) {
    kernels()->rms_norm_f32(out, out_stride, x, x_stride, weight, rows, columns, epsilon);
}

void ilv_group_norm_statistics_f32(float *mean, float *inverse_deviation, const float *x,
                                   size_t x_stride, size_t pixels, size_t channels, size_t groups,
                                   size_t first_group, size_t group_count, float epsilon) {
    kernels()->group_norm_statistics_f32(mean, inverse_deviation, x, x_stride, pixels, channels,
                                         groups, first_group, group_count, epsilon);
}

void ilv_group_norm_apply_f32(float *out, size_t out_stride, const float *x, size_t x_stride,
                              const float *mean, const float *inverse_deviation,
                              const float *weight, const float *bias, size_t pixels,
                              size_t channels, size_t groups, int silu) {
    kernels()->group_norm_apply_f32(out, out_stride, x, x_stride, mean, inverse_deviation, weight,
                                    bias, pixels, channels, groups, silu);
}

void ilv_add_f32(float *out, const float *a, const float *b, size_t count) {
    kernels()->add_f32(out, a, b, count);
}

void ilv_axpy_f32(float *out, const float *x, float scale, size_t count) {
    kernels()->axpy_f32(out, x, scale, count);
}

void ilv_scale_f32(float *out, const float *x, float scale, size_t count) {
    kernels()->scale_f32(out, x, scale, count);
}

void ilv_scaled_rows_add_f32(float *out, size_t out_stride, const float *x, size_t x_stride,
                             const float *gamma, size_t rows, size_t columns) {
    kernels()->scaled_rows_add_f32(out, out_stride, x, x_stride, gamma, rows, columns);
}

void ilv_bias_add_f32(float *out, size_t out_stride, const float *bias, size_t rows,
                      size_t columns) {
    kernels()->bias_add_f32(out, out_stride, bias, rows, columns);
}

void ilv_relu_f32(float *out, const float *x, size_t count) {
    kernels()->relu_f32(out, x, count);
}

void ilv_silu_f32(float *out, const float *x, size_t count) {
    kernels()->silu_f32(out, x, count);
}

void ilv_quick_gelu_f32(float *out, const float *x, size_t count) {
    kernels()->quick_gelu_f32(out, x, count);
}

void ilv_gelu_f32(float *out, const float *x, size_t count) {
    kernels()->gelu_f32(out, x, count);
}

void ilv_exp_f32(float *out, const float *x, size_t count) {
    kernels()->exp_f32(out, x, count);
}

void ilv_erf_f32(float *out, const float *x, size_t count) {
    kernels()->erf_f32(out, x, count);
}

void ilv_swiglu_f32(float *out, size_t out_stride, const float *gate_up, size_t gate_up_stride,
                    size_t rows, size_t columns) {
    kernels()->swiglu_f32(out, out_stride, gate_up, gate_up_stride, rows, columns);
}

void ilv_geglu_f32(float *out, size_t out_stride, const float *value_gate, size_t value_gate_stride,
                   size_t rows, size_t columns) {
    kernels()->geglu_f32(out, out_stride, value_gate, value_gate_stride, rows, columns);
}

void ilv_softmax_rows_f32(float *x, size_t stride, size_t rows, size_t columns, float scale) {
    kernels()->softmax_rows_f32(x, stride, rows, columns, scale);
}

void ilv_rotary_f32(float *x, size_t stride, const float *cosine, const float *sine, size_t rows,
                    size_t heads, size_t head_size) {
    kernels()->rotary_f32(x, stride, cosine, sine, rows, heads, head_size);
}

void ilv_paged_attention_f32(float *out, size_t out_stride, const float *q, size_t q_stride,
                             size_t rows, const float *keys, const float *values,
                             const int32_t *table, size_t block_stride, size_t visible,
                             size_t head_size, float scale, float *scores) {
    kernels()->paged_attention_f32(out, out_stride, q, q_stride, rows, keys, values, table,
                                   block_stride, visible, head_size, scale, scores);
}

void ilv_paged_store_f32(float *keys, float *values, const float *k, size_t k_stride,
                         const float *v, size_t v_stride, size_t first, size_t count, size_t heads,
                         size_t head_size) {
    kernels()->paged_store_f32(keys, values, k, k_stride, v, v_stride, first, count, heads,
                               head_size);
}

void ilv_paged_attention_i8(float *out, size_t out_stride, const float *q, size_t q_stride,
                            size_t rows, const int8_t *keys, const int8_t *values,
                            const float *key_scales, const float *value_scales,
                            const int32_t *table, size_t block_stride, size_t visible,
                            size_t head_size, float scale, float *scores) {
    kernels()->paged_attention_i8(out, out_stride, q, q_stride, rows, keys, values, key_scales,
                                  value_scales, table, block_stride, visible, head_size, scale,
                                  scores);
}

void ilv_paged_store_i8(int8_t *keys, int8_t *values, float *key_scales, float *value_scales,
                        const float *k, size_t k_stride, const float *v, size_t v_stride,
                        size_t first, size_t count, size_t heads, size_t head_size) {
    kernels()->paged_store_i8(keys, values, key_scales, value_scales, k, k_stride, v, v_stride,
                              first, count, heads, head_size);
}

void ilv_matmul_pack_f32(float *packed, const float *w, size_t w_stride, size_t inputs,
                         size_t first_output, size_t outputs) {
    kernels()->matmul_pack_f32(packed, w, w_stride, inputs, first_output, outputs);
}

void ilv_matmul_pack_inputs_f32(float *packed, const float *w, size_t w_stride, size_t inputs,
                                size_t outputs, size_t first_input, size_t input_count) {
    kernels()->matmul_pack_inputs_f32(packed, w, w_stride, inputs, outputs, first_input,
                                      input_count);
}

void ilv_matmul_f32(float *out, size_t out_stride, const float *x, size_t x_stride, const float *w,
                    const float *bias, size_t rows, size_t inputs, size_t outputs, int adding) {
    kernels()->matmul_f32(out, out_stride, x, x_stride, w, bias, rows, inputs, outputs, adding);
}

void ilv_convolution_f32(float *out, size_t out_stride, const float *x, size_t x_stride,
                         size_t height, size_t width, size_t channels, size_t kernel, size_t stride,
                         size_t padding, size_t output_width, size_t first_pixel,
                         size_t pixel_count, const float *w, const float *bias, size_t outputs) {
    kernels()->convolution_f32(out, out_stride, x, x_stride, height, width, channels, kernel,
                               stride, padding, output_width, first_pixel, pixel_count, w, bias,
                               outputs);
}

void ilv_depthwise3x3_f32(float *out, size_t out_stride, const float *x, size_t x_stride,
                          const float *weight, const float *bias, size_t height, size_t width,
                          size_t channels, size_t first_row, size_t row_count) {
    kernels()->depthwise3x3_f32(out, out_stride, x, x_stride, weight, bias, height, width, channels,
                                first_row, row_count);
}

void ilv_maxpool3x3s2_f32(float *out, size_t out_stride, const float *x, size_t x_stride,
                          size_t height, size_t width, size_t channels) {
    kernels()->maxpool3x3s2_f32(out, out_stride, x, x_stride, height, width, channels);
}

void ilv_upsample_nearest2_f32(float *out, size_t out_stride, const float *x, size_t x_stride,
                               size_t height, size_t width, size_t channels) {
    kernels()->upsample_nearest2_f32(out, out_stride, x, x_stride, height, width, channels);
}

void ilv_resize_bilinear_f32(float *out, size_t out_stride, size_t out_height, size_t out_width,
                             const float *x, size_t x_stride, size_t height, size_t width,
                             size_t channels, int accumulate) {
    kernels()->resize_bilinear_f32(out, out_stride, out_height, out_width, x, x_stride, height,
                                   width, channels, accumulate);
}

void ilv_deformable_sample_f32(float *out, const float *value, size_t value_stride,
                               const uint32_t *shapes, size_t heads, size_t levels, size_t points,
                               size_t head_size, const float *locations, size_t head_stride,
                               size_t level_stride, const float *weights) {
    kernels()->deformable_sample_f32(out, value, value_stride, shapes, heads, levels, points,
                                     head_size, locations, head_stride, level_stride, weights);
}

void ilv_softmax_sink_f32(float *weights, float *ignored, size_t images, size_t heads,
                          size_t slots) {
    kernels()->softmax_sink_f32(weights, ignored, images, heads, slots);
}

void ilv_f16_to_f32(float *out, const uint16_t *x, size_t count) {
    kernels()->f16_to_f32(out, x, count);
}

void ilv_bf16_to_f32(float *out, const uint16_t *x, size_t count) {
    kernels()->bf16_to_f32(out, x, count);
}

void ilv_f32_to_f16(uint16_t *out, const float *x, size_t count) {
    kernels()->f32_to_f16(out, x, count);
}

void ilv_f32_to_bf16(uint16_t *out, const float *x, size_t count) {
    kernels()->f32_to_bf16(out, x, count);
}

void ilv_rotate_f32(float *out, size_t out_stride, const float *x, size_t x_stride, size_t rows,
                    size_t columns, size_t group) {
    kernels()->rotate_f32(out, out_stride, x, x_stride, rows, columns, group);
}

void ilv_quantize_rows_i8(int8_t *q, size_t q_stride, float *scales, int32_t *sums, const float *x,
                          size_t x_stride, size_t rows, size_t columns) {
    kernels()->quantize_rows_i8(q, q_stride, scales, sums, x, x_stride, rows, columns);
}

void ilv_largest_rows_f32(float *out, const float *x, size_t x_stride, size_t rows,
                          size_t columns) {
    kernels()->largest_rows_f32(out, x, x_stride, rows, columns);
}

float ilv_quantize_map_i8(int8_t *q, size_t q_stride, int32_t *sums, const float *x,
                          size_t x_stride, size_t rows, size_t columns, float most) {
    return kernels()->quantize_map_i8(q, q_stride, sums, x, x_stride, rows, columns, most);
}

void ilv_quantize_rows_i4(int8_t *q, size_t q_stride, uint8_t *multipliers, float *scales,
                          const float *w, size_t w_stride, size_t rows, size_t inputs) {
    kernels()->quantize_rows_i4(q, q_stride, multipliers, scales, w, w_stride, rows, inputs);
}

void ilv_matmul_pack_i4(uint8_t *packed, uint8_t *packed_multipliers, const int8_t *w,
                        const uint8_t *multipliers, size_t padded_inputs, size_t first_output,
                        size_t outputs) {
    kernels()->matmul_pack_i4(packed, packed_multipliers, w, multipliers, padded_inputs,
                              first_output, outputs);
}

void ilv_matmul_pack_i8(uint8_t *packed, const int8_t *w, size_t w_stride, size_t inputs,
                        size_t first_output, size_t outputs) {
    kernels()->matmul_pack_i8(packed, w, w_stride, inputs, first_output, outputs);
}

void ilv_matmul_pack_inputs_i8(uint8_t *packed, const float *w, size_t w_stride, size_t inputs,
                               size_t outputs, size_t first_input, size_t input_count,
                               const float *largest) {
    kernels()->matmul_pack_inputs_i8(packed, w, w_stride, inputs, outputs, first_input, input_count,
                                     largest);
}

void ilv_column_extremes_f32(float *least, float *most, const float *x, size_t x_stride,
                             size_t rows, size_t columns) {
    kernels()->column_extremes_f32(least, most, x, x_stride, rows, columns);
}

void ilv_softmax_rows_i8(int8_t *high, int8_t *low, size_t q_stride, int32_t *high_sums,
                         int32_t *low_sums, float *high_scales, float *low_scales, const float *x,
                         size_t x_stride, size_t rows, size_t columns, float scale) {
    kernels()->softmax_rows_i8(high, low, q_stride, high_sums, low_sums, high_scales, low_scales, x,
                               x_stride, rows, columns, scale);
}

void ilv_matmul_i8(float *out, size_t out_stride, const int8_t *q, size_t q_stride,
                   const float *scales, const int32_t *sums, const uint8_t *w,
                   const float *w_scales, const float *bias, size_t rows, size_t inputs,
                   size_t outputs, int adding) {
    kernels()->matmul_i8(out, out_stride, q, q_stride, scales, sums, w, w_scales, bias, rows,
                         inputs, outputs, adding);
}

void ilv_convolution_i8(float *out, size_t out_stride, const int8_t *q, size_t q_width,
                        const int32_t *sums, float scale, size_t channels, size_t kernel,
                        size_t stride, size_t output_width, size_t first_row, size_t row_count,
                        const uint8_t *w, const float *w_scales, const float *bias,
                        size_t outputs) {
    kernels()->convolution_i8(out, out_stride, q, q_width, sums, scale, channels, kernel, stride,
                              output_width, first_row, row_count, w, w_scales, bias, outputs);
}

void ilv_matmul_i4(float *out, size_t out_stride, const int8_t *q, size_t q_stride,
                   const float *scales, const int32_t *sums, const uint8_t *w,
                   const uint8_t *multipliers, const float *w_scales, const float *bias,
                   size_t rows, size_t inputs, size_t outputs, int adding, uint8_t *scratch) {
    kernels()->matmul_i4(out, out_stride, q, q_stride, scales, sums, w, multipliers, w_scales, bias,
                         rows, inputs, outputs, adding, scratch);
}

void ilv_round_rows_bf16(uint16_t *out, size_t out_stride, const float *x, size_t x_stride,
                         size_t rows, size_t columns) {
    kernels()->round_rows_bf16(out, out_stride, x, x_stride, rows, columns);
}

void ilv_matmul_pack_bf16(uint16_t *packed, const uint16_t *w, size_t w_stride, size_t inputs,
                          size_t first_output, size_t outputs) {
    kernels()->matmul_pack_bf16(packed, w, w_stride, inputs, first_output, outputs);
}

void ilv_matmul_bf16(float *out, size_t out_stride, const uint16_t *x, size_t x_stride,
                     const uint16_t *w, const float *bias, size_t rows, size_t inputs,
                     size_t outputs, int adding, float *widened) {
    kernels()->matmul_bf16(out, out_stride, x, x_stride, w, bias, rows, inputs, outputs, adding,
                           widened);
}

void ilv_convolution_bf16(float *out, size_t out_stride, const uint16_t *x, size_t x_width,
                          size_t channels, size_t kernel, size_t stride, size_t output_width,
                          size_t first_row, size_t row_count, const uint16_t *w, const float *bias,
                          size_t outputs, float *widened) {
    kernels()->convolution_bf16(out, out_stride, x, x_width, channels, kernel, stride, output_width,
                                first_row, row_count, w, bias, outputs, widened);
}

float ilv_peak_f32(size_t iterations, float seed, size_t *operations) {
    return kernels()->peak_f32(iterations, seed, operations);
}

int32_t ilv_peak_i8(size_t iterations, int32_t seed, size_t *operations) {
    return kernels()->peak_i8(iterations, seed, operations);
}

uint32_t ilv_read_u32(const uint32_t *x, size_t count) {
    return kernels()->read_u32(x, count);
}
