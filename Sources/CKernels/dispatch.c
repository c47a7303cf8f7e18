// Chooses the instruction set once.

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "kernels/tables.h"

/// The instruction sets that there are kernels for, the plainest first.
static const struct {
    const char *name;
    /// What of a processor it needs, by name.
    const char *features;
    const struct ilv_kernels *table;
    /// What it has instead of the table's kernels; NULL for nothing.
    const struct ilv_byte_kernels *bytes;
    const struct ilv_brain_float_kernels *brain_floats;
    /// Whether it is used only where it is asked for.
    int on_request;
} sets[] = {
    {"generic", "", &ilv_kernels_generic, NULL, NULL, 0},
#if defined(__x86_64__)
    {"avx2", "avx2 fma f16c", &ilv_kernels_avx2, NULL, NULL, 0},
    {"avxvnni", "avx2 fma f16c avx-vnni", &ilv_kernels_avx2, &ilv_byte_kernels_avxvnni, NULL, 0},
    {"avx512", "avx2 fma f16c avx512f avx512bw avx512dq avx512vl", &ilv_kernels_avx512, NULL, NULL,
     0},
    {"avx512vnni", "avx2 fma f16c avx512f avx512bw avx512dq avx512vl avx512-vnni",
     &ilv_kernels_avx512, &ilv_byte_kernels_avx512vnni, NULL, 0},
    // Tested with instructions that are functions (Tests/CTileModel); not run on a processor that has them yet.
    {"amx",
     "avx2 fma f16c avx512f avx512bw avx512dq avx512vl avx512-vnni amx-tile amx-int8 amx-bf16",
     &ilv_kernels_avx512, &ilv_byte_kernels_amx, &ilv_brain_float_kernels_amx, 1},
#endif
};
#define ILV_SET_COUNT (sizeof sets / sizeof *sets)

static enum ilv_standing standings[ILV_SET_COUNT];
static struct ilv_kernels tables[ILV_SET_COUNT];
static const struct ilv_kernels *available[ILV_SET_COUNT];
static size_t available_count;
static pthread_once_t probed = PTHREAD_ONCE_INIT;
static _Atomic(const struct ilv_kernels *) chosen;

static const struct ilv_kernels *available_named(const char *name) {
    for (size_t i = 0; i < available_count; i++) {
        if (strcmp(available[i]->name, name) == 0) {
            return available[i];
        }
    }
    return NULL;
}

/// The table of a set that this build has, made whole.
static const struct ilv_kernels *table_of(size_t set) {
    struct ilv_kernels *table = &tables[set];
    *table = *sets[set].table;
    table->name = sets[set].name;
    const struct ilv_byte_kernels *bytes = sets[set].bytes;
    if (bytes) {
#define ILV_REPLACE(kernel) table->kernel = bytes->kernel;
        ILV_BYTE_KERNEL_LIST(ILV_REPLACE)
#undef ILV_REPLACE
    }
    const struct ilv_brain_float_kernels *brain_floats = sets[set].brain_floats;
    if (brain_floats) {
#define ILV_REPLACE(kernel) table->kernel = brain_floats->kernel;
        ILV_BRAIN_FLOAT_KERNEL_LIST(ILV_REPLACE)
#undef ILV_REPLACE
    }
    return table;
}

static void probe(void) {
    const struct ilv_kernels *best = NULL;
    for (size_t i = 0; i < ILV_SET_COUNT; i++) {
        standings[i] = ilv_processor_standing(sets[i].features);
        if (standings[i] == ILV_READY && sets[i].brain_floats && !ilv_processor_take_tiles()) {
            standings[i] = ILV_NOT_PERMITTED;
        }
        if (standings[i] == ILV_READY) {
            available[available_count++] = table_of(i);
            best = sets[i].on_request ? best : &tables[i];
            standings[i] = sets[i].on_request ? ILV_ON_REQUEST : ILV_READY;
        }
    }
    const char *wanted = ilv_isa_wanted();
    const struct ilv_kernels *named = wanted ? available_named(wanted) : NULL;
    atomic_store_explicit(&chosen, named ? named : best, memory_order_release);
}

const struct ilv_kernels *ilv_kernels_chosen(void) {
    const struct ilv_kernels *table = atomic_load_explicit(&chosen, memory_order_acquire);
    if (__builtin_expect(table == NULL, 0)) {
        pthread_once(&probed, probe);
        table = atomic_load_explicit(&chosen, memory_order_acquire);
    }
    return table;
}

const char *ilv_isa_name(void) {
    return ilv_kernels_chosen()->name;
}

size_t ilv_isa_count(void) {
    pthread_once(&probed, probe);
    return available_count;
}

const char *ilv_isa_available(size_t index) {
    const struct ilv_kernels *table = ilv_kernels_available(index);
    return table ? table->name : NULL;
}

int ilv_isa_select(const char *name) {
    pthread_once(&probed, probe);
    const struct ilv_kernels *table = available_named(name);
    if (table == NULL) {
        return -1;
    }
    atomic_store_explicit(&chosen, table, memory_order_release);
    return 0;
}

const char *ilv_isa_wanted(void) {
    const char *wanted = getenv("INTERLEAVED_ISA");
    return wanted && *wanted ? wanted : NULL;
}

size_t ilv_isa_known_count(void) {
    return ILV_SET_COUNT;
}

const char *ilv_isa_known_name(size_t index) {
    return sets[index].name;
}

enum ilv_standing ilv_isa_known(size_t index) {
    pthread_once(&probed, probe);
    return standings[index];
}

const struct ilv_kernels *ilv_kernels_available(size_t index) {
    pthread_once(&probed, probe);
    return index < available_count ? available[index] : NULL;
}
