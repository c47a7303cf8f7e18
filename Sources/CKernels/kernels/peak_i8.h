// What the processor can do at best with signed bytes. Compiled once per instruction set, after matmul_i8.h; no include
// guard.

static int32_t ILV_NAME(peak_i8)(size_t iterations, int32_t seed, size_t *operations) {
    i32x16 chains[ILV_PEAK_CHAINS];
    uint8_t bytes[4 * ILV_LANES];
    memset(bytes, 129, sizeof bytes);
    quads weights = load_quads(bytes);
#pragma clang loop unroll(full)
    for (size_t c = 0; c < ILV_PEAK_CHAINS; c++) {
        chains[c] = (i32x16)((int32_t)c);
    }
#pragma clang loop unroll(disable)
    for (size_t i = 0; i < iterations; i++) {
        // Inputs that the compiler does not know to be the same every time.
        __asm__ volatile("" : "+r"(seed));
#pragma clang loop unroll(full)
        for (size_t c = 0; c < ILV_PEAK_CHAINS; c++) {
            chains[c] = add_quads(chains[c], weights, seed);
        }
    }
    i32x16 sum = (i32x16)(0);
#pragma clang loop unroll(full)
    for (size_t c = 0; c < ILV_PEAK_CHAINS; c++) {
        sum += chains[c];
    }
    *operations = iterations * ILV_PEAK_CHAINS * ILV_LANES * 8;
    return __builtin_reduce_add(sum);
}
