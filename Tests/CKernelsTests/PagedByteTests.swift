import CKernels
import TestSupport
import Testing

/// Keys and values of one sequence as signed bytes, in blocks that are not in the order of their positions.
private struct BytePool {
    let heads: Int
    let headSize: Int
    let positions: Int
    let keys: [Float]  // [positions, heads * headSize]
    let values: [Float]
    let table: [Int32]
    /// Per block, in words: bytes of keys, their scales [heads, 16], bytes of values, their scales.
    let blocks: GuardedRows<Float>

    private var width: Int { heads * headSize }
    private var half: Int { 4 * width + 16 * heads }
    var scale: Float { 1 / Float(headSize).squareRoot() }

    /// Stores positions piece by piece; what nothing was stored in holds NaN.
    init(_ set: KernelSet, _ keys: [Float], _ values: [Float], heads: Int, headSize: Int) {
        let width = heads * headSize
        self.heads = heads
        self.headSize = headSize
        self.keys = keys
        self.values = values
        positions = keys.count / width
        let count = (positions + 15) / 16
        table = (0..<count).map { Int32(count - 1 - $0) }
        blocks = GuardedRows(rows: count, columns: 8 * width + 32 * heads) { _, _ in .nan }
        var position = 0
        while position < positions {
            let piece = min(16 - position % 16, positions - position, 1 + position % 7)
            let range = position * width..<(position + piece) * width
            let k = GuardedRows(Array(keys[range]), rows: piece, columns: width)
            let v = GuardedRows(Array(values[range]), rows: piece, columns: width)
            let block = Int(table[position / 16])
            unsafe set.table.paged_store_i8(
                bytes(0, block),
                bytes(half, block),
                words(4 * width, block),
                words(half + 4 * width, block),
                k.pointer,
                k.stride,
                v.pointer,
                v.stride,
                position % 16,
                piece,
                heads,
                headSize
            )
            position += piece
        }
    }

    private func words(_ offset: Int, _ block: Int) -> UnsafeMutablePointer<Float> {
        unsafe blocks.pointer + block * blocks.stride + offset
    }

    private func bytes(_ offset: Int, _ block: Int) -> UnsafeMutablePointer<Int8> {
        unsafe UnsafeMutableRawPointer(words(offset, block)).assumingMemoryBound(to: Int8.self)
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
            unsafe set.table.paged_attention_i8(
                out.pointer,
                out.stride,
                queries.pointer,
                queries.stride,
                range.count,
                bytes(0, 0) + 16 * head * headSize,
                bytes(half, 0) + 16 * head * headSize,
                words(4 * width + 16 * head, 0),
                words(half + 4 * width + 16 * head, 0),
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

    /// The description of ilv_paged_attention_i8, one operation after the other.
    func expected(_ set: KernelSet, _ q: [Float], query: Int, head: Int) -> [Float] {
        let keys = (0...query).map { rounded(self.keys, $0, head) }
        let values = (0...query).map { rounded(self.values, $0, head) }
        let scores = GuardedRows(
            keys.map { key in
                (0..<headSize).reduce(Float(0)) {
                    $0.addingProduct(key.bytes[$1], q[query * headSize + $1])
                } * key.scale
            }
        )
        unsafe set.table.softmax_rows_f32(scores.pointer, query + 1, 1, query + 1, scale)
        return (0..<headSize).map { channel in
            (0...query).reduce(Float(0)) {
                $0.addingProduct(values[$1].bytes[channel], scores[0, $1] * values[$1].scale)
            }
        }
    }

    /// A position's channels of a head as whole numbers with a scale.
    private func rounded(
        _ numbers: [Float],
        _ position: Int,
        _ head: Int
    ) -> (bytes: [Float], scale: Float) {
        let start = position * width + head * headSize
        let channels = numbers[start..<start + headSize]
        let most = channels.map(\.magnitude).max() ?? 0
        guard most > 0 else { return ([Float](repeating: 0, count: headSize), 0) }
        return (channels.map { ($0 * (127 / most)).rounded(.toNearestOrEven) }, most / 127)
    }
}

@Suite("Attention over keys and values of signed bytes")
struct PagedByteTests {
    private static let headSizes = [2, 8, 16, 20, 40, 80, 128, 143]

    @Test("Every operation is the described one", arguments: KernelSet.all, headSizes)
    func twin(set: KernelSet, headSize: Int) {
        var random = SeededRandom(seed: 1)
        let count = 37 * 2 * headSize
        var keys = random.floats(count)
        // A head without anything.
        for channel in 0..<headSize { keys[5 * 2 * headSize + channel] = 0 }
        let pool = BytePool(set, keys, random.floats(count), heads: 2, headSize: headSize)
        let q = random.floats(37 * headSize)
        for head in 0..<2 {
            let results = pool.attend(set, q, 0..<37, head: head)
            for query in 0..<37 {
                let result = results[query * headSize..<(query + 1) * headSize]
                #expect(Array(result) == pool.expected(set, q, query: query, head: head))
            }
        }
    }

    @Test(
        "A query's bits do not depend on the queries computed beside it",
        arguments: KernelSet.all
    )
    func alone(set: KernelSet) {
        let headSize = 24
        var random = SeededRandom(seed: 2)
        let count = 85 * headSize
        let pool = BytePool(set, random.floats(count), random.floats(count), heads: 1, headSize: 24)
        let q = random.floats(85 * headSize)
        let together = pool.attend(set, q, 0..<85, head: 0)
        for size in [1, 2, 3, 5, 8, 17] {
            let pieces = stride(from: 0, to: 85, by: size).flatMap { first in
                pool.attend(set, q, first..<min(85, first + size), head: 0)
            }
            #expect(pieces == together, "pieces of \(size)")
        }
    }

    @Test("What is not finite is seen by those alone who see it", arguments: KernelSet.all)
    func notFinite(set: KernelSet) {
        var random = SeededRandom(seed: 3)
        let keys = random.floats(20 * 16)
        for poison in [Float.infinity, -.infinity, .nan] {
            var values = random.floats(20 * 16)
            values[7 * 16 + 3] = poison
            let pool = BytePool(set, keys, values, heads: 1, headSize: 16)
            let results = pool.attend(set, random.floats(20 * 16), 0..<20, head: 0)
            #expect(results[..<(7 * 16)].allSatisfy { $0.isFinite })
            #expect(results[(7 * 16)...].allSatisfy { $0.isNaN })
        }
    }
}
