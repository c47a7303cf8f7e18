import CKernels
import TestSupport
import Testing

@Suite("Norm kernels")
struct NormsTests {
    @Test("Layer norm agrees with double precision", arguments: KernelSet.all, lengths)
    func layerNorm(set: KernelSet, columns: Int) {
        var random = SeededRandom(seed: 1)
        let rows = 3
        // A mean far from 0 shows a one-pass variance and a coarsely rounded mean.
        let input = random.floats(rows * columns, in: 90...92)
        let weight = GuardedRows(random.floats(columns))
        let bias = GuardedRows(random.floats(columns))
        let x = GuardedRows(input, rows: rows, columns: columns)
        let out = GuardedRows(unwritten: rows, columns: columns, gap: 5)
        unsafe set.table.layer_norm_f32(
            out.pointer,
            out.stride,
            x.pointer,
            x.stride,
            weight.pointer,
            bias.pointer,
            rows,
            columns,
            1e-5
        )
        var expected: [Double] = []
        for row in 0..<rows {
            let values = (0..<columns).map { Double(input[row * columns + $0]) }
            let mean = values.reduce(0, +) / Double(max(columns, 1))
            let variance =
                values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(max(columns, 1))
            let inverse = 1 / (variance + Double(Float(1e-5))).squareRoot()
            expected += (0..<columns).map {
                (values[$0] - mean) * inverse * Double(weight[0, $0]) + Double(bias[0, $0])
            }
        }
        expectClose(out.values, expected, absolute: 1e-6, relative: 6e-7)
        #expect(out.surroundingsIntact && x.surroundingsIntact)
        // In place, from the same start.
        unsafe set.table.layer_norm_f32(
            x.pointer,
            x.stride,
            x.pointer,
            x.stride,
            weight.pointer,
            bias.pointer,
            rows,
            columns,
            1e-5
        )
        #expect(x.values == out.values)
    }

    @Test("Layer norm of centred data is within 5e-7 of double precision", arguments: KernelSet.all)
    func layerNormPrecision(set: KernelSet) {
        var random = SeededRandom(seed: 2)
        let input = random.floats(4096)
        let ones = GuardedRows([Float](repeating: 1, count: 4096))
        let zeros = GuardedRows([Float](repeating: 0, count: 4096))
        let x = GuardedRows(input)
        unsafe set.table.layer_norm_f32(
            x.pointer,
            x.stride,
            x.pointer,
            x.stride,
            ones.pointer,
            zeros.pointer,
            1,
            4096,
            1e-6
        )
        let mean = input.map(Double.init).reduce(0, +) / 4096
        let variance = input.map { (Double($0) - mean) * (Double($0) - mean) }.reduce(0, +) / 4096
        let expected = input.map { (Double($0) - mean) / (variance + 1e-6).squareRoot() }
        expectClose(x.values, expected, absolute: 5e-7)
    }

    @Test(
        "Layer norm of a row with NaN or infinity leaves the other rows alone",
        arguments: KernelSet.all
    )
    func layerNormNotFinite(set: KernelSet) {
        let input: [Float] = [1, .nan, 3, 1, 2, 4, 1, .infinity, 0]
        let x = GuardedRows(input, rows: 3, columns: 3)
        let ones = GuardedRows([1, 1, 1])
        let zeros = GuardedRows([0, 0, 0])
        unsafe set.table.layer_norm_f32(
            x.pointer,
            x.stride,
            x.pointer,
            x.stride,
            ones.pointer,
            zeros.pointer,
            3,
            3,
            1e-5
        )
        #expect(x.values[0..<3].allSatisfy { $0.isNaN })
        #expect(x.values[3..<6].allSatisfy { $0.isFinite })
        #expect(x.values[6..<9].allSatisfy { $0.isNaN })
    }

    @Test("Root-mean-square norm agrees with double precision", arguments: KernelSet.all, lengths)
    func rmsNorm(set: KernelSet, columns: Int) {
        var random = SeededRandom(seed: 3)
        let rows = 2
        let input = random.floats(rows * columns)
        let weight = GuardedRows(random.floats(columns))
        let x = GuardedRows(input, rows: rows, columns: columns)
        let out = GuardedRows(unwritten: rows, columns: columns)
        unsafe set.table.rms_norm_f32(
            out.pointer,
            out.stride,
            x.pointer,
            x.stride,
            weight.pointer,
            rows,
            columns,
            1e-6
        )
        var expected: [Double] = []
        for row in 0..<rows {
            let values = (0..<columns).map { Double(input[row * columns + $0]) }
            let mean = values.map { $0 * $0 }.reduce(0, +) / Double(max(columns, 1))
            expected += (0..<columns).map {
                values[$0] / (mean + Double(Float(1e-6))).squareRoot() * Double(weight[0, $0])
            }
        }
        expectClose(out.values, expected, absolute: 1e-7, relative: 5e-7)
        #expect(out.surroundingsIntact)
    }

    /// Pixels, channels, groups: narrow and wide groups, blocks that straddle, sizes of nothing.
    static let groupShapes: [(pixels: Int, channels: Int, groups: Int)] = [
        (0, 8, 2), (1, 8, 8), (5, 6, 2), (130, 320, 32), (300, 40, 1), (17, 600, 2), (9, 1280, 32),
        (4, 128, 32), (257, 64, 32),
    ]

    @Test("Group norm agrees with double precision", arguments: KernelSet.all, groupShapes)
    func groupNorm(set: KernelSet, shape: (pixels: Int, channels: Int, groups: Int)) {
        let (pixels, channels, groups) = shape
        var random = SeededRandom(seed: 4)
        let input = random.floats(pixels * channels, in: 2...5)
        let x = GuardedRows(input, rows: pixels, columns: channels)
        let weight = GuardedRows(random.floats(channels))
        let bias = GuardedRows(random.floats(channels))
        let mean = GuardedRows(unwritten: 1, columns: groups)
        let inverse = GuardedRows(unwritten: 1, columns: groups)
        // In two calls, as two workers would.
        let half = groups / 2
        for (first, count) in [(half, groups - half), (0, half)] {
            unsafe set.table.group_norm_statistics_f32(
                mean.pointer,
                inverse.pointer,
                x.pointer,
                x.stride,
                pixels,
                channels,
                groups,
                first,
                count,
                1e-5
            )
        }
        #expect(mean.surroundingsIntact && inverse.surroundingsIntact)
        for silu in [false, true] {
            let out = GuardedRows(unwritten: pixels, columns: channels)
            unsafe set.table.group_norm_apply_f32(
                out.pointer,
                out.stride,
                x.pointer,
                x.stride,
                mean.pointer,
                inverse.pointer,
                weight.pointer,
                bias.pointer,
                pixels,
                channels,
                groups,
                silu ? 1 : 0
            )
            let expected = groupNormReference(
                input,
                pixels: pixels,
                groups: groups,
                weight: weight.values,
                bias: bias.values,
                silu: silu
            )
            expectClose(out.values, expected, absolute: 4e-6)
            #expect(out.surroundingsIntact)
        }
    }

    @Test("Group statistics touch only the groups named", arguments: KernelSet.all)
    func groupStatisticsRange(set: KernelSet) {
        let x = GuardedRows(rows: 4, columns: 12) { Float($0 * 12 + $1) }
        let mean = GuardedRows(unwritten: 1, columns: 6)
        let inverse = GuardedRows(unwritten: 1, columns: 6)
        unsafe set.table.group_norm_statistics_f32(
            mean.pointer,
            inverse.pointer,
            x.pointer,
            x.stride,
            4,
            12,
            6,
            2,
            3,
            0
        )
        #expect(mean.values == [-7777, -7777, 22.5, 24.5, 26.5, -7777])
        #expect(inverse.values[0] == -7777 && inverse.values[5] == -7777)
    }

    private func groupNormReference(
        _ x: [Float],
        pixels: Int,
        groups: Int,
        weight: [Float],
        bias: [Float],
        silu: Bool
    ) -> [Double] {
        let channels = weight.count
        let width = channels / groups
        var expected = [Double](repeating: 0, count: x.count)
        for group in 0..<groups {
            let indices = (0..<pixels).flatMap { pixel in
                (0..<width).map { pixel * channels + group * width + $0 }
            }
            let count = Double(max(indices.count, 1))
            let mean = indices.map { Double(x[$0]) }.reduce(0, +) / count
            let variance =
                indices.map { (Double(x[$0]) - mean) * (Double(x[$0]) - mean) }.reduce(0, +) / count
            for index in indices {
                let channel = index % channels
                let y =
                    (Double(x[index]) - mean) / (variance + Double(Float(1e-5))).squareRoot()
                    * Double(weight[channel]) + Double(bias[channel])
                expected[index] = silu ? y / (1 + Reference.exp(-y)) : y
            }
        }
        return expected
    }
}
