#include "memory.h"

#include <malloc.h>

enum {
    /// Smaller than a photograph's pixels: three bytes each.
    ILV_LARGE_BYTES = 4 << 20
};

void ilv_return_large_memory(void) {
    // Setting either ends glibc's own adjustment of both. Refusal changes nothing but memory.
    (void)mallopt(M_MMAP_THRESHOLD, ILV_LARGE_BYTES);
    (void)mallopt(M_TRIM_THRESHOLD, ILV_LARGE_BYTES);
}

void ilv_trim_memory(void) {
    (void)malloc_trim(0);
}
