#ifndef ILV_KERNELS_H
#define ILV_KERNELS_H

// Numerical kernels on f32 rows x channels data.
//
// Conventions that hold for every function here:
// - A matrix is rows x columns, row-major; `*_stride` is the distance between rows in elements.
// - Pointers need no alignment; buffers do not overlap unless the comment says "in place".
// - Nothing allocates, fails, keeps state or starts threads; sizes of 0 do nothing.
// - A result depends on its own row alone (its reduction order never depends on the number of
//   rows), and its bits on no instruction set: sums keep sixteen lanes everywhere, and where a
//   multiplication and an addition are rounded once, that is written (`fused`) and emulated exactly
//   where the processor has no such instruction. Only the sign and payload of NaN are left open.
// - NaN in gives NaN out; infinities follow the formula as written, so -INFINITY gives NaN from the
//   smooth activations (-INFINITY * 0). Exceptions are named at the function.
// - Every function is compiled for several instruction sets from one source and chosen once, at the
//   first call, see `ilv_isa_name`; ckernels_table.h gives each set's functions by name.

#include <stddef.h>
#include <stdint.h>

// MARK: Instruction sets (dispatch.c)

/// Why something can be used or cannot, the best first.
enum ilv_standing {
    ILV_READY,
    /// It can be used, and is where INTERLEAVED_ISA asks for it.
    ILV_ON_REQUEST,
    /// The processor has it, but the system does not let this process use its registers.
    ILV_NOT_PERMITTED,
    /// The processor has it not.
    ILV_ABSENT,
};

/// Name of the instruction set in use: "generic" to "amx". The environment variable
/// INTERLEAVED_ISA selects one by name; for a name the processor cannot run it is the best it can.
const char *ilv_isa_name(void);

/// What INTERLEAVED_ISA asks for; NULL if it is not set or empty.
const char *ilv_isa_wanted(void);

/// Number of instruction sets that are known, the name of each, the plainest first, and why it can be
/// used or cannot. index < the number.
size_t ilv_isa_known_count(void);
const char *ilv_isa_known_name(size_t index);
enum ilv_standing ilv_isa_known(size_t index);

/// Number of features of processors that are looked for, the name of each, and whether it is there.
/// index < the number. (processor.c)
size_t ilv_processor_feature_count(void);
const char *ilv_processor_feature_name(size_t index);
enum ilv_standing ilv_processor_feature(size_t index);

/// Number of instruction sets this build and processor can run, and the name of each, worst first.
size_t ilv_isa_count(void);
const char *ilv_isa_available(size_t index);

/// Selects an instruction set by name for the whole process; returns 0, or -1 if it is not
/// available. For tests only: not safe while kernels run.
int ilv_isa_select(const char *name);

// MARK: Norms (norms)

/// out[r,c] = (x[r,c] - mean_r) / sqrt(var_r + epsilon) * weight[c] + bias[c]. In place allowed.
/// x, out [rows, columns] · weight, bias [columns]
void ilv_layer_norm_f32(float *out, size_t out_stride, const float *x, size_t x_stride,
                        const float *weight, const float *bias, size_t rows, size_t columns,
                        float epsilon);

/// out[r,c] = x[r,c] / sqrt(mean_c(x[r,c]^2) + epsilon) * weight[c]. In place allowed.
void ilv_rms_norm_f32(float *out, size_t out_stride, const float *x, size_t x_stride,
                      const float *weight, size_t rows, size_t columns, float epsilon);

/// Statistics of group normalisation for groups first_group ..< first_group + group_count of one
/// sample: mean and 1/sqrt(var + epsilon) over pixels x (channels / groups).
/// x [pixels, channels] · mean, inverse_deviation [groups] (only the named groups are written)
void ilv_group_norm_statistics_f32(float *mean, float *inverse_deviation, const float *x,
                                   size_t x_stride, size_t pixels, size_t channels, size_t groups,
                                   size_t first_group, size_t group_count, float epsilon);

/// out = (x - mean[g]) * inverse_deviation[g] * weight[c] + bias[c], then x*sigmoid(x) if `silu` is
/// not 0. In place allowed. x, out [pixels, channels]
void ilv_group_norm_apply_f32(float *out, size_t out_stride, const float *x, size_t x_stride,
                              const float *mean, const float *inverse_deviation,
                              const float *weight, const float *bias, size_t pixels,
                              size_t channels, size_t groups, int silu);

// MARK: Element-wise (elementwise). All in place allowed, over `count` contiguous elements.

void ilv_add_f32(float *out, const float *a, const float *b, size_t count);
/// out[i] += scale * x[i]
void ilv_axpy_f32(float *out, const float *x, float scale, size_t count);
/// out[i] = x[i] * scale
void ilv_scale_f32(float *out, const float *x, float scale, size_t count);
/// out[r,c] += gamma[c] * x[r,c]
void ilv_scaled_rows_add_f32(float *out, size_t out_stride, const float *x, size_t x_stride,
                             const float *gamma, size_t rows, size_t columns);
/// out[r,c] += bias[c]
void ilv_bias_add_f32(float *out, size_t out_stride, const float *bias, size_t rows,
                      size_t columns);
void ilv_relu_f32(float *out, const float *x, size_t count);
/// x * sigmoid(x)
void ilv_silu_f32(float *out, const float *x, size_t count);
/// x * sigmoid(1.702 x), CLIP's quick GELU
void ilv_quick_gelu_f32(float *out, const float *x, size_t count);
/// x * 0.5 * (1 + erf(x / sqrt 2)), the exact GELU; error of erf below 2e-7
void ilv_gelu_f32(float *out, const float *x, size_t count);
/// e^x, as other kernels use it; relative error below 2e-7 where the result is normal; overflow gives INFINITY
void ilv_exp_f32(float *out, const float *x, size_t count);
/// erf(x), as other kernels use it; absolute error below 2e-7
void ilv_erf_f32(float *out, const float *x, size_t count);
/// out[r,c] = silu(gate_up[r,c]) * gate_up[r,columns + c]: SwiGLU over a fused [rows, 2*columns]
void ilv_swiglu_f32(float *out, size_t out_stride, const float *gate_up, size_t gate_up_stride,
                    size_t rows, size_t columns);
/// out[r,c] = value_gate[r,c] * gelu(value_gate[r,columns + c]): GEGLU, value first (diffusers)
void ilv_geglu_f32(float *out, size_t out_stride, const float *value_gate,
                   size_t value_gate_stride, size_t rows, size_t columns);

// MARK: Softmax and attention (attention)

/// In place: x[r,:] = softmax(scale * x[r,:]). A row of only -INFINITY becomes zeros; a row with
/// NaN or, after scaling, +INFINITY becomes NaN.
void ilv_softmax_rows_f32(float *x, size_t stride, size_t rows, size_t columns, float scale);

/// Rotary position embedding, half-split ("rotate half"), in place.
/// x [rows, heads*head_size] · cosine, sine [rows, head_size/2] (row r belongs to x's row r)
void ilv_rotary_f32(float *x, size_t stride, const float *cosine, const float *sine, size_t rows,
                    size_t heads, size_t head_size);

// MARK: Attention over keys and values in blocks (paged_attention)

/// Causal attention of consecutive queries of one sequence over one head, whose keys and values lie
/// in blocks of 16 positions: position t is slot t % 16 of block table[t / 16]. Query r sees the
/// first visible + r positions and its result depends on these alone, bit for bit: not on `rows`,
/// nor on where a run of queries begins, nor on what the rest of a block holds.
/// out, q [rows, head_size] with strides · keys: block b is [head_size, 16] at keys +
/// b*block_stride · values: block b is [16, head_size] at values + b*block_stride · visible >= 1 ·
/// scores: scratch [8, (visible + rows - 1) rounded up to 16]
void ilv_paged_attention_f32(float *out, size_t out_stride, const float *q, size_t q_stride,
                             size_t rows, const float *keys, const float *values,
                             const int32_t *table, size_t block_stride, size_t visible,
                             size_t head_size, float scale, float *scores);

/// Puts keys and values of `count` positions into slots first ..< first + count <= 16 of one block.
/// k, v [count, heads*head_size] with strides · keys [heads, head_size, 16] · values
/// [heads, 16, head_size]
void ilv_paged_store_f32(float *keys, float *values, const float *k, size_t k_stride,
                         const float *v, size_t v_stride, size_t first, size_t count, size_t heads,
                         size_t head_size);

/// ilv_paged_attention_f32 over keys and values of signed bytes, with a scale per position each.
/// keys, values: as there, block b at 4 * b*block_stride · key_scales, value_scales: block b is [16] at
/// b*block_stride
void ilv_paged_attention_i8(float *out, size_t out_stride, const float *q, size_t q_stride,
                            size_t rows, const int8_t *keys, const int8_t *values,
                            const float *key_scales, const float *value_scales,
                            const int32_t *table, size_t block_stride, size_t visible,
                            size_t head_size, float scale, float *scores);

/// Rounds keys and values to signed bytes with a scale per position and head, and puts them as ilv_paged_store_f32
/// does. Where a number is not finite, the scale is NaN.
/// key_scales, value_scales [heads, 16]
void ilv_paged_store_i8(int8_t *keys, int8_t *values, float *key_scales, float *value_scales,
                        const float *k, size_t k_stride, const float *v, size_t v_stride,
                        size_t first, size_t count, size_t heads, size_t head_size);

// MARK: Matrix x packed matrix (matmul)

/// Packs rows of a weight for ilv_matmul_f32: packed[o / 16][i][o % 16] = w[o - first_output, i] for
/// the outputs first_output ..< first_output + outputs; nothing else is written.
/// w [outputs, inputs] · packed [ceil(all outputs / 16), inputs, 16]
void ilv_matmul_pack_f32(float *packed, const float *w, size_t w_stride, size_t inputs,
                         size_t first_output, size_t outputs);

/// The same for a weight whose rows are inputs: packed[o / 16][i][o % 16] = w[i - first_input, o] for
/// the inputs first_input ..< first_input + input_count of all `inputs`.
/// w [input_count, outputs] · packed [ceil(outputs / 16), inputs, 16]
void ilv_matmul_pack_inputs_f32(float *packed, const float *w, size_t w_stride, size_t inputs,
                                size_t outputs, size_t first_input, size_t input_count);

/// out[r,o] = start + sum_i x[r,i] w[o,i], where start is 0, or bias[o] if bias is not NULL, or with
/// `adding` not 0 out[r,o] itself, or out[r,o] + bias[o].
///
/// Every element is one chain of fused multiplications and additions from start on, i = 0, 1, 2, ...:
/// the same bits for any number of rows and outputs and for every instruction set.
/// What was never packed, in the last panel, reaches no result.
/// x [rows, inputs] · w packed [ceil(outputs / 16), inputs, 16] · bias [outputs] or NULL ·
/// out [rows, outputs]
void ilv_matmul_f32(float *out, size_t out_stride, const float *x, size_t x_stride, const float *w,
                    const float *bias, size_t rows, size_t inputs, size_t outputs, int adding);

/// Square convolution of one image: ilv_matmul_f32 of the windows around the output pixels
/// first_pixel ..< first_pixel + pixel_count, row-major over an output grid of width output_width.
/// Outside the image is 0.
/// x [height*width, channels] · w packed of [outputs, kernel*kernel*channels], columns ordered
/// [ky][kx][channel] · bias [outputs] or NULL · out [pixel_count, outputs]: row p is pixel
/// first_pixel + p
void ilv_convolution_f32(float *out, size_t out_stride, const float *x, size_t x_stride,
                         size_t height, size_t width, size_t channels, size_t kernel, size_t stride,
                         size_t padding, size_t output_width, size_t first_pixel,
                         size_t pixel_count, const float *w, const float *bias, size_t outputs);

// MARK: Images as rows x channels (images)

/// Depth-wise 3x3 convolution, stride 1, padding 1, for row_count output rows from first_row on.
/// x, out [height*width, channels] · weight [9, channels] (ky*3+kx) · bias [channels]
void ilv_depthwise3x3_f32(float *out, size_t out_stride, const float *x, size_t x_stride,
                          const float *weight, const float *bias, size_t height, size_t width,
                          size_t channels, size_t first_row, size_t row_count);

/// Max pooling 3x3, stride 2, padding 1 (never a maximum itself); NaN wins.
/// x [height*width, channels] -> out [ceil(h/2)*ceil(w/2), channels]
void ilv_maxpool3x3s2_f32(float *out, size_t out_stride, const float *x, size_t x_stride,
                          size_t height, size_t width, size_t channels);

/// Nearest-neighbour upsampling by 2. out [2h*2w, channels]
void ilv_upsample_nearest2_f32(float *out, size_t out_stride, const float *x, size_t x_stride,
                               size_t height, size_t width, size_t channels);

/// Bilinear resize, align_corners false, no antialias (torch's interpolate). With `accumulate` not
/// 0 adds to out. Source coordinate = (o + 0.5) * in/out - 0.5, clamped at 0.
void ilv_resize_bilinear_f32(float *out, size_t out_stride, size_t out_height, size_t out_width,
                             const float *x, size_t x_stride, size_t height, size_t width,
                             size_t channels, int accumulate);

// MARK: Deformable sampling (deformable)

/// Adds bilinear samples of one image's value maps to one query's output.
///
/// out[h*D + d] += sum_{l,p} weights[h,l,p] * bilinear(value of level l, head h)[d], sampled at
/// pixel (x, y) = (location_x * width_l - 0.5, location_y * height_l - 0.5), zero outside the map
/// (align_corners false). A location that is NaN or infinite adds nothing; a weight of 0 reads
/// nothing.
///
/// out [heads*head_size] · value [sum_l height_l*width_l, heads*head_size], row stride
/// value_stride, levels one after the other · shapes [levels][2] = (height, width) ·
/// locations: (x, y) of (h, l, p) at locations[h*head_stride + l*level_stride + 2*p] (level_stride
/// 0 shares them over the levels) · weights [heads, levels, points] contiguous
void ilv_deformable_sample_f32(float *out, const float *value, size_t value_stride,
                               const uint32_t *shapes, size_t heads, size_t levels, size_t points,
                               size_t head_size, const float *locations, size_t head_stride,
                               size_t level_stride, const float *weights);

/// Softmax over the slots of all images together with one more logit of 0, in place: per head
/// weights[n,h,s] = e^w[n,h,s] / (1 + sum_{n,s} e^w) and ignored[h] = 1 / (1 + sum_{n,s} e^w).
/// weights [images, heads, slots] contiguous · ignored [heads]
void ilv_softmax_sink_f32(float *weights, float *ignored, size_t images, size_t heads,
                          size_t slots);

// MARK: Number formats (formats)

void ilv_f16_to_f32(float *out, const uint16_t *x, size_t count);
void ilv_bf16_to_f32(float *out, const uint16_t *x, size_t count);
/// Round to nearest even; overflow becomes infinity; NaN stays NaN.
void ilv_f32_to_f16(uint16_t *out, const float *x, size_t count);
void ilv_f32_to_bf16(uint16_t *out, const float *x, size_t count);

// MARK: Signed bytes (quantize, matmul_i8, matmul_i4)

/// Multiplies each group of a row by the symmetric, orthogonal Hadamard matrix of its size, which spreads outliers over
/// the group; once more gives the row back. In place allowed. group is 16, 32, 64 or 256 and divides columns; any other
/// number copies. x, out [rows, columns]
void ilv_rotate_f32(float *out, size_t out_stride, const float *x, size_t x_stride, size_t rows,
                    size_t columns, size_t group);

/// Rows as signed bytes with one scale each: q[r,c] = rint(x[r,c] / scales[r]), scales[r] = max |x[r,*]| / 127.
///
/// q_stride is a multiple of 64, at least columns; what is beyond them becomes 0. sums[r, g] is the sum of the 32 bytes
/// from 32 g on. A row of zeros, or of nothing above 1e-36, has scale 0; one with a number that is not finite has scale
/// NaN, and so every result of it. q [rows, q_stride] · scales [rows] · sums [rows, q_stride / 32]
void ilv_quantize_rows_i8(int8_t *q, size_t q_stride, float *scales, int32_t *sums, const float *x,
                          size_t x_stride, size_t rows, size_t columns);

/// out[r] = max |x[r,*]|; infinite where one is, or is NaN. x [rows, columns]
void ilv_largest_rows_f32(float *out, const float *x, size_t x_stride, size_t rows, size_t columns);

/// Rows as signed bytes with one scale, most / 127, which it returns: 0 or NaN as of ilv_quantize_rows_i8. sums[r] is
/// the sum of a row's bytes. q as there · sums [rows] · x [rows, columns], magnitudes at most `most`
float ilv_quantize_map_i8(int8_t *q, size_t q_stride, int32_t *sums, const float *x,
                          size_t x_stride, size_t rows, size_t columns, float most);

/// Packs rows first_output ..< first_output + outputs of weights for ilv_matmul_i8: panels of 16 outputs,
/// [inputs / 4][16][4] bytes of w + 128, inputs padded to 64. Outputs that a last panel lacks stay as they are.
/// w [outputs, inputs], -127 ... 127 · packed ceil(all outputs / 16) * 16 * padded inputs
void ilv_matmul_pack_i8(uint8_t *packed, const int8_t *w, size_t w_stride, size_t inputs,
                        size_t first_output, size_t outputs);

/// Packs the inputs first_input ..< first_input + input_count, of `inputs`, of weights for ilv_matmul_i8, which lie with
/// their inputs as rows, as signed bytes with a scale per output: w[i,o] is rint(w[i,o] / scale), scale = largest[o] / 127, or
/// 0 where that has no scale. first_input is a multiple of 64. w [input_count, outputs] · largest max |w[*,o]|, [outputs] ·
/// packed as ilv_matmul_pack_i8 does
void ilv_matmul_pack_inputs_i8(uint8_t *packed, const float *w, size_t w_stride, size_t inputs,
                               size_t outputs, size_t first_input, size_t input_count,
                               const float *largest);

/// least[c] = min x[*,c], most[c] = max x[*,c]; both NaN where one is not finite. x [rows, columns]
void ilv_column_extremes_f32(float *least, float *most, const float *x, size_t x_stride,
                             size_t rows, size_t columns);

/// softmax(scale * x[r,:]) as two signed bytes a share: high[r,c] * high_scales[r] + low[r,c] * low_scales[r].
///
/// e = e^(scale * x - largest) is 1 at most; high = rint(127 e), low = rint(254 (127 e - high)). The shares are divided by the
/// sum of what they became, so that they are 1 together. A row of only -INFINITY becomes zeros; one with NaN or, after
/// scaling, +INFINITY gets scales NaN. high, low [rows, q_stride] with sums as ilv_quantize_rows_i8 makes them
void ilv_softmax_rows_i8(int8_t *high, int8_t *low, size_t q_stride, int32_t *high_sums,
                         int32_t *low_sums, float *high_scales, float *low_scales, const float *x,
                         size_t x_stride, size_t rows, size_t columns, float scale);

/// out[r,o] = float(sum_i q[r,i] w[o,i]) * (w_scales[o] * scales[r]) + bias[o]; the sum is exact, what follows is rounded
/// once each; with adding, that is added to out. q, scales, sums as ilv_quantize_rows_i8 makes them, q_stride being the
/// padded inputs · w packed · w_scales, bias [outputs]; bias may be NULL · out [rows, outputs]. inputs at most 66000, so
/// that sums fit.
void ilv_matmul_i8(float *out, size_t out_stride, const int8_t *q, size_t q_stride,
                   const float *scales, const int32_t *sums, const uint8_t *w,
                   const float *w_scales, const float *bias, size_t rows, size_t inputs,
                   size_t outputs, int adding);

/// Convolution over a padded map of signed bytes with one scale, as ilv_matmul_i8 over its windows: output rows
/// first_row ..< first_row + row_count of output_width pixels each.
///
/// q [height, q_width, padded channels]: the map with its border of zeros, channels padded to 64 · sums [height, q_width]:
/// of each pixel's bytes · w packed from [outputs, kernel * kernel * padded channels] (kernel row, kernel column,
/// channel); kernel at most 4 · out [row_count * output_width, outputs], of the first row on
void ilv_convolution_i8(float *out, size_t out_stride, const int8_t *q, size_t q_width,
                        const int32_t *sums, float scale, size_t channels, size_t kernel,
                        size_t stride, size_t output_width, size_t first_row, size_t row_count,
                        const uint8_t *w, const float *w_scales, const float *bias, size_t outputs);

/// Rounds rows of weights to 4 bits: w[r,c] is about scales[r] * multiplier of (r, c / 32) * q[r,c], q of -8 ... 7,
/// multipliers of 1 ... 15 with which the squares of the errors are least. A row's multipliers have no common divisor but
/// 1, and scales[r] times each of them is exact in half precision.
///
/// q_stride is a multiple of 64, at least inputs; beyond them are numbers of 0 and multipliers of 1. A row of zeros has
/// scale 0; one with a number that is not finite, or too large for half precision, scale NaN. q [rows, q_stride] ·
/// multipliers [rows, q_stride / 32] · scales [rows] · w [rows, inputs]
void ilv_quantize_rows_i4(int8_t *q, size_t q_stride, uint8_t *multipliers, float *scales,
                          const float *w, size_t w_stride, size_t rows, size_t inputs);

/// Packs rows first_output ..< first_output + outputs of weights for ilv_matmul_i4. Outputs that a last panel lacks stay
/// as they are. w [outputs, padded_inputs] and multipliers [outputs, padded_inputs / 32] as ilv_quantize_rows_i4 makes
/// them, inputs padded to 64
void ilv_matmul_pack_i4(uint8_t *packed, uint8_t *packed_multipliers, const int8_t *w,
                        const uint8_t *multipliers, size_t padded_inputs, size_t first_output,
                        size_t outputs);

/// ilv_matmul_i8 with weights of 4 bits: w[o,i] = multiplier of (o, i / 32) * (nibble - 8), multipliers 1 ... 15. The same
/// bits as with the bytes that they stand for.
///
/// w: panels of 16 outputs, [inputs / 32][4][64] bytes, whose low nibbles are four inputs of each output and whose high
/// nibbles are the next four, inputs padded to 64 (with nibbles of 8) · multipliers [panels][padded inputs / 32][16] ·
/// scratch 256 KiB
void ilv_matmul_i4(float *out, size_t out_stride, const int8_t *q, size_t q_stride,
                   const float *scales, const int32_t *sums, const uint8_t *w,
                   const uint8_t *multipliers, const float *w_scales, const float *bias,
                   size_t rows, size_t inputs, size_t outputs, int adding, uint8_t *scratch);

// MARK: Products of bfloat16

/// Rounds to bfloat16, to nearest even; what is below 2^-55 becomes 0. out_stride is a multiple of 32, at least columns;
/// what is beyond them becomes 0.
void ilv_round_rows_bf16(uint16_t *out, size_t out_stride, const float *x, size_t x_stride,
                         size_t rows, size_t columns);

/// Packs rows first_output ..< first_output + outputs of weights for ilv_matmul_bf16: panels of 16 outputs,
/// [inputs / 2][16][2] numbers, inputs padded to 32.
void ilv_matmul_pack_bf16(uint16_t *packed, const uint16_t *w, size_t w_stride, size_t inputs,
                          size_t first_output, size_t outputs);

/// out[r,o] = sum_i x[r,i] w[o,i] + bias[o], summed as TDPBF16PS does: 32 inputs after the other, those of even and of odd
/// index in a chain of fused operations each; with adding, that is added to out. x as ilv_round_rows_bf16 makes it,
/// x_stride being the padded inputs · w packed · bias [outputs] or NULL · out [rows, outputs] · widened: scratch of
/// 8 * padded inputs
void ilv_matmul_bf16(float *out, size_t out_stride, const uint16_t *x, size_t x_stride,
                     const uint16_t *w, const float *bias, size_t rows, size_t inputs,
                     size_t outputs, int adding, float *widened);

/// The products of ilv_matmul_bf16 for the windows of a map.
///
/// x [height, x_width, padded channels]: the map with its border of zeros, channels padded to 32 · w packed from [outputs,
/// kernel * kernel * padded channels] (kernel row, kernel column, channel); kernel at most 4 · bias [outputs] or NULL · out
/// [row_count * output_width, outputs], of the first row on · widened: scratch of 8 * kernel * kernel * padded channels
void ilv_convolution_bf16(float *out, size_t out_stride, const uint16_t *x, size_t x_width,
                          size_t channels, size_t kernel, size_t stride, size_t output_width,
                          size_t first_row, size_t row_count, const uint16_t *w, const float *bias,
                          size_t outputs, float *widened);

/// Multiplies and adds in independent chains of registers, as fast as the instruction set can; the number of
/// operations done goes to *operations. seed is a little below 1, so that values stay finite. The result is of no use
/// but to keep the work from being left out.
float ilv_peak_f32(size_t iterations, float seed, size_t *operations);

/// The same of signed bytes, by what products of bytes add with; a multiplication and an addition of two bytes are two
/// operations. seed is four bytes of inputs.
int32_t ilv_peak_i8(size_t iterations, int32_t seed, size_t *operations);

/// Sum, modulo 2^32, of the largest multiple of 64 elements that count holds, in memory's order: reads every byte once.
uint32_t ilv_read_u32(const uint32_t *x, size_t count);

#endif
