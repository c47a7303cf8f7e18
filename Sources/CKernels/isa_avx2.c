// The kernels for x86-64 with AVX2, FMA and F16C.

#include "kernels/tables.h"

#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define ILV_ISA avx2
#define ILV_HAS_FMA 1
#define ILV_HAS_F16C 1
#define ILV_HAS_AVX512 0
#define ILV_HAS_AVX2 1
#define ILV_HAS_AVXVNNI 0
#define ILV_HAS_AVX512VNNI 0
#include "kernels/all.h"
#pragma clang attribute pop
#endif
