import CKernels
import TestSupport
import Testing

@Suite("Attention kernels")
struct AttentionTests {
    private func softmax(_ scores: [Double]) -> [Double] {
        let largest = scores.max() ?? 0
        let powers = scores.map { Reference.exp($0 - largest) }
        let sum = powers.reduce(0, +)
        return powers.map { $0 / sum }
    }

    @Test("Softmax agrees with double precision", arguments: KernelSet.all, lengths)
    func softmaxRows(set: KernelSet, columns: Int) {
        var random = SeededRandom(seed: 20)
        let input = random.floats(3 * columns, in: -30...30)
        let x = GuardedRows(input, rows: 3, columns: columns)
        unsafe set.table.softmax_rows_f32(x.pointer, x.stride, 3, columns, 0.25)
        let expected = (0..<3).flatMap { row in
            softmax((0..<columns).map { Double(input[row * columns + $0]) * 0.25 })
        }
        expectClose(x.values, expected, absolute: 1e-9, relative: 1e-6)
        #expect(x.surroundingsIntact)
    }

    @Test("Softmax with a negative scale agrees with double precision", arguments: KernelSet.all)
    func softmaxNegativeScale(set: KernelSet) {
        var random = SeededRandom(seed: 21)
        let input = random.floats(37, in: -30...30)
        let x = GuardedRows(input)
        unsafe set.table.softmax_rows_f32(x.pointer, x.stride, 1, 37, -2)
        expectClose(
            x.values,
            softmax(input.map { Double($0) * -2 }),
            absolute: 1e-9,
            relative: 1e-6
        )
    }

    @Test("A row of only minus infinity becomes zeros", arguments: KernelSet.all, [1, 16, 33])
    func softmaxAllHidden(set: KernelSet, columns: Int) {
        let x = GuardedRows(rows: 2, columns: columns) { row, column in
            row == 0 || column > 0 ? -.infinity : 5
        }
        unsafe set.table.softmax_rows_f32(x.pointer, x.stride, 2, columns, 0.5)
        let first: [Float] = [1] + [Float](repeating: 0, count: columns - 1)
        #expect(x.values == [Float](repeating: 0, count: columns) + first)
    }

    @Test(
        "NaN or plus infinity makes its whole row NaN",
        arguments: KernelSet.all,
        [0, 5, 15, 16, 36]
    )
    func softmaxNotFinite(set: KernelSet, place: Int) {
        for bad in [Float.nan, .infinity] {
            for rest in [Float(1), -.infinity] {
                let x = GuardedRows(rows: 2, columns: 37) { row, column in
                    row == 0 ? (column == place ? bad : rest) : 1
                }
                unsafe set.table.softmax_rows_f32(x.pointer, x.stride, 2, 37, 1)
                #expect(x.values[0..<37].allSatisfy { $0.isNaN })
                expectClose(
                    Array(x.values[37...]),
                    [Double](repeating: 1 / 37, count: 37),
                    absolute: 1e-8
                )
            }
        }
    }

    @Test(
        "The rotary embedding turns each pair",
        arguments: KernelSet.all,
        [0, 2, 14, 16, 34, 64, 128]
    )
    func rotary(set: KernelSet, headSize: Int) {
        var random = SeededRandom(seed: 24)
        let (rows, heads, half) = (3, 2, headSize / 2)
        let input = random.floats(rows * heads * headSize)
        let cosine = GuardedRows(random.floats(rows * half))
        let sine = GuardedRows(random.floats(rows * half))
        let x = GuardedRows(input, rows: rows, columns: heads * headSize)
        unsafe set.table.rotary_f32(
            x.pointer,
            x.stride,
            cosine.pointer,
            sine.pointer,
            rows,
            heads,
            headSize
        )
        let expected = input.indices.map { index -> Double in
            let row = index / (heads * headSize)
            let place = index % headSize
            let angle = row * half + place % half
            let isFirst = place < half
            let partner = Double(input[isFirst ? index + half : index - half])
            return Double(input[index]) * Double(cosine[0, angle])
                + (isFirst ? -partner : partner) * Double(sine[0, angle])
        }
        expectClose(x.values, expected, absolute: 6e-7)
        #expect(x.surroundingsIntact)
    }
}
