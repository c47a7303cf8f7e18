// What tiles can do at best with signed bytes. Compiled once per instruction set that has tiles; no include guard.

static int32_t ILV_NAME(peak_i8)(size_t iterations, int32_t seed, size_t *operations) {
    uint8_t bytes[ILV_TILE_ROWS * ILV_TILE_ROW_BYTES];
    for (size_t b = 0; b < sizeof bytes; b += sizeof seed) {
        memcpy(bytes + b, &seed, sizeof seed);
    }
    i32x16 sums[ILV_TILE_ROWS];
    tile_begin(ILV_TILE_STEP);
    tile_zero(0);
    tile_zero(1);
    tile_zero(2);
    tile_zero(3);
    tile_load(4, bytes, ILV_TILE_ROW_BYTES);
    tile_load(5, bytes, ILV_TILE_ROW_BYTES);
    tile_load(6, bytes, ILV_TILE_ROW_BYTES);
    tile_load(7, bytes, ILV_TILE_ROW_BYTES);
    for (size_t i = 0; i < iterations; i++) {
        tile_add_bytes(0, 4, 6);
        tile_add_bytes(1, 4, 7);
        tile_add_bytes(2, 5, 6);
        tile_add_bytes(3, 5, 7);
    }
    tile_store(0, sums, ILV_TILE_ROW_BYTES);
    tile_end();
    *operations = iterations * 4 * ILV_TILE_ROWS * ILV_TILE_ROWS * ILV_TILE_ROW_BYTES * 2;
    return sums[0][0];
}
