// Every kernel, for the instruction set of the including file, and its table.
//
// The including file defines ILV_ISA (the suffix) and ILV_HAS_FMA, F16C, AVX2, AVXVNNI, AVX512 and AVX512VNNI, and sets
// the target attribute around this include.

#include "begin.h"
#include "functions.h"
#include "norms.h"
#include "elementwise.h"
#include "matmul.h"
#include "quantize.h"
#include "attention.h"
#include "paged_attention.h"
#include "images.h"
#include "deformable.h"
#include "formats.h"
#include "pack_integers.h"
#include "attention_bytes.h"
#include "matmul_i8.h"
#include "matmul_i4.h"
#include "pack_bf16.h"
#include "matmul_bf16.h"
#include "peak_chains.h"
#include "peaks.h"
#include "peak_i8.h"

const struct ilv_kernels ILV_PASTE(kernels, ILV_ISA) = {
#define ILV_ENTRY(kernel) .kernel = ILV_NAME(kernel),
    ILV_KERNEL_LIST(ILV_ENTRY)
#undef ILV_ENTRY
};
