// The kernels that tiles make faster, for an instruction set that has them: everything else it takes from the set below it.
//
// The including file defines the same as for all.h, ILV_HAS_TILES, and ILV_TILES_EMULATED.

#include "begin.h"
#include "tiles.h"
#include "matmul_i8.h"
#include "matmul_i4.h"
#include "matmul_bf16.h"
#include "peak_tiles.h"

const struct ilv_byte_kernels ILV_PASTE(byte_kernels, ILV_ISA) = {
#define ILV_ENTRY(kernel) .kernel = ILV_NAME(kernel),
    ILV_BYTE_KERNEL_LIST(ILV_ENTRY)
#undef ILV_ENTRY
};

const struct ilv_brain_float_kernels ILV_PASTE(brain_float_kernels, ILV_ISA) = {
#define ILV_ENTRY(kernel) .kernel = ILV_NAME(kernel),
    ILV_BRAIN_FLOAT_KERNEL_LIST(ILV_ENTRY)
#undef ILV_ENTRY
};
