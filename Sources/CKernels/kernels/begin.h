// What comes before the kernels of an instruction set. Included once by each file of one; no include guard.

// Vectors are passed between inlined functions only, so the wider calling convention does not
// matter.
#pragma clang diagnostic ignored "-Wpsabi"
// The same bits for every instruction set: a multiplication and the addition after it are rounded once where the source
// says `fused`, and twice everywhere else, whatever instructions there are.
#pragma clang fp contract(off)

#define ILV_PASTE_EXPANDED(kernel, isa) ilv_##kernel##_##isa
#define ILV_PASTE(kernel, isa) ILV_PASTE_EXPANDED(kernel, isa)
#define ILV_NAME(kernel) ILV_PASTE(kernel, ILV_ISA)

/// Inputs that share a sum, and a multiplier of 4-bit weights.
#define ILV_GROUP 32

#ifndef ILV_HAS_TILES
#define ILV_HAS_TILES 0
#endif

#include "lanes.h"
