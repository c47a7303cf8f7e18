import CKernels
import TestSupport
import Testing

/// Keys and values of one sequence in blocks of a pool, in an order of their own.
private struct Pool {
    let heads: Int
    let headSize: Int
    let keys: [Float]  // [positions, heads * headSize]
    let values: [Float]
    let table: [Int32]
    /// Per block keys [heads, headSize, 16], then values [heads, 16, headSize].
    let blocks: GuardedRows<Float>

    private var width: Int { heads * headSize }
    var valueOffset: Int { 16 * width }
    var scale: Float { 1 / Float(headSize).squareRoot() }

    /// Stores positions piece by piece; slots that nothing was stored in stay NaN.
    init(_ set: KernelSet, positions: Int, heads: Int, headSize: Int, seed: UInt64) {
        var random = SeededRandom(seed: seed)
        self.heads = heads
        self.headSize = headSize
        keys = random.floats(positions * heads * headSize)
        values = random.floats(positions * heads * headSize)
        let count = (positions + 15) / 16
        table = (0..<count).map { Int32(($0 * 5 + 3) % (count + 2)) }.reduce(into: []) {
            table,
            block in
            table.append(table.contains(block) ? Int32(count + 2 + table.count) : block)
        }
        let width = heads * headSize
        blocks = GuardedRows(rows: 2 * count + 2, columns: 32 * width) { _, _ in .nan }
        var position = 0
        while position < positions {
            let slot = position % 16
            let piece = min(16 - slot, positions - position, 1 + position % 7)
            let k = GuardedRows(
                Array(keys[position * width..<(position + piece) * width]),
                rows: piece,
                columns: width
            )
            let v = GuardedRows(
                Array(values[position * width..<(position + piece) * width]),
                rows: piece,
                columns: width
            )
            let block = unsafe blocks.pointer + Int(table[position / 16]) * blocks.stride
            unsafe set.table.paged_store_f32(
                block,
                block + 16 * width,
                k.pointer,
                k.stride,
                v.pointer,
                v.stride,
                slot,
                piece,
                heads,
                headSize
            )
            position += piece
        }
    }

    /// Results of queries `range`, whose first sees `range.lowerBound + 1` positions.
    func attend(_ set: KernelSet, _ q: [Float], _ range: Range<Int>, head: Int) -> [Float] {
        let queries = GuardedRows(
            Array(q[range.lowerBound * headSize..<range.upperBound * headSize]),
            rows: range.count,
            columns: headSize
        )
        let out = GuardedRows(unwritten: range.count, columns: headSize)
        let keyCount = (range.upperBound + 15) / 16 * 16
        let scores = GuardedRows(unwritten: 1, columns: 8 * keyCount)
        unsafe table.withUnsafeBufferPointer { table in
            guard let table = table.baseAddress else { return }
            unsafe set.table.paged_attention_f32(
                out.pointer,
                out.stride,
                queries.pointer,
                queries.stride,
                range.count,
                blocks.pointer + 16 * head * headSize,
                blocks.pointer + valueOffset + 16 * head * headSize,
                table,
                blocks.stride,
                range.lowerBound + 1,
                headSize,
                scale,
                scores.pointer
            )
        }
        #expect(out.surroundingsIntact && scores.surroundingsIntact && blocks.surroundingsIntact)
        return out.values
    }

    func key(_ position: Int, _ head: Int, _ channel: Int) -> Float {
        keys[position * width + head * headSize + channel]
    }

    func value(_ position: Int, _ head: Int, _ channel: Int) -> Float {
        values[position * width + head * headSize + channel]
    }
}

@Suite("Paged attention kernels")
struct PagedAttentionTests {
    private static let headSizes = [2, 8, 16, 20, 40, 64, 80, 128, 143]

    @Test("Keys and values are found where they were stored", arguments: KernelSet.all)
    func store(set: KernelSet) {
        let (heads, headSize) = (3, 20)
        let pool = Pool(set, positions: 37, heads: heads, headSize: headSize, seed: 1)
        for position in 0..<48 {
            let block = position / 16
            let slot = position % 16
            for channel in 0..<heads * headSize {
                let row = Int(pool.table[block])
                let key = pool.blocks[row, 16 * channel + slot]
                let (head, part) = (channel / headSize, channel % headSize)
                let place = pool.valueOffset + (16 * head + slot) * headSize + part
                let value = pool.blocks[row, place]
                if position < 37 {
                    #expect(key == pool.key(position, head, part))
                    #expect(value == pool.value(position, head, part))
                } else {
                    #expect(key.isNaN && value.isNaN)
                }
            }
        }
        #expect(pool.blocks.surroundingsIntact)
    }

    @Test(
        "Causal attention agrees with double precision and reads no key that is not visible",
        arguments: KernelSet.all,
        headSizes
    )
    func accuracy(set: KernelSet, headSize: Int) {
        let pool = Pool(set, positions: 85, heads: 2, headSize: headSize, seed: 2)
        var random = SeededRandom(seed: 3)
        let q = random.floats(85 * headSize)
        for head in 0..<2 {
            let expected = (0..<85).flatMap { query -> [Double] in
                let powers = (0...query).map { position in
                    Reference.exp(
                        (0..<headSize).reduce(0.0) {
                            $0 + Double(q[query * headSize + $1])
                                * Double(pool.key(position, head, $1))
                        } * Double(pool.scale)
                    )
                }
                let sum = powers.reduce(0, +)
                return (0..<headSize).map { channel in
                    powers.indices.reduce(0.0) {
                        $0 + powers[$1] / sum * Double(pool.value($1, head, channel))
                    }
                }
            }
            expectClose(pool.attend(set, q, 0..<85, head: head), expected, absolute: 2e-6)
        }
    }

    @Test(
        "A query's bits do not depend on the queries computed beside it",
        arguments: KernelSet.all,
        headSizes
    )
    func alone(set: KernelSet, headSize: Int) {
        let pool = Pool(set, positions: 85, heads: 2, headSize: headSize, seed: 4)
        var random = SeededRandom(seed: 5)
        let q = random.floats(85 * headSize)
        let together = pool.attend(set, q, 0..<85, head: 1)
        #expect(!together.contains { !$0.isFinite })
        for size in [1, 2, 3, 5, 8, 13, 16, 17] {
            let pieces = stride(from: 0, to: 85, by: size).flatMap { first in
                pool.attend(set, q, first..<min(85, first + size), head: 1)
            }
            #expect(pieces == together, "pieces of \(size)")
        }
    }

    @Test(
        "Scores and results are single chains of additions, channel by channel and key by key",
        arguments: KernelSet.all
    )
    func twin(set: KernelSet) {
        let headSize = 24
        let pool = Pool(set, positions: 45, heads: 1, headSize: headSize, seed: 6)
        var random = SeededRandom(seed: 7)
        let q = random.floats(45 * headSize)
        let expected = (0..<45).flatMap { query -> [Float] in
            let scores = GuardedRows(
                (0...query).map { position in
                    (0..<headSize).reduce(Float(0)) {
                        $0.addingProduct(pool.key(position, 0, $1), q[query * headSize + $1])
                    }
                }
            )
            unsafe set.table.softmax_rows_f32(scores.pointer, query + 1, 1, query + 1, pool.scale)
            return (0..<headSize).map { channel in
                (0...query).reduce(Float(0)) {
                    $0.addingProduct(pool.value($1, 0, channel), scores[0, $1])
                }
            }
        }
        #expect(pool.attend(set, q, 0..<45, head: 0) == expected)
    }
}
