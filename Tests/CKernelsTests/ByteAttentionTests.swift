import CKernels
import TestSupport
import Testing

@Suite("Attention over signed bytes")
struct ByteAttentionTests {
    /// A softmax's shares as two bytes each.
    private struct Shares {
        let stride: Int
        var high: [Int8]
        var low: [Int8]
        var sums: (high: [Int32], low: [Int32])
        var scales: (high: [Float], low: [Float])

        init(_ set: KernelSet, _ rows: [[Float]], scale: Float) {
            let columns = rows[0].count
            stride = (columns + 63) / 64 * 64
            high = [Int8](repeating: 99, count: rows.count * stride)
            low = high
            let groups = [Int32](repeating: -1, count: rows.count * stride / 32)
            sums = (groups, groups)
            let missing = [Float](repeating: -1, count: rows.count)
            scales = (missing, missing)
            let x = GuardedRows(rows.flatMap { $0 }, rows: rows.count, columns: columns)
            unsafe set.table.softmax_rows_i8(
                &high,
                &low,
                stride,
                &sums.high,
                &sums.low,
                &scales.high,
                &scales.low,
                x.pointer,
                x.stride,
                rows.count,
                columns,
                scale
            )
            #expect(x.surroundingsIntact)
        }

        /// What the bytes of a row stand for, its padding included.
        func row(_ row: Int) -> [Double] {
            (row * stride..<(row + 1) * stride).map {
                Double(high[$0]) * Double(scales.high[row])
                    + Double(low[$0]) * Double(scales.low[row])
            }
        }
    }

    @Test(
        "Shares are within a 64,000th of the largest, and one together",
        arguments: KernelSet.all,
        [1, 16, 33, 64, 100, 4099]
    )
    func softmax(set: KernelSet, columns: Int) {
        var random = SeededRandom(seed: 31)
        let rows = (0..<3).map { _ in random.floats(columns, in: -30...30) }
        let shares = Shares(set, rows, scale: 0.25)
        for (index, row) in rows.enumerated() {
            let largest = row.max() ?? 0
            let powers = row.map { Reference.exp(Double($0 - largest) * 0.25) }
            let sum = powers.reduce(0, +)
            let values = shares.row(index)
            // Half a step of a 127th of a 254th, for each of them and for their sum.
            let bound = 1.01 * (1 + Double(columns) / sum) / (2 * 127 * 254)
            for (value, power) in zip(values, powers) {
                #expect(abs(value - power / sum) * sum <= bound)
            }
            #expect(values.dropFirst(columns).allSatisfy { $0 == 0 })
            #expect(abs(values.reduce(0, +) - 1) < 1e-6)
        }
    }

    @Test("Sums are those of each 32 bytes", arguments: KernelSet.all)
    func sums(set: KernelSet) {
        var random = SeededRandom(seed: 32)
        let shares = Shares(set, (0..<2).map { _ in random.floats(100, in: -9...9) }, scale: 1)
        for (bytes, sums) in [(shares.high, shares.sums.high), (shares.low, shares.sums.low)] {
            for (group, sum) in sums.enumerated() {
                let own = bytes[32 * group..<32 * (group + 1)]
                #expect(sum == own.reduce(0) { $0 + Int32($1) })
            }
        }
    }

    @Test("Keys that are hidden have no share, and a row of only these is zeros")
    func hidden() {
        for set in KernelSet.all {
            let shares = Shares(
                set,
                [[-.infinity, 2, -.infinity], [-.infinity, -.infinity, -.infinity]],
                scale: 0.5
            )
            #expect(shares.row(0)[0] == 0 && shares.row(0)[2] == 0)
            #expect(abs(shares.row(0)[1] - 1) < 1e-6)
            #expect(shares.row(1).allSatisfy { $0 == 0 })
        }
    }

    @Test(
        "NaN or plus infinity makes its whole row NaN",
        arguments: KernelSet.all,
        [0, 15, 16, 36]
    )
    func softmaxNotFinite(set: KernelSet, place: Int) {
        for bad in [Float.nan, .infinity] {
            var row = [Float](repeating: 1, count: 37)
            row[place] = bad
            let shares = Shares(set, [row, [Float](repeating: 1, count: 37)], scale: 1)
            #expect(shares.scales.high[0].isNaN && shares.scales.low[0].isNaN)
            #expect(shares.scales.high[1] > 0)
        }
    }

    @Test("Columns' extremes are found; not a number is one of what is not finite")
    func extremes() {
        var random = SeededRandom(seed: 33)
        for set in KernelSet.all {
            for columns in [1, 15, 16, 40] {
                var values = random.floats(5 * columns, in: -3...3)
                values[2 * columns] = columns == 15 ? .nan : columns == 16 ? -.infinity : 1
                let x = GuardedRows(values, rows: 5, columns: columns)
                let least = GuardedRows(unwritten: 1, columns: columns)
                let most = GuardedRows(unwritten: 1, columns: columns)
                unsafe set.table.column_extremes_f32(
                    least.pointer,
                    most.pointer,
                    x.pointer,
                    x.stride,
                    5,
                    columns
                )
                for column in 0..<columns {
                    let own = (0..<5).map { values[$0 * columns + column] }
                    if own.allSatisfy(\.isFinite) {
                        #expect(least[0, column] == own.min() && most[0, column] == own.max())
                    } else {
                        #expect(least[0, column].isNaN && most[0, column].isNaN)
                    }
                }
                #expect(least.surroundingsIntact && most.surroundingsIntact)
            }
        }
    }

    @Test(
        "A weight that lies with its inputs as rows is packed as its bytes would be",
        arguments: [(1, 1), (3, 16), (64, 17), (100, 40), (257, 33)]
    )
    func packsInputs(inputs: Int, outputs: Int) {
        var random = SeededRandom(seed: UInt64(inputs))
        var values = random.floats(inputs * outputs, in: -2...2)
        // A column of zeros has no scale.
        for input in 0..<inputs { values[input * outputs] = 0 }
        func column(_ output: Int) -> [Float] {
            (0..<inputs).map { values[$0 * outputs + output] }
        }
        let largest = (0..<outputs).map { column($0).map(\.magnitude).max() ?? 0 }
        let bytes = (0..<outputs).flatMap { output in
            column(output).map { value in
                largest[output] == 0
                    ? 0 : Int8((value * (127 / largest[output])).rounded(.toNearestOrEven))
            }
        }
        let size = (outputs + 15) / 16 * 16 * ((inputs + 63) / 64 * 64)
        for set in KernelSet.all {
            var expected = [UInt8](repeating: 128, count: size)
            unsafe set.table.matmul_pack_i8(&expected, bytes, inputs, inputs, 0, outputs)
            var packed = [UInt8](repeating: 1, count: size)
            for first in stride(from: 0, to: inputs, by: 128) {
                let count = min(128, inputs - first)
                let rows = Array(values[first * outputs..<(first + count) * outputs])
                let x = GuardedRows(rows, rows: count, columns: outputs)
                unsafe set.table.matmul_pack_inputs_i8(
                    &packed,
                    x.pointer,
                    x.stride,
                    inputs,
                    outputs,
                    first,
                    count,
                    largest
                )
            }
            #expect(packed == expected, "\(set.name)")
        }
    }
}

extension SameBitsTests {
    static let byteAttention: [Kernel] = [
        Kernel(name: "softmax_rows_i8") { set, o in
            let stride = (o.columns + 63) / 64 * 64
            var (high, low) = (
                [Int8](repeating: 0, count: 3 * stride), [Int8](repeating: 0, count: 3 * stride)
            )
            let none = [Int32](repeating: 0, count: 3 * stride / 32)
            var (highSums, lowSums) = (none, none)
            var (highScales, lowScales) = (
                [Float](repeating: 0, count: 3), [Float](repeating: 0, count: 3)
            )
            unsafe set.table.softmax_rows_i8(
                &high,
                &low,
                stride,
                &highSums,
                &lowSums,
                &highScales,
                &lowScales,
                o.x.pointer,
                o.x.stride,
                3,
                o.columns,
                0.7
            )
            return (high + low).map(Float.init) + (highSums + lowSums).map(Float.init) + highScales
                + lowScales
        },
        Kernel(name: "column_extremes, matmul_pack_inputs_i8") { set, o in
            let (least, most) = (
                GuardedRows(unwritten: 1, columns: o.columns),
                GuardedRows(unwritten: 1, columns: o.columns)
            )
            unsafe set.table.column_extremes_f32(
                least.pointer,
                most.pointer,
                o.x.pointer,
                o.x.stride,
                3,
                o.columns
            )
            let largest = zip(least.values, most.values).map { max(-$0, $1) }
            var packed = [UInt8](repeating: 128, count: (o.columns + 15) / 16 * 16 * 64)
            unsafe set.table.matmul_pack_inputs_i8(
                &packed,
                o.x.pointer,
                o.x.stride,
                3,
                o.columns,
                0,
                3,
                largest
            )
            return least.values + most.values + packed.map(Float.init)
        },
    ]
}
