import TestSupport
import Testing

@testable import Tensors

@Suite("Attention over signed bytes")
struct ByteAttentionTests {
    private let compute = Compute(workerCount: 2)
    private let rows = 200
    private let heads = 2
    private let headSize = 64

    private func random(_ columns: Int, seed: UInt64) -> Matrix {
        var random = SeededRandom(seed: seed)
        return Matrix(
            rows: rows,
            columns: columns,
            values: random.floats(rows * columns, in: -2...2)
        )
    }

    private func attention(
        _ q: Matrix,
        _ k: Matrix,
        _ v: Matrix,
        heads: Int,
        scale: Float,
        _ format: WeightFormat
    ) -> Matrix {
        let out = Matrix(rows: rows, columns: v.columns)
        compute.attention(q: q, k: k, v: v, heads: heads, scale: scale, format: format, into: out)
        return out
    }

    /// Squared error over squared result.
    private func error(_ rounded: Matrix, _ exact: Matrix) -> Double {
        let pairs = zip(rounded.toArray(), exact.toArray())
        let missed = pairs.reduce(0.0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
        return missed / exact.toArray().reduce(0.0) { $0 + Double($1 * $1) }
    }

    @Test(
        "It misses single precision by less than a thousandth, whatever keys and values have in common",
        arguments: [(Float(0), Float(0)), (20, 0), (0, 5)]
    )
    func closeToSinglePrecision(keyOffset: Float, valueOffset: Float) {
        let width = heads * headSize
        let (q, k, v) = (random(width, seed: 1), random(width, seed: 2), random(width, seed: 3))
        // In every third channel.
        for row in 0..<rows {
            for column in stride(from: 0, to: width, by: 3) {
                k[row, column] += keyOffset
                v[row, column] += valueOffset
            }
        }
        let exact = attention(q, k, v, heads: heads, scale: 0.125, .f32)
        let rounded = attention(q, k, v, heads: heads, scale: 0.125, .int8)
        #expect(error(rounded, exact) < 1e-3)
        #expect(rounded.toArray() != exact.toArray())
        #expect(
            attention(q, k, v, heads: heads, scale: 0.125, .int4).toArray() == rounded.toArray()
        )
    }

    @Test("Many keys of a small share outweigh one of a large share")
    func manySmallShares() {
        // The first key's share is e^7 = 1097 times that of the others, which are 199 of value 1.
        let (q, k, v) = (
            Matrix(rows: rows, columns: 16), Matrix(rows: rows, columns: 16),
            Matrix(rows: rows, columns: 16)
        )
        for row in 0..<rows {
            q[row, 0] = 7
            k[row, 0] = row == 0 ? 1 : 0
            for column in 0..<16 { v[row, column] = row == 0 ? 0 : 1 }
        }
        let rounded = attention(q, k, v, heads: 1, scale: 1, .int8)
        #expect(abs(rounded[5, 3] - 199.0 / (1096.6 + 199)) < 5e-3)
    }

    @Test("Heads that cannot be rotated are computed in single precision")
    func narrowHeads() {
        let (q, k, v) = (random(24, seed: 4), random(24, seed: 5), random(24, seed: 6))
        let exact = attention(q, k, v, heads: 3, scale: 0.5, .f32)
        #expect(attention(q, k, v, heads: 3, scale: 0.5, .int8).toArray() == exact.toArray())
    }

    @Test("What is not a number stays none")
    func notFinite() {
        for bad in [Float.nan, .infinity] {
            let (q, k, v) = (random(32, seed: 7), random(32, seed: 8), random(32, seed: 9))
            v[7, 20] = bad
            q[3, 0] = bad
            let out = attention(q, k, v, heads: 2, scale: 0.25, .int8)
            #expect(out[0, 20].isNaN && out[0, 19].isFinite)
            #expect(out[3, 0].isNaN && out[3, 16].isFinite)
            k[2, 1] = bad
            #expect(attention(q, k, v, heads: 2, scale: 0.25, .int8)[0, 0].isNaN)
        }
    }
}
