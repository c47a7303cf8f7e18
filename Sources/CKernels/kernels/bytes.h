// The kernels that add products of bytes, for an instruction set that has instructions for these alone: everything else it
// takes from the set below it.
//
// The including file defines the same as for all.h.

#include "begin.h"
#include "matmul_i8.h"
#include "matmul_i4.h"
#include "peak_chains.h"
#include "peak_i8.h"

const struct ilv_byte_kernels ILV_PASTE(byte_kernels, ILV_ISA) = {
#define ILV_ENTRY(kernel) .kernel = ILV_NAME(kernel),
    ILV_BYTE_KERNEL_LIST(ILV_ENTRY)
#undef ILV_ENTRY
};
