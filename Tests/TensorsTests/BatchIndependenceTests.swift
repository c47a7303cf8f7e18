import TestSupport
import Testing

@testable import Tensors

/// A row's, or a sample's, result has the same bits whatever else is in the batch and however many
/// workers share the work.
@Suite("Independence of the batch")
struct BatchIndependenceTests {
    private static let workerCounts = [1, 2, 7, 64]

    /// Cuts work as for so many workers; three suffice to run it.
    private static func compute(_ workerCount: Int) -> Compute {
        Compute(workerCount: min(workerCount, 3), shareCount: workerCount)
    }

    private func random(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
        var random = SeededRandom(seed: seed)
        return Matrix(
            rows: rows,
            columns: columns,
            values: random.floats(rows * columns, in: -2...2)
        )
    }

    /// Runs `body` for every row alone, for runs of rows and for all rows, with every number of
    /// workers, and expects equal bits.
    private func expectRowsIndependent(
        _ rows: Int,
        outputs: Int,
        sourceLocation: SourceLocation = #_sourceLocation,
        _ body: (_ compute: Compute, _ rows: Range<Int>, _ out: Matrix) -> Void
    ) {
        func result(_ compute: Compute, _ range: Range<Int>) -> [Float] {
            let out = Matrix(rows: range.count, columns: outputs)
            body(compute, range, out)
            return out.toArray()
        }
        let single = Compute(workerCount: 1)
        let alone = (0..<rows).map { result(single, $0..<$0 + 1) }
        for workerCount in Self.workerCounts {
            let compute = Self.compute(workerCount)
            for count in [2, 3, 7, 8, 12, 13, 24, 25, 64, rows] where count <= rows {
                for first in Set([0, rows - count]) {
                    #expect(
                        result(compute, first..<first + count)
                            == alone[first..<first + count].flatMap(\.self),
                        "\(count) rows from \(first) with \(workerCount) workers",
                        sourceLocation: sourceLocation
                    )
                }
            }
        }
    }

    @Test(
        "A row of a linear layer, with and without bias, set or added",
        arguments: [(1, 1), (48, 130), (129, 33), (400, 20), (1024, 17)],
        [(false, false), (true, false), (false, true), (true, true)]
    )
    func linear(sizes: (inputs: Int, outputs: Int), way: (bias: Bool, adding: Bool)) {
        let x = random(70, sizes.inputs, seed: 1)
        let before = random(70, sizes.outputs, seed: 2)
        let layer = LinearWeights(
            weight: random(sizes.outputs, sizes.inputs, seed: 3),
            bias: way.bias ? random(1, sizes.outputs, seed: 4) : nil
        )
        expectRowsIndependent(70, outputs: sizes.outputs) { compute, rows, out in
            out.copy(from: before.rows(rows))
            compute.linear(x.rows(rows), layer, into: out, adding: way.adding)
        }
    }

    @Test(
        "A row of a linear layer whose weights are rounded, set or added",
        arguments: [WeightFormat.bf16, .int8, .int4],
        [false, true]
    )
    func roundedLinear(_ format: WeightFormat, adding: Bool) {
        for (inputs, outputs) in [(48, 130), (320, 33), (1024, 17)] {
            let x = random(70, inputs, seed: 1)
            let before = random(70, outputs, seed: 2)
            let layer = LinearWeights(
                weight: random(outputs, inputs, seed: 3),
                bias: random(1, outputs, seed: 4),
                format: format
            )
            expectRowsIndependent(70, outputs: outputs) { compute, rows, out in
                out.copy(from: before.rows(rows))
                compute.linear(x.rows(rows), layer, into: out, adding: adding)
            }
        }
    }

    @Test("A row of a large product that is cut both ways")
    func largeProduct() {
        let (rows, inputs, outputs) = (1100, 40, 420)
        let x = random(rows, inputs, seed: 5)
        let layer = LinearWeights(
            weight: random(outputs, inputs, seed: 6),
            bias: random(1, outputs, seed: 7)
        )
        func result(_ range: Range<Int>, workerCount: Int) -> [Float] {
            let out = Matrix(rows: range.count, columns: outputs)
            Self.compute(workerCount).linear(x.rows(range), layer, into: out)
            return out.toArray()
        }
        let all = result(0..<rows, workerCount: 1)
        for workerCount in Self.workerCounts {
            #expect(result(0..<rows, workerCount: workerCount) == all)
        }
        for range in [0..<1, 511..<513, 700..<770, 1000..<1100] {
            #expect(
                result(range, workerCount: 2)
                    == Array(all[range.lowerBound * outputs..<range.upperBound * outputs])
            )
        }
    }

    @Test(
        "A sample of a convolution, in small and large images",
        arguments: [
            (9, 7, 3, 5, 3, 1, .f32), (40, 33, 4, 20, 3, 1, .f32), (17, 16, 20, 33, 3, 2, .f32),
            (28, 28, 3, 8, 14, 14, .f32), (9, 7, 16, 5, 3, 1, .int8), (40, 33, 32, 20, 3, 1, .int8),
            (17, 16, 48, 33, 3, 2, .int8), (9, 7, 3, 5, 3, 1, .bf16), (40, 33, 40, 20, 3, 1, .bf16),
            (17, 16, 64, 33, 3, 2, .bf16),
        ] as [(Int, Int, Int, Int, Int, Int, WeightFormat)]
    )
    func convolution(
        height: Int,
        width: Int,
        inputs: Int,
        outputs: Int,
        kernel: Int,
        stride: Int,
        format: WeightFormat
    ) {
        let grid = Grid(height: height, width: width)
        let layer = ConvolutionWeights(
            linear: LinearWeights(
                weight: random(outputs, kernel * kernel * inputs, seed: 8),
                bias: random(1, outputs, seed: 9),
                format: format,
                window: kernel * kernel
            ),
            kernel: kernel,
            stride: stride,
            padding: kernel == 3 ? 1 : 0
        )
        let target = Compute.outputGrid(layer, of: grid)
        let x = random(6 * grid.count, inputs, seed: 10)
        func result(_ samples: Range<Int>, workerCount: Int) -> [Float] {
            let out = Matrix(rows: samples.count * target.count, columns: outputs)
            Self.compute(workerCount).convolution(
                x.rows(samples.lowerBound * grid.count..<samples.upperBound * grid.count),
                layer,
                samples: samples.count,
                grid: grid,
                into: out
            )
            return out.toArray()
        }
        let alone = (0..<6).map { result($0..<$0 + 1, workerCount: 1) }
        for workerCount in Self.workerCounts {
            for samples in [0..<1, 2..<4, 0..<5, 0..<6] {
                #expect(
                    result(samples, workerCount: workerCount) == alone[samples].flatMap(\.self),
                    "samples \(samples) with \(workerCount) workers"
                )
            }
        }
    }

    @Test(
        "A row of an activation, wherever it lies among the lanes of a run",
        arguments: [Activation.relu, .silu, .quickGELU, .gelu],
        [1, 5, 16, 33]
    )
    func activation(_ activation: Activation, columns: Int) {
        let x = random(70, columns, seed: 11)
        expectRowsIndependent(70, outputs: columns) { compute, rows, out in
            out.copy(from: x.rows(rows))
            compute.activate(out, activation)
        }
    }

    @Test("A row of the gated activations and of the sums", arguments: [3, 16, 37])
    func elementwise(columns: Int) {
        let x = random(70, 2 * columns, seed: 12)
        let first = x.columns(0..<columns)
        let row = random(1, columns, seed: 13)
        expectRowsIndependent(70, outputs: columns) { $0.swiGLU(x.rows($1), into: $2) }
        expectRowsIndependent(70, outputs: columns) { $0.geGLU(x.rows($1), into: $2) }
        expectRowsIndependent(70, outputs: columns) { compute, rows, out in
            compute.add(first.rows(rows), scaledBy: 0.3, to: out)
            compute.add(first.rows(rows), scaledByChannels: row, to: out)
            compute.addRow(row, to: out)
            compute.add(first.rows(rows), to: out)
        }
    }

    @Test("A row of a normalisation and of a softmax", arguments: [6, 48, 330])
    func normalization(columns: Int) {
        let x = random(70, columns, seed: 14)
        let norm = NormWeights(
            weight: random(1, columns, seed: 15),
            bias: random(1, columns, seed: 16),
            epsilon: 1e-5
        )
        let scale = RMSNormWeights(weight: norm.weight, epsilon: 1e-6)
        expectRowsIndependent(70, outputs: columns) { $0.layerNorm(x.rows($1), norm, into: $2) }
        expectRowsIndependent(70, outputs: columns) { $0.rmsNorm(x.rows($1), scale, into: $2) }
        expectRowsIndependent(70, outputs: columns) { compute, rows, out in
            out.copy(from: x.rows(rows))
            compute.softmaxRuns(out, width: 3)
        }
    }

    @Test("A channel of a resized, doubled or pooled picture")
    func pictures() {
        let (grid, channels) = (Grid(height: 9, width: 12), 70)
        let x = random(2 * grid.count, channels, seed: 40)
        let one = x.rows(0..<grid.count)
        func results(_ compute: Compute) -> [[Float]] {
            let resized = Matrix(rows: 20 * 21, columns: channels)
            compute.resizeBilinear(
                one,
                from: grid,
                to: Grid(height: 20, width: 21),
                into: resized
            )
            let doubled = Matrix(rows: 8 * grid.count, columns: channels)
            compute.upsampleNearest2(x, samples: 2, grid: grid, into: doubled)
            let pooled = Matrix(rows: 5 * 6, columns: channels)
            compute.maxPool3x3Stride2(one, grid: grid, into: pooled)
            let copied = Matrix(rows: x.rows, columns: channels)
            compute.copy(x, to: copied)
            return [resized, doubled, pooled, copied].map { $0.toArray() }
        }
        let alone = results(Self.compute(1))
        #expect(alone[3] == x.toArray())
        for workerCount in Self.workerCounts {
            #expect(results(Self.compute(workerCount)) == alone, "\(workerCount) workers")
        }
    }

    @Test("A sample of a group normalisation", arguments: [false, true])
    func groupNorm(silu: Bool) {
        let (pixels, channels) = (150, 40)
        let norm = NormWeights(
            weight: random(1, channels, seed: 17),
            bias: random(1, channels, seed: 18),
            epsilon: 1e-5
        )
        let x = random(5 * pixels, channels, seed: 19)
        func result(_ samples: Range<Int>, workerCount: Int) -> [Float] {
            let out = Matrix(rows: samples.count * pixels, columns: channels)
            Self.compute(workerCount).groupNorm(
                x.rows(samples.lowerBound * pixels..<samples.upperBound * pixels),
                samples: samples.count,
                groups: 8,
                norm,
                silu: silu,
                into: out
            )
            return out.toArray()
        }
        let alone = (0..<5).map { result($0..<$0 + 1, workerCount: 1) }
        for workerCount in Self.workerCounts {
            #expect(result(0..<5, workerCount: workerCount) == alone.flatMap(\.self))
            #expect(result(1..<3, workerCount: workerCount) == alone[1..<3].flatMap(\.self))
        }
    }

    @Test("A row of deformable sampling and of the synchronizer")
    func sampling() {
        let shape = PyramidShape([Grid(side: 6), Grid(side: 3)])
        let (heads, points, channels) = (4, 2, 24)
        let value = random(shape.rowCount, channels, seed: 20)
        let other = random(shape.rowCount, channels, seed: 21)
        let offsets = random(70, heads * points * 2, seed: 22)
        let logits = random(70, heads * 2 * points, seed: 23)
        let references = random(70, 2, seed: 24)
        let token = random(1, channels, seed: 25)
        expectRowsIndependent(70, outputs: channels) { compute, rows, out in
            compute.deformableSample(
                value,
                shape,
                heads: heads,
                points: points,
                locations: offsets.rows(rows),
                weights: logits.rows(rows),
                into: out
            )
        }
        let ranks = SynchronizerRankTables(
            offsets: random(3, heads * points * 2, seed: 26),
            logits: random(3, heads * 2 * points, seed: 27)
        )
        let seen = (0..<70).map { [0..<0, 0..<1, 0..<2, 1..<2][$0 % 4] }
        expectRowsIndependent(70, outputs: channels) { compute, rows, out in
            compute.synchronize(
                offsets: offsets.rows(rows),
                logits: logits.rows(rows),
                references: references.rows(rows),
                ranks: ranks,
                values: [value, other],
                visible: .byQuery(Array(seen[rows])),
                shape: shape,
                heads: heads,
                points: points,
                ignoreToken: token,
                into: out
            )
        }
    }

    @Test(
        "A sample of attention, in single precision and over bytes",
        arguments: [(150, 90), (7, 300), (1, 16)],
        [WeightFormat.f32, .int8]
    )
    func attention(sizes: (Int, Int), format: WeightFormat) {
        let (queries, keys) = sizes
        let (samples, width) = (4, 48)
        let q = random(samples * queries, width, seed: 28)
        let k = random(samples * keys, width, seed: 29)
        let v = random(samples * keys, width, seed: 30)
        func result(_ range: Range<Int>, workerCount: Int) -> [Float] {
            let out = Matrix(rows: range.count * queries, columns: width)
            let keyRows = range.lowerBound * keys..<range.upperBound * keys
            Self.compute(workerCount).attention(
                q: q.rows(range.lowerBound * queries..<range.upperBound * queries),
                k: k.rows(keyRows),
                v: v.rows(keyRows),
                samples: range.count,
                heads: 3,
                scale: 0.25,
                format: format,
                into: out
            )
            return out.toArray()
        }
        let alone = (0..<samples).map { result($0..<$0 + 1, workerCount: 1) }
        for workerCount in Self.workerCounts {
            for range in [0..<1, 1..<3, 0..<samples] {
                #expect(
                    result(range, workerCount: workerCount) == alone[range].flatMap(\.self),
                    "samples \(range) with \(workerCount) workers"
                )
            }
        }
    }
}
