#include "memory.h"

#include <malloc.h>

enum {
    /// Larger than what a step of the model allocates, smaller than a photograph's pixels.
    ILV_LARGE_BYTES = 4 << 20
};

void ilv_return_large_memory(void) {
    // Setting either ends glibc's own adjustment of both. Refusal changes nothing but memory.
    (void)mallopt(M_MMAP_THRESHOLD, ILV_LARGE_BYTES);
    (void)mallopt(M_TRIM_THRESHOLD, ILV_LARGE_BYTES);
}
