import TestSupport
import Testing

@testable import Tensors

@Suite("Weights with a format")
struct WeightFormatTests {
    private static let (rows, inputs, outputs) = (6, 512, 40)

    /// Values of a normal distribution, some channels of them larger.
    private func values(_ rows: Int, _ columns: Int, outliers: Float = 1, seed: UInt64) -> Matrix {
        var generator = PhiloxGenerator(seed: seed)
        let matrix = Matrix(
            rows: rows,
            columns: columns,
            values: generator.normal(count: rows * columns)
        )
        for column in stride(from: 17, to: columns, by: columns / 6) {
            for row in 0..<rows { matrix[row, column] *= outliers }
        }
        return matrix
    }

    /// How much of the results' square the rounding is.
    private func error(_ format: WeightFormat, outliers: Float) -> Double {
        let compute = Compute(workerCount: 2)
        let x = values(Self.rows, Self.inputs, outliers: outliers, seed: 1)
        let weight = values(Self.outputs, Self.inputs, seed: 2)
        func result(_ format: WeightFormat) -> [Float] {
            let out = Matrix(rows: Self.rows, columns: Self.outputs)
            let layer = LinearWeights(weight: weight, bias: nil, format: format)
            compute.linear(x, layer, into: out)
            return out.toArray()
        }
        let expected = result(.f32)
        let differences = zip(result(format), expected).reduce(0) {
            $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1)
        }
        return differences / expected.reduce(0) { $0 + Double($1) * Double($1) }
    }

    @Test(
        "A large weight, which several threads pack, has the bits of one that is packed row by row",
        arguments: WeightFormat.allCases
    )
    func packing(format: WeightFormat) {
        // Of two matrices, so that runs of rows begin and end within panels.
        let parts = [values(300, 1024, seed: 3), values(333, 1024, seed: 4)]
        let x = values(3, 1024, seed: 5)
        func result(
            _ pack: (_ part: Matrix, _ layer: LinearWeights, _ first: Int) -> Void
        ) -> [Float] {
            let layer = LinearWeights(outputs: 633, inputs: 1024, bias: nil, format: format)
            pack(parts[0], layer, 0)
            pack(parts[1], layer, 300)
            let out = Matrix(rows: x.rows, columns: layer.outputs)
            Compute(workerCount: 1).linear(x, layer, into: out)
            return out.toArray()
        }
        let whole = result { $1.pack($0, firstOutput: $2) }
        let byRow = result { part, layer, first in
            for row in 0..<part.rows { layer.pack(part.row(row), firstOutput: first + row) }
        }
        #expect(whole == byRow)
        #expect(whole.contains { $0 != 0 })
    }

    @Test("bfloat16 costs some millionths of the result's square, whatever the inputs")
    func brainFloat() {
        for outliers: Float in [1, 40] { #expect(error(.bf16, outliers: outliers) < 1e-5) }
    }

    @Test("Bytes cost some ten thousandths, also where some channels are much larger than others")
    func bytes() {
        for outliers: Float in [1, 40] { #expect(error(.int8, outliers: outliers) < 3e-4) }
    }

    @Test("Four bits cost less than a hundredth")
    func nibbles() {
        for outliers: Float in [1, 40] { #expect(error(.int4, outliers: outliers) < 1e-2) }
    }

    @Test(
        "A convolution of bytes costs about a thousandth of the result's square, one of bfloat16 some millionths",
        arguments: [(WeightFormat.int8, 1e-3), (.bf16, 1e-5)]
    )
    func convolution(_ format: WeightFormat, bound: Double) {
        let grid = Grid(height: 13, width: 10)
        let compute = Compute(workerCount: 2)
        let x = values(2 * grid.count, 64, outliers: 10, seed: 7)
        let weight = values(20, 9 * 64, seed: 8)
        func result(_ format: WeightFormat) -> [Float] {
            let layer = ConvolutionWeights(
                linear: LinearWeights(weight: weight, bias: nil, format: format, window: 9),
                kernel: 3,
                stride: 1,
                padding: 1
            )
            let out = Matrix(rows: x.rows, columns: 20)
            compute.convolution(x, layer, samples: 2, grid: grid, into: out)
            return out.toArray()
        }
        let expected = result(.f32)
        let differences = zip(result(format), expected).reduce(0) {
            $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1)
        }
        #expect(differences / expected.reduce(0) { $0 + Double($1) * Double($1) } < bound)
    }

    @Test(
        "A layer that is packed in pieces is the same as one packed at once",
        arguments: WeightFormat.allCases
    )
    func pieces(_ format: WeightFormat) {
        let compute = Compute(workerCount: 1)
        let x = values(3, 64, seed: 3)
        let weight = values(37, 64, seed: 4)
        let whole = LinearWeights(weight: weight, bias: nil, format: format)
        let pieces = LinearWeights(outputs: 37, inputs: 64, bias: nil, format: format)
        for range in [20..<37, 0..<5, 5..<20] {
            pieces.pack(weight.rows(range), firstOutput: range.lowerBound)
        }
        let results = [whole, pieces].map { layer in
            let out = Matrix(rows: 3, columns: 37)
            compute.linear(x, layer, into: out)
            return out.toArray()
        }
        #expect(results[0] == results[1])
    }

    @Test("A row with a number that is none has no result that is one, the others are as before")
    func notFinite() {
        let compute = Compute(workerCount: 1)
        let x = values(3, 64, seed: 5)
        x[1, 7] = .nan
        let layer = LinearWeights(weight: values(20, 64, seed: 6), bias: nil, format: .int8)
        let out = Matrix(rows: 3, columns: 20)
        compute.linear(x, layer, into: out)
        #expect(out.row(1).toArray().allSatisfy { $0.isNaN })
        #expect(out.row(0).isFinite && out.row(2).isFinite)
    }

    @Test(
        "Bytes need inputs that can be rotated; weights take half, a quarter, or an eighth of single precision"
    )
    func sizes() {
        #expect(WeightFormat.int8.fits(inputs: 5120) && WeightFormat.int8.fits(inputs: 48))
        #expect(!WeightFormat.int8.fits(inputs: 36) && !WeightFormat.int8.fits(inputs: 1 << 20))
        #expect(WeightFormat.f32.fits(inputs: 3) && WeightFormat.bf16.fits(inputs: 3))
        #expect(WeightFormat.bf16.fits(inputs: 4, window: 9))
        #expect(!WeightFormat.bf16.fits(inputs: 3, window: 196))
        #expect(!WeightFormat.int4.fits(inputs: 64, window: 9))
        let byteCounts = WeightFormat.allCases.map { format in
            LinearWeights(outputs: 64, inputs: 256, bias: nil, format: format).byteCount
        }
        let scales = 64 * 4
        #expect(
            byteCounts == [
                64 * 256 * 4, 64 * 256 * 2, 64 * 256 + scales, 64 * 128 + 64 * 8 + scales,
            ]
        )
    }
}
