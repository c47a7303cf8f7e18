import CKernels
import TestSupport
import Testing

@Suite("Matrix product with packed weights")
struct MatmulTests {
    /// Rows up to a tile's height, then several tiles of every remainder; 29 and 70 are the last.
    private static let rowCounts = Array(0...14) + [18, 24, 25, 29, 70]

    /// A random product: x, a row-major weight, its packed form and a bias.
    private struct Product {
        let x: GuardedRows<Float>
        let weight: GuardedRows<Float>
        let packed: GuardedRows<Float>
        let bias: GuardedRows<Float>
        let before: [Float]
        var inputs: Int { x.columns }
        var outputs: Int { weight.rows }

        init(_ set: KernelSet, rows: Int, inputs: Int, outputs: Int) {
            var random = SeededRandom(seed: UInt64(rows + 100 * inputs + 10_000 * outputs))
            x = GuardedRows(random.floats(rows * inputs), rows: rows, columns: inputs)
            weight = GuardedRows(random.floats(outputs * inputs), rows: outputs, columns: inputs)
            bias = GuardedRows(random.floats(outputs))
            before = random.floats(rows * outputs)
            packed = GuardedRows(
                [Float](repeating: 0, count: (outputs + 15) / 16 * inputs * 16)
            )
            unsafe set.table.matmul_pack_f32(
                packed.pointer,
                weight.pointer,
                weight.stride,
                inputs,
                0,
                outputs
            )
        }

        /// The kernel's result for `rows`, starting from `before`.
        func result(_ set: KernelSet, rows: Range<Int>, bias: Bool, adding: Bool) -> [Float] {
            let out = GuardedRows(
                Array(before[rows.lowerBound * outputs..<rows.upperBound * outputs]),
                rows: rows.count,
                columns: outputs
            )
            unsafe set.table.matmul_f32(
                out.pointer,
                out.stride,
                x.pointer + rows.lowerBound * x.stride,
                x.stride,
                packed.pointer,
                bias ? self.bias.pointer : nil,
                rows.count,
                inputs,
                outputs,
                adding ? 1 : 0
            )
            #expect(out.surroundingsIntact)
            return out.values
        }

        /// The chain of fused operations that the kernel promises, element by element.
        func chain(bias: Bool, adding: Bool) -> [Float] {
            (0..<x.rows).flatMap { row in
                (0..<outputs).map { output in
                    var sum: Float = bias ? self.bias[0, output] : 0
                    if adding { sum = before[row * outputs + output] + sum }
                    for input in 0..<inputs {
                        sum.addProduct(x[row, input], weight[output, input])
                    }
                    return sum
                }
            }
        }
    }

    @Test(
        "Every element is one chain of fused operations in the order of the inputs, bit for bit",
        arguments: KernelSet.all
    )
    func chain(set: KernelSet) {
        for rows in [1, 2, 5, 7, 13] {
            for (inputs, outputs) in [(0, 3), (1, 1), (3, 16), (17, 33), (40, 79), (385, 5)] {
                let product = Product(set, rows: rows, inputs: inputs, outputs: outputs)
                for (bias, adding) in [(false, false), (true, false), (false, true), (true, true)] {
                    let actual = product.result(set, rows: 0..<rows, bias: bias, adding: adding)
                    let expected = product.chain(bias: bias, adding: adding)
                    #expect(
                        actual == expected,
                        "[\(rows), \(inputs)] x [\(outputs)], bias \(bias), adding \(adding)"
                    )
                }
            }
        }
    }

    @Test(
        "A row's bits do not depend on the rows beside it or on the place of the cut",
        arguments: KernelSet.all,
        [(31, 20), (400, 70)]
    )
    func rowsAlone(set: KernelSet, sizes: (inputs: Int, outputs: Int)) {
        let product = Product(set, rows: 70, inputs: sizes.inputs, outputs: sizes.outputs)
        let alone = (0..<70).map {
            product.result(set, rows: $0..<$0 + 1, bias: true, adding: true)
        }
        for count in Self.rowCounts {
            for first in [0, 70 - count] {
                let together = product.result(
                    set,
                    rows: first..<first + count,
                    bias: true,
                    adding: true
                )
                #expect(together == alone[first..<first + count].flatMap(\.self))
            }
        }
    }

    @Test("Every instruction set computes the same bits")
    func instructionSets() {
        for (rows, inputs, outputs) in [(1, 130, 50), (6, 33, 100), (30, 800, 290)] {
            let results = KernelSet.all.map { set in
                Product(set, rows: rows, inputs: inputs, outputs: outputs)
                    .result(set, rows: 0..<rows, bias: true, adding: false)
            }
            for result in results.dropFirst() { #expect(result == results[0]) }
        }
    }

    @Test(
        "The fused operation rounds once, also next to ties, overflow and zero",
        arguments: KernelSet.all
    )
    func roundsOnce(set: KernelSet) {
        var random = SeededRandom(seed: 41)
        // Mantissas with long runs of equal bits make sums close to a tie; exponents cover all there are.
        func value() -> Float {
            let run = UInt32.max << UInt32(random.next() % 24)
            let bits = UInt32(truncatingIfNeeded: random.next())
            let mantissa = (random.next() % 2 == 0 ? bits : bits & run) & 0x7fffff
            let exponent = random.next() % 4 == 0 ? bits >> 24 : 120 + bits >> 29
            return Float(bitPattern: (bits & 0x8000_0000) | exponent << 23 & 0x7f80_0000 | mantissa)
        }
        for _ in 0..<4000 {
            let (a, b, c) = (value(), value(), value())
            let x = GuardedRows([a])
            let weight = GuardedRows([b] + [Float](repeating: 0, count: 15))
            let bias = GuardedRows([c])
            let out = GuardedRows(unwritten: 1, columns: 1)
            unsafe set.table.matmul_f32(
                out.pointer,
                1,
                x.pointer,
                1,
                weight.pointer,
                bias.pointer,
                1,
                1,
                1,
                0
            )
            let expected = c.addingProduct(a, b)
            #expect(
                out[0, 0].bitPattern == expected.bitPattern || (out[0, 0].isNaN && expected.isNaN),
                "\(a) * \(b) + \(c)"
            )
        }
    }

    @Test("Packing in pieces of any size is packing at once", arguments: KernelSet.all)
    func packsInPieces(set: KernelSet) {
        let (outputs, inputs) = (53, 37)
        let product = Product(set, rows: 1, inputs: inputs, outputs: outputs)
        for output in 0..<64 {
            for input in 0..<inputs {
                let place = (output / 16 * inputs + input) * 16 + output % 16
                let expected = output < outputs ? product.weight[output, input] : 0
                #expect(product.packed[0, place] == expected)
            }
        }
        for piece in [1, 5, 16, 20] {
            let packed = GuardedRows([Float](repeating: 0, count: 4 * inputs * 16))
            for first in stride(from: 0, to: outputs, by: piece) {
                unsafe set.table.matmul_pack_f32(
                    packed.pointer,
                    product.weight.pointer + first * product.weight.stride,
                    product.weight.stride,
                    inputs,
                    first,
                    min(piece, outputs - first)
                )
            }
            #expect(packed.values == product.packed.values)
            #expect(packed.surroundingsIntact)
        }
    }

    @Test(
        "Packing rows that are inputs, in pieces, packs the transposed weight",
        arguments: KernelSet.all
    )
    func packsInputs(set: KernelSet) {
        for (outputs, inputs) in [(53, 37), (16, 4), (5, 9)] {
            let product = Product(set, rows: 1, inputs: inputs, outputs: outputs)
            let transposed = GuardedRows(rows: inputs, columns: outputs) { product.weight[$1, $0] }
            for piece in [1, 6, inputs] {
                let count = (outputs + 15) / 16 * inputs * 16
                let packed = GuardedRows([Float](repeating: 0, count: count))
                for first in stride(from: 0, to: inputs, by: piece) {
                    unsafe set.table.matmul_pack_inputs_f32(
                        packed.pointer,
                        transposed.pointer + first * transposed.stride,
                        transposed.stride,
                        inputs,
                        outputs,
                        first,
                        min(piece, inputs - first)
                    )
                }
                #expect(packed.values == product.packed.values)
                #expect(packed.surroundingsIntact)
            }
        }
    }

    @Test("What was never packed reaches no result", arguments: KernelSet.all)
    func unpackedLanes(set: KernelSet) {
        let product = Product(set, rows: 14, inputs: 20, outputs: 21)
        let clean = product.result(set, rows: 0..<14, bias: true, adding: true)
        for input in 0..<20 {
            for lane in 5..<16 { unsafe product.packed.pointer[(20 + input) * 16 + lane] = .nan }
        }
        #expect(product.result(set, rows: 0..<14, bias: true, adding: true) == clean)
    }

    @Test("Infinity and NaN stay in their row", arguments: KernelSet.all)
    func notFinite(set: KernelSet) {
        let (rows, inputs, outputs) = (14, 20, 18)
        let product = Product(set, rows: rows, inputs: inputs, outputs: outputs)
        let clean = product.result(set, rows: 0..<rows, bias: true, adding: false)
        for bad in [Float.nan, .infinity] {
            unsafe product.x.pointer[3 * product.x.stride + 7] = bad
            let result = product.result(set, rows: 0..<rows, bias: true, adding: false)
            for row in 0..<rows where row != 3 {
                let range = row * outputs..<(row + 1) * outputs
                #expect(result[range] == clean[range])
            }
            #expect(result[3 * outputs..<4 * outputs].allSatisfy { !$0.isFinite })
        }
    }
}
