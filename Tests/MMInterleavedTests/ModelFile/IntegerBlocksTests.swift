import Checkpoints
import Tensors
import Testing

@testable import MMInterleaved

@Suite("Whole numbers as blocks")
struct IntegerBlocksTests {
    private func weight(_ rows: Int, _ columns: Int, size: Float = 1) -> Matrix {
        var generator = TorchGenerator(seed: 4)
        let weight = Matrix(
            rows: rows,
            columns: columns,
            values: generator.normal(count: rows * columns)
        )
        for row in 0..<rows {
            for column in 0..<columns {
                weight[row, column] *= size * Float(row) / Float(1 + column / 32)
            }
        }
        return weight
    }

    private func read(_ bytes: [UInt8], _ form: LayerForm, count: Int) -> IntegerRows? {
        guard let type = IntegerBlocks.type(for: form) else { return nil }
        return unsafe IntegerBlocks.rows(from: bytes.span.bytes, type, count: count, form)
    }

    @Test(
        "Rows come back from their blocks without a bit lost, zeros and tiny ones too",
        arguments: [WeightFormat.int8, .int4],
        [1, 1e-4, 1e-7, 1e-12, 1e4] as [Float]
    )
    func roundTrip(format: WeightFormat, size: Float) throws {
        for channels in [32, 96, 320] {
            let rows = IntegerRows(rounding: weight(7, channels, size: size), to: format)
            #expect(rows.isFinite && rows.scales[0] == 0)
            let form = LayerForm(format: format, channels: channels)
            #expect(read(IntegerBlocks.bytes(of: rows), form, count: 7) == rows)
        }
    }

    @Test("The pixels of a window have blocks of their own, and one scale")
    func windows() {
        let rows = IntegerRows(rounding: weight(5, 9 * 96), to: .int8, window: 9)
        let bytes = IntegerBlocks.bytes(of: rows)
        #expect(bytes.count == 5 * 9 * 3 * 34)
        let form = LayerForm(format: .int8, channels: 96, window: 9)
        #expect(read(bytes, form, count: 5) == rows)
    }

    @Test("Rows that are no whole blocks have none, and neither have other formats")
    func types() {
        #expect(IntegerBlocks.type(for: LayerForm(format: .int8, channels: 48)) == nil)
        #expect(IntegerBlocks.type(for: LayerForm(format: .bf16, channels: 64)) == nil)
        #expect(IntegerBlocks.type(for: LayerForm(format: .int4, channels: 64)) == .q4x0)
    }

    @Test("Blocks of other programs are not taken for rows")
    func foreign() {
        let form = LayerForm(format: .int8, channels: 64)
        let bytes = IntegerBlocks.bytes(of: IntegerRows(rounding: weight(2, 64), to: .int8))
        #expect(read(bytes, form, count: 2) != nil)
        var other = bytes
        other[2 * 34] ^= 1
        #expect(read(other, form, count: 2) == nil, "two scales in a row")
        other = bytes
        other[2 * 34 + 5] = 0x80
        #expect(read(other, form, count: 2) == nil, "-128")
        other = bytes
        for block in [2, 3] { other[block * 34 + 1] |= 0x80 }
        #expect(read(other, form, count: 2) == nil, "a negative scale")
        let nibbles = LayerForm(format: .int4, channels: 64)
        var pairs = [UInt8](repeating: 0x88, count: 36)
        func put(_ scales: [Float16]) {
            for (block, scale) in scales.enumerated() {
                pairs[18 * block] = UInt8(truncatingIfNeeded: scale.bitPattern)
                pairs[18 * block + 1] = UInt8(scale.bitPattern >> 8)
            }
        }
        put([0.5, 0.75])
        #expect(read(pairs, nibbles, count: 1)?.multipliers == [2, 3])
        #expect(read(pairs, nibbles, count: 1)?.scales == [0.25])
        for scales: [Float16] in [[1, 16], [0, 1], [1, -1], [1, .nan], [.infinity, 1]] {
            put(scales)
            #expect(read(pairs, nibbles, count: 1) == nil, "\(scales)")
        }
    }
}
