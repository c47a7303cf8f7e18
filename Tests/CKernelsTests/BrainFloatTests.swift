import CKernels
import TestSupport
import Testing

@Suite("Products of bfloat16")
struct BrainFloatTests {
    private static func value(_ bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }

    /// Rounded rows, padded to a multiple of 32.
    private static func rounded(
        _ set: KernelSet,
        _ values: [Float],
        rows: Int,
        columns: Int
    ) -> [UInt16] {
        let stride = (columns + 31) / 32 * 32
        var rounded = [UInt16](repeating: 0xffff, count: rows * stride)
        let x = GuardedRows(values, rows: rows, columns: columns)
        unsafe set.table.round_rows_bf16(&rounded, stride, x.pointer, x.stride, rows, columns)
        return rounded
    }

    @Test("What is below 2^-55 becomes 0, what is not keeps its size", arguments: KernelSet.all)
    func flushes(_ set: KernelSet) {
        let limit = Float(sign: .plus, exponent: -55, significand: 1)
        let values: [Float] = [limit, limit.nextDown, -limit, -limit.nextDown, 0, 1, .infinity]
        let rounded = Self.rounded(set, values, rows: 1, columns: values.count)
        #expect(rounded.prefix(7).map(Self.value) == [limit, 0, -limit, 0, 0, 1, .infinity])
        #expect(rounded.dropFirst(7).allSatisfy { $0 == 0 })
        let number = Self.rounded(set, [.nan], rows: 1, columns: 1)
        #expect(Self.value(number[0]).isNaN)
    }

    @Test(
        "A result is summed 32 inputs after the other, in two chains of fused operations",
        arguments: [
            (1, 1, 1), (2, 3, 15), (3, 32, 16), (7, 33, 17), (8, 64, 33), (9, 100, 40),
            (17, 321, 16),
        ]
    )
    func sums(_ rows: Int, _ inputs: Int, _ outputs: Int) {
        var random = SeededRandom(seed: UInt64(rows))
        func draw(_ count: Int) -> [Float] {
            (0..<count).map { index in
                let size: Float = index % 11 == 0 ? 1e-16 : index % 5 == 0 ? 1000 : 1
                return size * .random(in: -1...1, using: &random)
            }
        }
        let (x, w, bias) = (draw(rows * inputs), draw(outputs * inputs), draw(outputs))
        let padded = (inputs + 31) / 32 * 32
        for set in KernelSet.all {
            let left = Self.rounded(set, x, rows: rows, columns: inputs)
            let right = Self.rounded(set, w, rows: outputs, columns: inputs)
            var packed = [UInt16](repeating: 0, count: (outputs + 15) / 16 * 16 * padded)
            unsafe set.table.matmul_pack_bf16(&packed, right, padded, inputs, 0, outputs)
            var widened = [Float](repeating: 0, count: 8 * padded)
            let out = GuardedRows(unwritten: rows, columns: outputs)
            unsafe set.table.matmul_bf16(
                out.pointer,
                out.stride,
                left,
                padded,
                packed,
                bias,
                rows,
                inputs,
                outputs,
                0,
                &widened
            )
            for row in 0..<rows {
                for output in 0..<outputs {
                    var sum: Float = 0
                    for group in stride(from: 0, to: padded, by: 32) {
                        var chains: [Float] = [0, 0]
                        for input in group..<group + 32 {
                            chains[input % 2].addProduct(
                                Self.value(left[row * padded + input]),
                                Self.value(right[output * padded + input])
                            )
                        }
                        sum += chains[0] + chains[1]
                    }
                    #expect(out[row, output] == sum + bias[output], "\(set.name)")
                }
            }
            #expect(out.surroundingsIntact)
        }
    }
}
