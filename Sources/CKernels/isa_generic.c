// The kernels for any processor of the build's architecture.

#include "kernels/tables.h"

#define ILV_ISA generic
#if defined(__FMA__) || defined(__aarch64__)
#define ILV_HAS_FMA 1
#else
#define ILV_HAS_FMA 0
#endif
#define ILV_HAS_F16C 0
#define ILV_HAS_AVX512 0
#define ILV_HAS_AVX2 0
#define ILV_HAS_AVXVNNI 0
#define ILV_HAS_AVX512VNNI 0
#include "kernels/all.h"
