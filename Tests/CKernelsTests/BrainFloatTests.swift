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
            (17, 321, 16), (40, 96, 70),
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
        for set in KernelSet.withTileModel {
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

    @Test(
        "A convolution is the product over the windows of the padded map",
        arguments: [
            (height: 8, width: 8, channels: 64, kernel: 3, stride: 1, outputs: 33),
            (5, 13, 16, 3, 2, 16), (7, 30, 70, 1, 1, 17), (6, 6, 3, 4, 2, 5), (3, 50, 20, 3, 1, 40),
            (4, 66, 65, 3, 2, 30),
        ]
    )
    func convolves(
        _ height: Int,
        _ width: Int,
        _ channels: Int,
        _ kernel: Int,
        _ stride: Int,
        _ outputs: Int
    ) {
        var random = SeededRandom(seed: UInt64(channels))
        let (padded, border, window) = ((channels + 31) / 32 * 32, kernel / 2, kernel * kernel)
        let (mapWidth, mapHeight) = (width + 2 * border, height + 2 * border)
        let rows = (mapHeight - kernel) / stride + 1
        let columns = (mapWidth - kernel) / stride + 1
        let pixels = random.floats(mapHeight * mapWidth * channels)
        let weights = random.floats(outputs * window * channels)
        let bias = random.floats(outputs)
        for set in KernelSet.withTileModel {
            var map = Self.rounded(set, pixels, rows: mapHeight * mapWidth, columns: channels)
            for pixel in 0..<mapHeight * mapWidth {
                let (y, x) = pixel.quotientAndRemainder(dividingBy: mapWidth)
                let isInner =
                    (border..<border + height).contains(y) && (border..<border + width).contains(x)
                for channel in 0..<padded where !isInner { map[pixel * padded + channel] = 0 }
            }
            let rounded = Self.rounded(set, weights, rows: outputs * window, columns: channels)
            let inputs = window * padded
            var packed = [UInt16](repeating: 0, count: (outputs + 15) / 16 * 16 * inputs)
            unsafe set.table.matmul_pack_bf16(&packed, rounded, inputs, inputs, 0, outputs)
            var windows: [UInt16] = []
            for corner in (0..<rows * columns).map({
                $0 / columns * stride * mapWidth + $0 % columns * stride
            }) {
                for place in 0..<window {
                    let start = (corner + place / kernel * mapWidth + place % kernel) * padded
                    windows += map[start..<start + padded]
                }
            }
            var widened = [Float](repeating: 0, count: 8 * inputs)
            let expected = GuardedRows(unwritten: rows * columns, columns: outputs)
            unsafe set.table.matmul_bf16(
                expected.pointer,
                expected.stride,
                windows,
                inputs,
                packed,
                bias,
                rows * columns,
                inputs,
                outputs,
                0,
                &widened
            )
            let out = GuardedRows(unwritten: rows * columns, columns: outputs)
            unsafe set.table.convolution_bf16(
                out.pointer,
                out.stride,
                map,
                mapWidth,
                channels,
                kernel,
                stride,
                columns,
                0,
                rows,
                packed,
                bias,
                outputs,
                &widened
            )
            #expect(out.values == expected.values, "\(set.name)")
            #expect(out.surroundingsIntact)
        }
    }
}
