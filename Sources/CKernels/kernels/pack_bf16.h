// Rows as bfloat16 numbers, and weights of these as products take them. Compiled once per instruction set; no include guard.

static void ILV_NAME(round_rows_bf16)(uint16_t *out, size_t out_stride, const float *x,
                                      size_t x_stride, size_t rows, size_t columns) {
    for (size_t r = 0; r < rows; r++, out += out_stride, x += x_stride) {
        size_t c = 0;
        for (; c < columns; c += 16) {
            size_t count = columns - c < 16 ? columns - c : 16;
            f32x16 lanes = count == 16 ? load(x + c) : load_part(x + c, count);
            u32x16 magnitude = (u32x16)lanes & 0x7fffffffu;
            // 2^-55; NaN is above.
            lanes = (f32x16)((u32x16)lanes & (u32x16)(magnitude >= (127u - 55u) << 23));
            u16x16 half = bf16_from_lanes(lanes);
            if (count == 16) {
                store_u16(out + c, half);
            } else {
                copy_part(out + c, &half, count, sizeof(uint16_t));
            }
        }
        c = columns;
        memset(out + c, 0, (out_stride - c) * sizeof *out);
    }
}

static void ILV_NAME(matmul_pack_bf16)(uint16_t *packed, const uint16_t *w, size_t w_stride,
                                       size_t inputs, size_t first_output, size_t outputs) {
    size_t padded = (inputs + ILV_GROUP - 1) / ILV_GROUP * ILV_GROUP;
    for (size_t r = 0; r < outputs; r++) {
        size_t output = first_output + r, lane = output % ILV_LANES;
        uint16_t *panel = packed + output / ILV_LANES * ILV_LANES * padded;
        for (size_t i = 0; i < padded; i++) {
            panel[i / 2 * 2 * ILV_LANES + 2 * lane + i % 2] = i < inputs ? w[r * w_stride + i] : 0;
        }
    }
}
