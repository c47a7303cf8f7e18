// What the processor has, and what of it the system lets a process use.

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kernels/tables.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__x86_64__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

#if defined(__x86_64__)

enum { EAX, EBX, ECX, EDX };

/// Parts of the register file that the system has to save (XCR0), and so to permit.
#define ILV_STATE_YMM (UINT64_C(3) << 1)
#define ILV_STATE_ZMM (ILV_STATE_YMM | UINT64_C(7) << 5)
#define ILV_STATE_TILES (UINT64_C(3) << 17)

/// Where CPUID tells of a feature, and the registers that it needs.
static const struct {
    const char *name;
    unsigned leaf, subleaf, output, bit;
    uint64_t state;
} features[] = {
    {"avx2", 7, 0, EBX, 5, ILV_STATE_YMM},          {"fma", 1, 0, ECX, 12, ILV_STATE_YMM},
    {"f16c", 1, 0, ECX, 29, ILV_STATE_YMM},         {"avx-vnni", 7, 1, EAX, 4, ILV_STATE_YMM},
    {"avx512f", 7, 0, EBX, 16, ILV_STATE_ZMM},      {"avx512bw", 7, 0, EBX, 30, ILV_STATE_ZMM},
    {"avx512dq", 7, 0, EBX, 17, ILV_STATE_ZMM},     {"avx512vl", 7, 0, EBX, 31, ILV_STATE_ZMM},
    {"avx512-vnni", 7, 0, ECX, 11, ILV_STATE_ZMM},  {"avx512-bf16", 7, 1, EAX, 5, ILV_STATE_ZMM},
    {"amx-tile", 7, 0, EDX, 24, ILV_STATE_TILES},   {"amx-int8", 7, 0, EDX, 25, ILV_STATE_TILES},
    {"amx-bf16", 7, 0, EDX, 22, ILV_STATE_TILES},
};

/// The parts of the register file that this process may use, as bits of XCR0.
static uint64_t permitted_state(void) {
    unsigned words[4];
    // Without OSXSAVE the register cannot be read, and nothing beyond SSE be used.
    if (!__get_cpuid(1, &words[EAX], &words[EBX], &words[ECX], &words[EDX])
        || !(words[ECX] & 1u << 27)) {
        return 0;
    }
    uint32_t low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    uint64_t state = (uint64_t)high << 32 | low;
    if (state & ILV_STATE_TILES) {
#if defined(__linux__)
        // Linux gives tiles to a process that asks (ARCH_REQ_XCOMP_PERM), if it can: ARCH_GET_XCOMP_SUPP tells whether.
        uint64_t supported = 0;
        if (syscall(SYS_arch_prctl, 0x1021, &supported) != 0
            || (supported & ILV_STATE_TILES) != ILV_STATE_TILES) {
            state &= ~ILV_STATE_TILES;
        }
#else
        state &= ~ILV_STATE_TILES;
#endif
    }
    return state;
}

int ilv_processor_take_tiles(void) {
#if defined(__linux__)
    // ARCH_REQ_XCOMP_PERM of the tiles' data (XCR0, bit 18).
    return syscall(SYS_arch_prctl, 0x1023, 18) == 0;
#else
    return 0;
#endif
}

size_t ilv_processor_feature_count(void) {
    return sizeof features / sizeof *features;
}

const char *ilv_processor_feature_name(size_t index) {
    return features[index].name;
}

enum ilv_standing ilv_processor_feature(size_t index) {
    unsigned words[4];
    if (!__get_cpuid_count(features[index].leaf, features[index].subleaf, &words[EAX], &words[EBX],
                           &words[ECX], &words[EDX])
        || !(words[features[index].output] & 1u << features[index].bit)) {
        return ILV_ABSENT;
    }
    uint64_t state = features[index].state;
    return (permitted_state() & state) == state ? ILV_READY : ILV_NOT_PERMITTED;
}

#else

// Other processors have what the build's architecture promises; nothing is chosen between.
int ilv_processor_take_tiles(void) {
    return 0;
}

size_t ilv_processor_feature_count(void) {
    return 0;
}

const char *ilv_processor_feature_name(size_t index) {
    (void)index;
    return "";
}

enum ilv_standing ilv_processor_feature(size_t index) {
    (void)index;
    return ILV_ABSENT;
}

#endif

enum ilv_standing ilv_processor_standing(const char *names) {
    enum ilv_standing worst = ILV_READY;
    while (*names) {
        size_t length = strcspn(names, " ");
        enum ilv_standing standing = ILV_ABSENT;
        for (size_t i = 0; i < ilv_processor_feature_count(); i++) {
            const char *name = ilv_processor_feature_name(i);
            if (strlen(name) == length && memcmp(name, names, length) == 0) {
                standing = ilv_processor_feature(i);
            }
        }
        worst = standing > worst ? standing : worst;
        names += length + (names[length] == ' ');
    }
    return worst;
}
