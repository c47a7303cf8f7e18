// What the processor can do at best: the yardstick of benchmarks. Compiled once per instruction set; no include guard.

static float ILV_NAME(peak_f32)(size_t iterations, float seed, size_t *operations) {
    f32x16 chains[ILV_PEAK_CHAINS];
    f32x16 factor = splat(seed);
    f32x16 addend = splat(1 - seed);
#pragma clang loop unroll(full)
    for (size_t c = 0; c < ILV_PEAK_CHAINS; c++) {
        chains[c] = splat((float)c);
    }
#pragma clang loop unroll(disable)
    for (size_t i = 0; i < iterations; i++) {
#pragma clang loop unroll(full)
        for (size_t c = 0; c < ILV_PEAK_CHAINS; c++) {
#if ILV_HAS_FMA
            chains[c] = fused(chains[c], factor, addend);
#else
            chains[c] = chains[c] * factor + addend;
#endif
        }
    }
    f32x16 sum = splat(0);
#pragma clang loop unroll(full)
    for (size_t c = 0; c < ILV_PEAK_CHAINS; c++) {
        sum += chains[c];
    }
    *operations = iterations * ILV_PEAK_CHAINS * ILV_LANES * 2;
    return lanes_sum(sum);
}

static uint32_t ILV_NAME(read_u32)(const uint32_t *x, size_t count) {
    u32x16 sums[4] = {0};
    for (size_t i = 0; i + 64 <= count; i += 64) {
        for (size_t part = 0; part < 4; part++) {
            u32x16 lanes;
            memcpy(&lanes, x + i + 16 * part, sizeof lanes);
            sums[part] += lanes;
        }
    }
    u32x16 sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    uint32_t total = 0;
    for (size_t lane = 0; lane < ILV_LANES; lane++) {
        total += sum[lane];
    }
    return total;
}
