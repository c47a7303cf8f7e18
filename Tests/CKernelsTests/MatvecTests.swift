import CKernels
import TestSupport
import Testing

@Suite("Matrix x vector kernels")
struct MatvecTests {
    @Test("The product agrees with double precision", arguments: KernelSet.all, lengths)
    func matvec(set: KernelSet, columns: Int) {
        var random = SeededRandom(seed: 30)
        for rows in [0, 1, 5] {
            let weights = GuardedRows(
                random.floats(rows * columns),
                rows: rows,
                columns: columns
            )
            let x = GuardedRows(random.floats(columns))
            let bias = GuardedRows(random.floats(rows))
            let expected = (0..<rows).map { row in
                (0..<columns).map { Double(weights[row, $0]) * Double(x[0, $0]) }.reduce(0, +)
            }
            let magnitude = Double(columns + 1).squareRoot()
            let out = GuardedRows(unwritten: 1, columns: rows)
            unsafe set.table.matvec_f32(
                out.pointer,
                weights.pointer,
                weights.stride,
                x.pointer,
                bias.pointer,
                rows,
                columns
            )
            expectClose(
                out.values,
                zip(expected, bias.values).map { $0 + Double($1) },
                absolute: 6e-7 * magnitude
            )
            unsafe set.table.matvec_f32(
                out.pointer,
                weights.pointer,
                weights.stride,
                x.pointer,
                nil,
                rows,
                columns
            )
            expectClose(out.values, expected, absolute: 6e-7 * magnitude)
            #expect(out.surroundingsIntact)
        }
    }

    @Test("A row's product does not depend on the rows around it", arguments: KernelSet.all)
    func rowAlone(set: KernelSet) {
        var random = SeededRandom(seed: 31)
        let weights = GuardedRows(random.floats(9 * 77), rows: 9, columns: 77)
        let x = GuardedRows(random.floats(77))
        let together = GuardedRows(unwritten: 1, columns: 9)
        unsafe set.table.matvec_f32(
            together.pointer,
            weights.pointer,
            weights.stride,
            x.pointer,
            nil,
            9,
            77
        )
        for row in 0..<9 {
            let alone = GuardedRows(unwritten: 1, columns: 1)
            let start = unsafe weights.pointer + row * weights.stride
            unsafe set.table.matvec_f32(
                alone.pointer,
                start,
                weights.stride,
                x.pointer,
                nil,
                1,
                77
            )
            #expect(alone[0, 0] == together[0, row])
            #expect(unsafe set.table.dot_f32(start, x.pointer, 77) == together[0, row])
        }
    }

    @Test("NaN and infinity reach the product", arguments: KernelSet.all)
    func notFinite(set: KernelSet) {
        let ones = GuardedRows([Float](repeating: 1, count: 19))
        for (bad, isNaN) in [(Float.nan, true), (.infinity, false)] {
            let x = GuardedRows((0..<19).map { $0 == 17 ? bad : 1 })
            let sum = unsafe set.table.dot_f32(ones.pointer, x.pointer, 19)
            #expect(sum.isNaN == isNaN && !sum.isFinite)
        }
    }
}
