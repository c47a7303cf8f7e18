import CKernels
import TestSupport
import Testing

@Suite("Dot product kernel")
struct DotTests {
    @Test("The sum agrees with double precision", arguments: KernelSet.all, lengths)
    func dot(set: KernelSet, count: Int) {
        var random = SeededRandom(seed: 30)
        let a = GuardedRows(random.floats(count))
        let b = GuardedRows(random.floats(count))
        let sum = unsafe set.table.dot_f32(a.pointer, b.pointer, count)
        let expected = (0..<count).map { Double(a[0, $0]) * Double(b[0, $0]) }.reduce(0, +)
        expectClose([sum], [expected], absolute: 6e-7 * Double(count + 1).squareRoot())
    }

    @Test("NaN and infinity reach the sum", arguments: KernelSet.all)
    func notFinite(set: KernelSet) {
        let ones = GuardedRows([Float](repeating: 1, count: 19))
        for (bad, isNaN) in [(Float.nan, true), (.infinity, false)] {
            let x = GuardedRows((0..<19).map { $0 == 17 ? bad : 1 })
            let sum = unsafe set.table.dot_f32(ones.pointer, x.pointer, 19)
            #expect(sum.isNaN == isNaN && !sum.isFinite)
        }
    }
}
