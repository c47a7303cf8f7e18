import TestSupport
import Testing

@testable import Tensors

@Suite("Strips of images")
struct ImageStripTests {
    private static func layer(
        _ format: WeightFormat,
        inputs: Int,
        outputs: Int,
        kernel: Int,
        _ random: inout SeededRandom
    ) -> ConvolutionWeights {
        let window = kernel * kernel
        let weight = Matrix(
            rows: outputs,
            columns: window * inputs,
            values: random.floats(outputs * window * inputs, in: -0.2...0.2)
        )
        let bias = Matrix(rows: 1, columns: outputs, values: random.floats(outputs, in: -1...1))
        return ConvolutionWeights(
            linear: LinearWeights(weight: weight, bias: bias, format: format, window: window),
            kernel: kernel,
            stride: 1,
            padding: kernel / 2
        )
    }

    @Test("Strips cover an image, and reach no further than their windows")
    func covers() {
        var random = SeededRandom(seed: 1)
        let layer = Self.layer(.f32, inputs: 512, outputs: 4, kernel: 3, &random)
        let grid = Grid(height: 257, width: 96)
        let strips = Compute(workerCount: 1).strips(of: layer, grid)
        #expect(strips.count > 2)
        #expect(strips.first?.reach.lowerBound == 0 && strips.last?.reach.upperBound == 257)
        var next = 0
        for strip in strips {
            #expect(strip.rows.lowerBound == next && strip.rows.count > 1)
            next = strip.rows.upperBound
            #expect(strip.reach == max(0, strip.rows.lowerBound - 1)..<min(257, next + 1))
            #expect(strip.reachedPixels.count == strip.reach.count * 96)
        }
        #expect(next == 257)
    }

    @Test("What is rounded with one scale for the whole image has one strip")
    func bytesAreWhole() {
        var random = SeededRandom(seed: 2)
        let layer = Self.layer(.int8, inputs: 512, outputs: 16, kernel: 1, &random)
        let compute = Compute(workerCount: 1)
        #expect(compute.strips(of: layer, Grid(height: 300, width: 300)).count == 1)
    }

    @Test(
        "A strip has the bits of the whole image, whatever its rows",
        arguments: [WeightFormat.f32, .bf16],
        [1, 2]
    )
    func equalsWhole(format: WeightFormat, workers: Int) {
        var random = SeededRandom(seed: 3)
        let compute = Compute(workerCount: workers)
        let grid = Grid(height: 11, width: 7)
        let layer = Self.layer(format, inputs: 40, outputs: 19, kernel: 3, &random)
        let x = Matrix(rows: 77, columns: 40, values: random.floats(77 * 40, in: -2...2))
        let whole = Matrix(rows: 77, columns: 19)
        compute.convolution(x, layer, grid: grid, into: whole)
        for rows in [0..<1, 0..<4, 3..<8, 10..<11, 0..<11] {
            let reach = (rows.lowerBound - 1..<rows.upperBound + 1).clamped(to: 0..<11)
            let strip = ImageStrip(rows: rows, reach: reach, width: 7)
            let out = Matrix(rows: strip.pixels.count, columns: 19)
            compute.convolution(x.rows(strip.reachedPixels), layer, strip, into: out)
            #expect(out.toArray() == whole.rows(strip.pixels).toArray(), "\(rows)")
        }
    }

    @Test("Normalising some pixels by statistics of all gives the bits of normalising all")
    func normalizes() {
        var random = SeededRandom(seed: 4)
        let compute = Compute(workerCount: 2)
        let x = Matrix(rows: 60, columns: 24, values: random.floats(60 * 24, in: -3...3))
        let norm = NormWeights(
            weight: Matrix(rows: 1, columns: 24, values: random.floats(24, in: 0.5...1.5)),
            bias: Matrix(rows: 1, columns: 24, values: random.floats(24, in: -1...1)),
            epsilon: 1e-6
        )
        let whole = Matrix(rows: 60, columns: 24)
        compute.groupNorm(x, samples: 1, groups: 4, norm, silu: true, into: whole)
        compute.scope {
            let statistics = compute.groupStatistics(x, groups: 4, norm)
            for rows in [0..<60, 0..<7, 7..<31, 59..<60] {
                let out = Matrix(rows: rows.count, columns: 24)
                compute.normalize(x.rows(rows), statistics, norm, silu: true, into: out)
                #expect(out.toArray() == whole.rows(rows).toArray())
            }
        }
    }
}
