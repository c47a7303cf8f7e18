import CKernels
import TestSupport
import Testing

/// Rows of numbers as signed bytes, and weights in the layouts of the products, by a description of each.
private struct Quantized {
    let rows: Int
    let columns: Int
    /// Columns padded to a multiple of 64.
    let stride: Int
    var bytes: [Int8]
    var scales: [Float]
    /// Of 32 bytes each.
    var sums: [Int32]

    init(_ set: KernelSet, _ values: [Float], rows: Int, columns: Int) {
        self.rows = rows
        self.columns = columns
        stride = (columns + 63) / 64 * 64
        bytes = [Int8](repeating: 99, count: rows * stride)
        scales = [Float](repeating: -1, count: rows)
        sums = [Int32](repeating: -1, count: rows * stride / 32)
        let x = GuardedRows(values, rows: rows, columns: columns)
        unsafe set.table.quantize_rows_i8(
            &bytes,
            stride,
            &scales,
            &sums,
            x.pointer,
            x.stride,
            rows,
            columns
        )
    }

    /// Bytes of a row without its padding.
    func row(_ row: Int) -> ArraySlice<Int8> { bytes[row * stride..<row * stride + columns] }
}

@Suite("Numbers as signed bytes")
struct SignedByteTests {
    @Test("A byte is the nearest to its share of the row's largest", arguments: KernelSet.all)
    func rounds(_ set: KernelSet) {
        var random = SeededRandom(seed: 1)
        for columns in [1, 3, 16, 31, 64, 100, 385] {
            let values = random.floats(2 * columns, in: -3...3)
            let quantized = Quantized(set, values, rows: 2, columns: columns)
            for row in 0..<2 {
                let numbers = values[row * columns..<(row + 1) * columns]
                let largest = numbers.map(\.magnitude).max() ?? 0
                #expect(quantized.scales[row] == largest / 127)
                let factor = 127 / largest
                let expected = numbers.map { Int8(($0 * factor).rounded(.toNearestOrEven)) }
                #expect(Array(quantized.row(row)) == expected)
                let padded = quantized.bytes[row * quantized.stride..<(row + 1) * quantized.stride]
                #expect(padded.dropFirst(columns).allSatisfy { $0 == 0 })
                for (group, sum) in quantized.sums[
                    row * quantized.stride / 32..<(row + 1) * quantized.stride / 32
                ].enumerated() {
                    let bytes = padded.dropFirst(32 * group).prefix(32)
                    #expect(sum == bytes.reduce(0) { $0 + Int32($1) })
                }
            }
        }
    }

    @Test(
        "A row of zeros has scale 0, one with a number that is none has scale NaN",
        arguments: KernelSet.all
    )
    func marksRows(_ set: KernelSet) {
        let rows: [[Float]] = [
            [0, -0, 0], [1e-37, 0, 0], [1, .nan, 2], [.infinity, 1, 1], [0, 1, -.infinity],
        ]
        let quantized = Quantized(set, rows.flatMap { $0 }, rows: 5, columns: 3)
        #expect(quantized.scales[0] == 0 && quantized.scales[1] == 0)
        let areNone = quantized.scales[2...].allSatisfy { $0.isNaN }
        #expect(areNone)
        #expect(quantized.bytes.allSatisfy { $0 == 0 } && quantized.sums.allSatisfy { $0 == 0 })
    }

    @Test(
        "A rotation twice gives the row back, and keeps its length",
        arguments: [16, 32, 64, 256]
    )
    func rotates(_ group: Int) {
        var random = SeededRandom(seed: UInt64(group))
        let columns = 2 * group
        let values = random.floats(columns)
        for set in KernelSet.all {
            let x = GuardedRows(values)
            let once = GuardedRows(unwritten: 1, columns: columns)
            unsafe set.table.rotate_f32(
                once.pointer,
                once.stride,
                x.pointer,
                x.stride,
                1,
                columns,
                group
            )
            let length = { (values: [Float]) in values.reduce(0) { $0 + Double($1) * Double($1) } }
            #expect(abs(length(once.values) / length(values) - 1) < 1e-5)
            // The first of a group is the sum of all, over the root of their number.
            let sum = values[..<group].reduce(0) { $0 + Double($1) } / Double(group).squareRoot()
            #expect(abs(Double(once[0, 0]) - sum) < 1e-5)
            unsafe set.table.rotate_f32(
                once.pointer,
                once.stride,
                once.pointer,
                once.stride,
                1,
                columns,
                group
            )
            #expect(zip(once.values, values).allSatisfy { abs($0 - $1) < 1e-5 })
            #expect(once.surroundingsIntact)
        }
    }
}

@Suite("Products of signed bytes")
struct SignedByteProductTests {
    /// Sizes around every tile, group and panel.
    static let sizes: [(rows: Int, inputs: Int, outputs: Int)] = [
        (1, 1, 1), (2, 3, 15), (3, 64, 16), (4, 65, 17), (5, 128, 33), (6, 64, 32), (7, 224, 49),
        (8, 160, 80), (12, 100, 100),
        (13, 256, 64),
        (25, 320, 20), (37, 96, 70), (64, 1000, 40),
    ]

    private static func draw(_ count: Int, using random: inout SeededRandom) -> [Float] {
        // Mostly small, with the largest and the smallest among them.
        (0..<count).map { index in
            index % 7 == 0 ? (index % 2 == 0 ? 4 : -4) : .random(in: -1...1, using: &random)
        }
    }

    @Test(
        "Each result is its exact sum, rounded once per operation after it",
        arguments: sizes.indices
    )
    func sums(_ index: Int) {
        let (rows, inputs, outputs) = Self.sizes[index]
        var random = SeededRandom(seed: UInt64(index))
        let x = Self.draw(rows * inputs, using: &random)
        let w = Self.draw(outputs * inputs, using: &random)
        let bias = random.floats(outputs)
        for set in KernelSet.withTileModel {
            let left = Quantized(set, x, rows: rows, columns: inputs)
            let right = Quantized(set, w, rows: outputs, columns: inputs)
            var packed = [UInt8](repeating: 128, count: (outputs + 15) / 16 * 16 * left.stride)
            unsafe set.table.matmul_pack_i8(&packed, right.bytes, right.stride, inputs, 0, outputs)
            let out = GuardedRows(unwritten: rows, columns: outputs)
            unsafe set.table.matmul_i8(
                out.pointer,
                out.stride,
                left.bytes,
                left.stride,
                left.scales,
                left.sums,
                packed,
                right.scales,
                bias,
                rows,
                inputs,
                outputs,
                0
            )
            for row in 0..<rows {
                for output in 0..<outputs {
                    let sum = zip(left.row(row), right.row(output)).reduce(Int32(0)) {
                        $0 + Int32($1.0) * Int32($1.1)
                    }
                    let scaled = Float(sum) * (right.scales[output] * left.scales[row])
                    #expect(out[row, output] == scaled + bias[output], "\(set.name)")
                }
            }
            #expect(out.surroundingsIntact)
        }
    }

    @Test(
        "Weights of 4 bits give the results of the bytes that they stand for",
        arguments: sizes.indices
    )
    func expands(_ index: Int) {
        let (rows, inputs, outputs) = Self.sizes[index]
        var random = SeededRandom(seed: UInt64(index))
        let x = Self.draw(rows * inputs, using: &random)
        let padded = (inputs + 63) / 64 * 64
        let (panels, groups) = ((outputs + 15) / 16, padded / 32)
        let nibbles = (0..<panels * groups * 256).map { _ in
            UInt8.random(in: 0...255, using: &random)
        }
        let multipliers = (0..<panels * groups * 16).map { _ in
            UInt8.random(in: 1...15, using: &random)
        }
        let scales = random.floats(outputs, in: 0.1...1)
        var bytes = [UInt8](repeating: 0, count: panels * 16 * padded)
        for group in 0..<panels * groups {
            for vector in 0..<4 {
                for place in 0..<64 {
                    let both = Int(nibbles[group * 256 + vector * 64 + place])
                    let multiplier = Int(multipliers[group * 16 + place / 4])
                    let start = group * 512 + vector * 128 + place
                    bytes[start] = UInt8(128 + multiplier * (both % 16 - 8))
                    bytes[start + 64] = UInt8(128 + multiplier * (both / 16 - 8))
                }
            }
        }
        var scratch = [UInt8](repeating: 0, count: 256 * 1024)
        for set in KernelSet.withTileModel {
            let left = Quantized(set, x, rows: rows, columns: inputs)
            let out = GuardedRows(unwritten: rows, columns: outputs)
            unsafe set.table.matmul_i4(
                out.pointer,
                out.stride,
                left.bytes,
                left.stride,
                left.scales,
                left.sums,
                nibbles,
                multipliers,
                scales,
                nil,
                rows,
                inputs,
                outputs,
                0,
                &scratch
            )
            let expected = GuardedRows(unwritten: rows, columns: outputs)
            unsafe set.table.matmul_i8(
                expected.pointer,
                expected.stride,
                left.bytes,
                left.stride,
                left.scales,
                left.sums,
                bytes,
                scales,
                nil,
                rows,
                inputs,
                outputs,
                0
            )
            #expect(out.values == expected.values, "\(set.name)")
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
        let (padded, border, window) = ((channels + 63) / 64 * 64, kernel / 2, kernel * kernel)
        let (mapWidth, mapHeight) = (width + 2 * border, height + 2 * border)
        var map = [Int8](repeating: 0, count: mapHeight * mapWidth * padded)
        var sums = [Int32](repeating: 0, count: mapHeight * mapWidth)
        for row in border..<border + height {
            for column in border..<border + width {
                for channel in 0..<channels {
                    let byte = Int8.random(in: -127...127, using: &random)
                    map[(row * mapWidth + column) * padded + channel] = byte
                    sums[row * mapWidth + column] += Int32(byte)
                }
            }
        }
        var weights = [Int8](repeating: 0, count: outputs * window * padded)
        for index in weights.indices where index % padded < channels {
            weights[index] = .random(in: -127...127, using: &random)
        }
        let (scales, bias) = (random.floats(outputs, in: 0.1...1), random.floats(outputs))
        let rows = (mapHeight - kernel) / stride + 1
        let columns = (mapWidth - kernel) / stride + 1
        for set in KernelSet.withTileModel {
            var packed = [UInt8](
                repeating: 128,
                count: (outputs + 15) / 16 * 16 * window * padded
            )
            unsafe set.table.matmul_pack_i8(
                &packed,
                weights,
                window * padded,
                window * padded,
                0,
                outputs
            )
            let out = GuardedRows(unwritten: rows * columns, columns: outputs)
            unsafe set.table.convolution_i8(
                out.pointer,
                out.stride,
                map,
                mapWidth,
                sums,
                0.375,
                channels,
                kernel,
                stride,
                columns,
                0,
                rows,
                packed,
                scales,
                bias,
                outputs
            )
            for pixel in 0..<rows * columns {
                let corner = pixel / columns * stride * mapWidth + pixel % columns * stride
                for output in 0..<outputs {
                    var sum: Int32 = 0
                    for place in 0..<window {
                        let start = (corner + place / kernel * mapWidth + place % kernel) * padded
                        for channel in 0..<channels {
                            sum +=
                                Int32(map[start + channel])
                                * Int32(weights[(output * window + place) * padded + channel])
                        }
                    }
                    let expected = Float(sum) * (scales[output] * 0.375) + bias[output]
                    #expect(out[pixel, output] == expected, "\(set.name)")
                }
            }
            #expect(out.surroundingsIntact)
        }
    }
}
