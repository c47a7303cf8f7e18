#ifndef ILV_TABLES_H
#define ILV_TABLES_H

// What the files of this target share: system headers, the tables of the instruction sets, and what the processor has.

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../include/ckernels_table.h"

/// The kernels that an instruction set has beside those of the set below it.
struct ilv_byte_kernels {
#define ILV_FIELD(kernel) __typeof__(ilv_##kernel) *kernel;
    ILV_BYTE_KERNEL_LIST(ILV_FIELD)
#undef ILV_FIELD
};

/// The products of bfloat16 of an instruction set that has instructions for these.
struct ilv_brain_float_kernels {
#define ILV_FIELD(kernel) __typeof__(ilv_##kernel) *kernel;
    ILV_BRAIN_FLOAT_KERNEL_LIST(ILV_FIELD)
#undef ILV_FIELD
};

/// Any processor.
extern const struct ilv_kernels ilv_kernels_generic;
#if defined(__x86_64__)
/// AVX2, FMA and F16C (x86-64-v3).
extern const struct ilv_kernels ilv_kernels_avx2;
/// AVX-VNNI, beside AVX2.
extern const struct ilv_byte_kernels ilv_byte_kernels_avxvnni;
/// AVX-512 F, BW, DQ and VL (x86-64-v4).
extern const struct ilv_kernels ilv_kernels_avx512;
/// AVX-512 VNNI, beside AVX-512.
extern const struct ilv_byte_kernels ilv_byte_kernels_avx512vnni;
/// AMX for bytes and bfloat16, beside AVX-512 VNNI.
extern const struct ilv_byte_kernels ilv_byte_kernels_amx;
extern const struct ilv_brain_float_kernels ilv_brain_float_kernels_amx;
#endif

/// The kernels of the instruction set that is chosen, or that is now, the first time.
const struct ilv_kernels *ilv_kernels_chosen(void);

/// The worst standing of features named with spaces between; one that is not known is absent.
enum ilv_standing ilv_processor_standing(const char *names);

/// Asks the system for the tiles of AMX, which it gives to a whole process; whether it does.
int ilv_processor_take_tiles(void);

#endif
