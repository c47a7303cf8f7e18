// The kernels for tiles with instructions that are functions.

#include "ctilemodel.h"
#include "kernels/tables.h"

#define ILV_ISA tile_model
#define ILV_HAS_FMA 0
#define ILV_HAS_F16C 0
#define ILV_HAS_AVX2 0
#define ILV_HAS_AVXVNNI 0
#define ILV_HAS_AVX512 0
#define ILV_HAS_AVX512VNNI 0
#define ILV_HAS_TILES 1
#define ILV_TILES_EMULATED 1
#include "kernels/with_tiles.h"

struct ilv_kernels ilv_kernels_tile_model(void) {
    struct ilv_kernels table = ilv_kernels_generic;
    table.name = "tile model";
#define ILV_REPLACE(kernel) table.kernel = ilv_byte_kernels_tile_model.kernel;
    ILV_BYTE_KERNEL_LIST(ILV_REPLACE)
#undef ILV_REPLACE
#define ILV_REPLACE(kernel) table.kernel = ilv_brain_float_kernels_tile_model.kernel;
    ILV_BRAIN_FLOAT_KERNEL_LIST(ILV_REPLACE)
#undef ILV_REPLACE
    return table;
}
