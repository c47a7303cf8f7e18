// The products of bytes and of bfloat16 for x86-64 with AMX, whose tiles Linux has to permit (processor.c).

#include "kernels/tables.h"

#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(                                                          \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c," \
                          "amx-tile,amx-int8,amx-bf16"))),                              \
    apply_to = function)
#define ILV_ISA amx
#define ILV_HAS_FMA 1
#define ILV_HAS_F16C 1
#define ILV_HAS_AVX2 1
#define ILV_HAS_AVXVNNI 0
#define ILV_HAS_AVX512 1
#define ILV_HAS_AVX512VNNI 1
#define ILV_HAS_TILES 1
#define ILV_TILES_EMULATED 0
#include "kernels/with_tiles.h"
#pragma clang attribute pop
#endif
