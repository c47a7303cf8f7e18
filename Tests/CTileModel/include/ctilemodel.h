#ifndef ILV_TILE_MODEL_H
#define ILV_TILE_MODEL_H

#include "ckernels_table.h"

/// The kernels for AMX as any processor runs them: the plain ones, and for those that AMX has the same source with
/// instructions that are functions.
struct ilv_kernels ilv_kernels_tile_model(void);

#endif
