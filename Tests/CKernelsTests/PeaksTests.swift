import CKernels
import Testing

@Suite("Peaks")
struct PeaksTests {
    @Test("Counts the operations of all chains and stays finite", arguments: KernelSet.all)
    func operations(set: KernelSet) {
        var count = 0
        let result = unsafe set.table.peak_f32(1000, 0.999, &count)
        #expect(result.isFinite)
        // At least three chains of sixteen lanes, a multiplication and an addition each.
        #expect(count >= 1000 * 3 * 16 * 2)
        #expect(count % (1000 * 16 * 2) == 0)
    }

    @Test("Counts the operations of bytes, and sums them", arguments: KernelSet.all)
    func bytes(set: KernelSet) {
        var count = 0
        // Each iteration adds four products of 1 and 1, or where weights are stored with 128 added, of 129 and 1.
        let sum = unsafe set.table.peak_i8(1000, 0x0101_0101, &count)
        let chains = count / (1000 * 16 * 8)
        #expect(chains >= 3 && count == chains * 1000 * 16 * 8)
        let starts = 16 * chains * (chains - 1) / 2
        let added = 1000 * 16 * 4 * chains
        #expect([starts + added, starts + 129 * added].contains(Int(sum)))
    }

    @Test("Reads every element exactly once", arguments: KernelSet.all)
    func reading(set: KernelSet) {
        for count in [0, 63, 64, 65, 640, 1000] {
            let numbers = (0..<count).map { UInt32($0) &* 2_654_435_761 }
            let whole = count / 64 * 64
            let expected = numbers.prefix(whole).reduce(UInt32(0), &+)
            #expect(unsafe set.table.read_u32(numbers, count) == expected)
        }
    }
}
