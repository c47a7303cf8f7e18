import CKernels
import TestSupport
import Testing

@Suite("Element-wise kernels")
struct ElementwiseTests {
    /// Two vectors of `count` seeded numbers.
    private func operands(_ count: Int) -> (a: [Float], b: [Float]) {
        var random = SeededRandom(seed: 10)
        return (random.floats(count, in: -6...6), random.floats(count))
    }

    @Test("Add, scale and axpy agree with double precision", arguments: KernelSet.all, lengths)
    func sums(set: KernelSet, count: Int) {
        let (a, b) = operands(count)
        let x = GuardedRows(a)
        let y = GuardedRows(b)
        let out = GuardedRows(unwritten: 1, columns: count)
        unsafe set.table.add_f32(out.pointer, x.pointer, y.pointer, count)
        #expect(out.values == zip(a, b).map { $0 + $1 })
        unsafe set.table.scale_f32(out.pointer, x.pointer, 1.7, count)
        #expect(out.values == a.map { $0 * 1.7 })
        unsafe set.table.axpy_f32(y.pointer, x.pointer, 0.3, count)
        let expected = zip(a, b).map { Double($1) + Double(Float(0.3)) * Double($0) }
        expectClose(y.values, expected, absolute: 4e-7)
        unsafe set.table.add_f32(x.pointer, x.pointer, x.pointer, count)
        #expect(x.values == a.map { $0 + $0 })
        #expect(out.surroundingsIntact && x.surroundingsIntact && y.surroundingsIntact)
    }

    @Test(
        "Row-wise bias and scaled addition agree with double precision",
        arguments: KernelSet.all,
        lengths
    )
    func rowWise(set: KernelSet, columns: Int) {
        var random = SeededRandom(seed: 11)
        let rows = 3
        let start = random.floats(rows * columns)
        let added = random.floats(rows * columns)
        let row = random.floats(columns)
        let gamma = GuardedRows(row)
        let x = GuardedRows(added, rows: rows, columns: columns, gap: 1)
        let scaled = GuardedRows(start, rows: rows, columns: columns)
        unsafe set.table.scaled_rows_add_f32(
            scaled.pointer,
            scaled.stride,
            x.pointer,
            x.stride,
            gamma.pointer,
            rows,
            columns
        )
        let expected = start.indices.map {
            Double(start[$0]) + Double(row[$0 % columns]) * Double(added[$0])
        }
        expectClose(scaled.values, expected, absolute: 1e-6)
        let biased = GuardedRows(start, rows: rows, columns: columns)
        unsafe set.table.bias_add_f32(
            biased.pointer,
            biased.stride,
            gamma.pointer,
            rows,
            columns
        )
        #expect(biased.values == start.indices.map { start[$0] + row[$0 % columns] })
        #expect(scaled.surroundingsIntact && biased.surroundingsIntact)
    }

    /// Runs an activation from one vector into another, or in place.
    private typealias Activation = (_ out: GuardedRows<Float>, _ x: GuardedRows<Float>) -> Void

    /// The activations of an instruction set that are smooth, and the functions they compute.
    private func smoothActivations(
        _ set: KernelSet
    ) -> [(kernel: Activation, function: (Double) -> Double)] {
        let table = unsafe set.table
        return [
            (
                { out, x in unsafe table.silu_f32(out.pointer, x.pointer, x.columns) },
                Reference.silu
            ),
            (
                { out, x in unsafe table.quick_gelu_f32(out.pointer, x.pointer, x.columns) },
                { $0 / (1 + Reference.exp(-1.702 * $0)) }
            ),
            (
                { out, x in unsafe table.gelu_f32(out.pointer, x.pointer, x.columns) },
                Reference.gelu
            ),
        ]
    }

    @Test(
        "Smooth activations agree with double precision, also in place",
        arguments: KernelSet.all,
        lengths
    )
    func activations(set: KernelSet, count: Int) {
        let (a, _) = operands(count)
        for (kernel, function) in smoothActivations(set) {
            let x = GuardedRows(a)
            let out = GuardedRows(unwritten: 1, columns: count)
            kernel(out, x)
            expectClose(
                out.values,
                a.map { function(Double($0)) },
                absolute: 5e-7,
                relative: 4e-7
            )
            kernel(x, x)
            #expect(x.values == out.values)
            #expect(x.surroundingsIntact && out.surroundingsIntact)
        }
    }

    @Test(
        "An element's activation is the same bits wherever in a run it lies",
        arguments: KernelSet.all
    )
    func places(set: KernelSet) {
        let (a, _) = operands(97)
        for (kernel, _) in smoothActivations(set) {
            let whole = GuardedRows(unwritten: 1, columns: 97)
            kernel(whole, GuardedRows(a))
            for first in 0..<a.count {
                for count in [1, 5, 16, 33] where first + count <= a.count {
                    let part = GuardedRows(unwritten: 1, columns: count)
                    kernel(part, GuardedRows(Array(a[first..<first + count])))
                    #expect(part.values == Array(whole.values[first..<first + count]))
                }
            }
        }
    }

    @Test("The rectifier keeps what is positive", arguments: KernelSet.all, lengths)
    func rectifier(set: KernelSet, count: Int) {
        let (a, _) = operands(count)
        let x = GuardedRows(a)
        unsafe set.table.relu_f32(x.pointer, x.pointer, count)
        #expect(x.values == a.map { max($0, 0) })
        #expect(x.surroundingsIntact)
    }

    @Test("Gated units agree with double precision", arguments: KernelSet.all, lengths)
    func gatedUnits(set: KernelSet, columns: Int) {
        var random = SeededRandom(seed: 12)
        let rows = 2
        let input = random.floats(rows * 2 * columns)
        let x = GuardedRows(input, rows: rows, columns: 2 * columns)
        let out = GuardedRows(unwritten: rows, columns: columns)
        let pairs = (0..<rows * columns).map { index in
            let start = index / max(columns, 1) * 2 * columns + index % max(columns, 1)
            return (first: Double(input[start]), second: Double(input[start + columns]))
        }
        unsafe set.table.swiglu_f32(out.pointer, out.stride, x.pointer, x.stride, rows, columns)
        expectClose(
            out.values,
            pairs.map { Reference.silu($0.first) * $0.second },
            absolute: 1e-6
        )
        unsafe set.table.geglu_f32(out.pointer, out.stride, x.pointer, x.stride, rows, columns)
        expectClose(
            out.values,
            pairs.map { $0.first * Reference.gelu($0.second) },
            absolute: 1e-6
        )
        #expect(out.surroundingsIntact)
    }

    @Test("Activations of NaN and infinities follow the formulas", arguments: KernelSet.all)
    func notFinite(set: KernelSet) {
        let x = GuardedRows([.nan, .infinity, -.infinity, -0.0])
        let out = GuardedRows(unwritten: 1, columns: 4)
        unsafe set.table.relu_f32(out.pointer, x.pointer, 4)
        #expect(out[0, 0].isNaN && out[0, 1] == .infinity && out[0, 2] == 0 && out[0, 3] == 0)
        for (kernel, _) in smoothActivations(set) {
            kernel(out, x)
            #expect(out[0, 0].isNaN && out[0, 1] == .infinity && out[0, 2].isNaN && out[0, 3] == 0)
        }
    }
}
