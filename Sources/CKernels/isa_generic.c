// The kernels for any processor of the build's architecture.

#include "kernels/tables.h"

#define ILV_ISA generic
#define ILV_ISA_NAME "generic"
#define ILV_HAS_F16C 0
#define ILV_HAS_AVX512 0
#include "kernels/all.h"
