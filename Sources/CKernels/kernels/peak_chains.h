// Chains of benchmarks of peaks. Compiled once per instruction set; no include guard.

// Independent chains: enough to hide the latency of a multiplication and addition on every unit that has one, few
// enough to stay in registers.
#if ILV_HAS_AVX512
#define ILV_PEAK_CHAINS 12
#elif ILV_HAS_FMA
#define ILV_PEAK_CHAINS 6
#else
#define ILV_PEAK_CHAINS 3
#endif
