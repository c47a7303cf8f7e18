#ifndef ILV_KERNELS_TABLE_H
#define ILV_KERNELS_TABLE_H

// The kernels of one instruction set as a table of functions, so that a test or a benchmark can
// call a chosen instruction set's version without switching the whole process.

#include "ckernels.h"

/// Every kernel by the name its function carries after `ilv_`.
#define ILV_KERNEL_LIST(KERNEL)          \
    KERNEL(layer_norm_f32)               \
    KERNEL(rms_norm_f32)                 \
    KERNEL(group_norm_statistics_f32)    \
    KERNEL(group_norm_apply_f32)         \
    KERNEL(add_f32)                      \
    KERNEL(axpy_f32)                     \
    KERNEL(scale_f32)                    \
    KERNEL(scaled_rows_add_f32)          \
    KERNEL(bias_add_f32)                 \
    KERNEL(relu_f32)                     \
    KERNEL(silu_f32)                     \
    KERNEL(quick_gelu_f32)               \
    KERNEL(gelu_f32)                     \
    KERNEL(exp_f32)                      \
    KERNEL(erf_f32)                      \
    KERNEL(swiglu_f32)                   \
    KERNEL(geglu_f32)                    \
    KERNEL(softmax_rows_f32)             \
    KERNEL(rotary_f32)                   \
    KERNEL(paged_attention_f32)          \
    KERNEL(paged_store_f32)              \
    KERNEL(paged_attention_i8)           \
    KERNEL(paged_store_i8)               \
    KERNEL(matmul_pack_f32)              \
    KERNEL(matmul_pack_inputs_f32)       \
    KERNEL(matmul_f32)                   \
    KERNEL(convolution_f32)              \
    KERNEL(depthwise3x3_f32)             \
    KERNEL(maxpool3x3s2_f32)             \
    KERNEL(upsample_nearest2_f32)        \
    KERNEL(resize_bilinear_f32)          \
    KERNEL(deformable_sample_f32)        \
    KERNEL(softmax_sink_f32)             \
    KERNEL(f16_to_f32)                   \
    KERNEL(bf16_to_f32)                  \
    KERNEL(f32_to_f16)                   \
    KERNEL(f32_to_bf16)                  \
    KERNEL(rotate_f32)                   \
    KERNEL(quantize_rows_i8)             \
    KERNEL(largest_rows_f32)             \
    KERNEL(quantize_map_i8)              \
    KERNEL(quantize_rows_i4)             \
    KERNEL(matmul_pack_i8)               \
    KERNEL(matmul_pack_inputs_i8)        \
    KERNEL(column_extremes_f32)          \
    KERNEL(softmax_rows_i8)              \
    KERNEL(matmul_pack_i4)               \
    KERNEL(round_rows_bf16)              \
    KERNEL(matmul_pack_bf16)             \
    KERNEL(peak_f32)                     \
    KERNEL(read_u32)                     \
    ILV_BYTE_KERNEL_LIST(KERNEL)         \
    ILV_BRAIN_FLOAT_KERNEL_LIST(KERNEL)

/// Those that add products of bytes.
#define ILV_BYTE_KERNEL_LIST(KERNEL)     \
    KERNEL(matmul_i8)                    \
    KERNEL(convolution_i8)               \
    KERNEL(matmul_i4)                    \
    KERNEL(peak_i8)

/// Those that add products of bfloat16 numbers.
#define ILV_BRAIN_FLOAT_KERNEL_LIST(KERNEL) \
    KERNEL(matmul_bf16)                     \
    KERNEL(convolution_bf16)

/// One instruction set's version of every kernel.
struct ilv_kernels {
    const char *_Nonnull name;
#define ILV_FIELD(kernel) __typeof__(ilv_##kernel) *_Nonnull kernel;
    ILV_KERNEL_LIST(ILV_FIELD)
#undef ILV_FIELD
};

/// The table of instruction set `index` < ilv_isa_count(), worst first; NULL beyond. Never changes.
const struct ilv_kernels *_Nullable ilv_kernels_available(size_t index);

#endif
