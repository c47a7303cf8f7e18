import Foundation
import TestSupport
import Testing

@testable import Tensors

/// Every operation against a plain computation in double precision, on a pool of two workers.
@Suite struct OperationTests {
    private let compute = Compute(workerCount: 2)

    private func random(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
        var random = SeededRandom(seed: seed)
        return Matrix(
            rows: rows,
            columns: columns,
            values: random.floats(rows * columns, in: -1...1)
        )
    }

    private func maximumError(_ actual: Matrix, _ expected: (Int, Int) -> Double) -> Double {
        var error = 0.0
        for row in 0..<actual.rows {
            for column in 0..<actual.columns {
                error = max(error, abs(Double(actual[row, column]) - expected(row, column)))
            }
        }
        return error
    }

    @Test(
        "A linear layer is x · wᵀ + b for one row, a few and many",
        arguments: [(1, 33, 70), (3, 64, 130), (511, 16, 9), (700, 24, 17)]
    )
    func linear(rows: Int, inputs: Int, outputs: Int) {
        let x = random(rows, inputs, seed: 1)
        let weight = random(outputs, inputs, seed: 2)
        let layer = LinearWeights(weight: weight, bias: random(1, outputs, seed: 3))
        let out = Matrix(rows: rows, columns: outputs)
        func expected(_ row: Int, _ output: Int) -> Double {
            (0..<inputs).reduce(Double(layer.bias?[0, output] ?? 0)) {
                $0 + Double(x[row, $1]) * Double(weight[output, $1])
            }
        }
        compute.linear(x, layer, into: out)
        #expect(maximumError(out, expected) < 1e-5)
        compute.linear(x, layer, into: out, adding: true)
        #expect(maximumError(out) { 2 * expected($0, $1) } < 2e-5)
    }

    @Test("Standardised channels are single divisions of differences, over several parts")
    func standardize() {
        let x = random(5000, 3, seed: 50)
        let (mean, deviation) = (random(1, 3, seed: 51), random(1, 3, seed: 52))
        let out = Matrix(rows: 5000, columns: 3)
        compute.standardize(x, mean: mean, deviation: deviation, into: out)
        for row in 0..<5000 {
            for column in 0..<3 {
                let expected = (x[row, column] - mean[0, column]) / deviation[0, column]
                #expect(out[row, column] == expected)
            }
        }
    }

    @Test(
        "Attention is softmax(q kᵀ) v per sample and head, for one query and several tiles",
        arguments: [(1, 40), (5, 5), (300, 300)],
        [1, 3]
    )
    func attention(sizes: (Int, Int), samples: Int) {
        let (queries, keys) = sizes
        let (heads, headSize) = (2, 8)
        let q = random(samples * queries, heads * headSize, seed: 4)
        let k = random(samples * keys, heads * headSize, seed: 5)
        let v = random(samples * keys, heads * headSize, seed: 6)
        let out = Matrix(rows: samples * queries, columns: heads * headSize)
        compute.attention(
            q: q,
            k: k,
            v: v,
            samples: samples,
            heads: heads,
            scale: 0.5,
            into: out
        )
        let error = maximumError(out) { row, column in
            let head = column / headSize
            let own = row / queries * keys..<(row / queries + 1) * keys
            let scores = own.map { key in
                (0..<headSize).reduce(0.0) {
                    $0 + Double(q[row, head * headSize + $1]) * Double(k[key, head * headSize + $1])
                } * 0.5
            }
            let weights = scores.map { exp($0) }
            let sum = weights.reduce(0, +)
            return own.reduce(0.0) {
                $0 + weights[$1 - own.lowerBound] / sum * Double(v[$1, column])
            }
        }
        #expect(error < 1e-5)
    }

    @Test(
        "A convolution sums the window of every output pixel, in small and large images of a batch",
        arguments: [(6, 5, 1, 3, 1), (7, 7, 2, 3, 2), (40, 33, 2, 3, 1), (28, 28, 1, 14, 14)]
    )
    func convolution(height: Int, width: Int, samples: Int, kernel: Int, stride: Int) {
        let (inputs, outputs) = (3, 4)
        let padding = kernel == 3 ? 1 : 0
        let grid = Grid(height: height, width: width)
        let weight = random(outputs, kernel * kernel * inputs, seed: 8)
        let layer = ConvolutionWeights(
            linear: LinearWeights(weight: weight, bias: random(1, outputs, seed: 9)),
            kernel: kernel,
            stride: stride,
            padding: padding
        )
        let target = Compute.outputGrid(layer, of: grid)
        let x = random(samples * grid.count, inputs, seed: 7)
        let out = Matrix(rows: samples * target.count, columns: outputs)
        compute.convolution(x, layer, samples: samples, grid: grid, into: out)
        let error = maximumError(out) { row, output in
            let (sample, pixel) = (row / target.count, row % target.count)
            var sum = Double(layer.linear.bias?[0, output] ?? 0)
            for ky in 0..<kernel {
                for kx in 0..<kernel {
                    let y = pixel / target.width * stride + ky - padding
                    let column = pixel % target.width * stride + kx - padding
                    guard (0..<height).contains(y), (0..<width).contains(column) else { continue }
                    for input in 0..<inputs {
                        sum +=
                            Double(x[sample * grid.count + y * width + column, input])
                            * Double(weight[output, (ky * kernel + kx) * inputs + input])
                    }
                }
            }
            return sum
        }
        #expect(error < 1e-4)
    }

    @Test("A transposed 2x2 convolution makes four pixels of each")
    func transposedConvolution() {
        let grid = Grid(height: 2, width: 3)
        let x = random(grid.count, 5, seed: 10)
        let weight = random(4 * 3, 5, seed: 11)
        let layer = LinearWeights(weight: weight, bias: nil)
        let out = Matrix(rows: 4 * grid.count, columns: 3)
        compute.transposedConvolution2x2(x, layer, grid: grid, into: out)
        let error = maximumError(out) { row, channel in
            let (y, column) = (row / 6, row % 6)
            let quarter = y % 2 * 2 + column % 2
            let source = y / 2 * 3 + column / 2
            return (0..<5).reduce(0.0) {
                $0 + Double(x[source, $1]) * Double(weight[quarter * 3 + channel, $1])
            }
        }
        #expect(error < 1e-5)
    }

    @Test("Group normalisation treats every sample of a batch by itself")
    func groupNormBySample() {
        let (pixels, channels, groups) = (30, 12, 3)
        let norm = NormWeights(
            weight: random(1, channels, seed: 12),
            bias: random(1, channels, seed: 13),
            epsilon: 1e-5
        )
        let x = random(2 * pixels, channels, seed: 14)
        let both = Matrix(rows: 2 * pixels, columns: channels)
        compute.groupNorm(x, samples: 2, groups: groups, norm, silu: false, into: both)
        let second = Matrix(rows: pixels, columns: channels)
        compute.groupNorm(
            x.rows(pixels..<2 * pixels),
            samples: 1,
            groups: groups,
            norm,
            silu: false,
            into: second
        )
        #expect(both.rows(pixels..<2 * pixels).toArray() == second.toArray())
        let error = maximumError(second) { row, channel in
            let first = channel / 4 * 4
            var values: [Double] = []
            for pixel in 0..<pixels {
                for member in first..<first + 4 { values.append(Double(x[pixels + pixel, member])) }
            }
            let mean = values.reduce(0, +) / Double(values.count)
            let variance =
                values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
            return (Double(x[pixels + row, channel]) - mean) / (variance + 1e-5).squareRoot()
                * Double(norm.weight[0, channel]) + Double(norm.bias[0, channel])
        }
        #expect(error < 1e-5)
    }

    @Test("Results are the same bits with 1, 2, 7 and 64 workers")
    func workersDoNotMatter() {
        let x = random(600, 48, seed: 15)
        let layer = LinearWeights(
            weight: random(130, 48, seed: 16),
            bias: random(1, 130, seed: 17)
        )
        func result(workers: Int) -> [Float] {
            let compute = Compute(workerCount: workers)
            let wide = Matrix(rows: 600, columns: 130)
            compute.linear(x, layer, into: wide)
            compute.activate(wide, .gelu)
            let out = Matrix(rows: 600, columns: 48)
            compute.attention(
                q: x,
                k: x,
                v: x,
                heads: 3,
                scale: 0.25,
                into: out
            )
            let one = Matrix(rows: 1, columns: 130)
            compute.linear(x.row(5), layer, into: one)
            return wide.toArray() + out.toArray() + one.toArray()
        }
        let alone = result(workers: 1)
        for workers in [2, 7, 64] { #expect(result(workers: workers) == alone) }
    }
}
