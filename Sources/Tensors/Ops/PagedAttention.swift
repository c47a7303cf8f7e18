internal import CKernels

/// Where the keys and values of one layer lie in a pool of blocks.
package struct PagedKeyValues: Sendable {
    /// Positions in a block.
    package static let blockSize = 16

    /// One block per row: keys [heads, headSize, 16] and values [heads, 16, headSize] among others.
    package let blocks: Matrix
    /// First column of the layer's keys.
    package let keyOffset: Int
    /// First column of the layer's values.
    package let valueOffset: Int

    /// Describes a layer's place in the pool's rows.
    package init(blocks: Matrix, keyOffset: Int, valueOffset: Int) {
        self.blocks = blocks
        self.keyOffset = keyOffset
        self.valueOffset = valueOffset
    }
}

/// Which rows of a step continue which sequences, and how the step's attention is cut into parts.
///
/// Made once per step and used by all layers.
package struct PagedAttentionPlan: Sendable {
    /// Consecutive rows of one sequence.
    private struct Span {
        /// Rows of the step.
        let rows: Range<Int>
        /// Position of the first row.
        let firstPosition: Int
        /// Where the sequence's blocks begin in `table`.
        let tableOffset: Int
    }

    fileprivate struct Part {
        let rows: Range<Int>
        let heads: Range<Int>
        /// Keys that the first row sees.
        let visible: Int
        let tableOffset: Int
    }

    /// Rows whose keys and values go to one block.
    fileprivate struct Store {
        let rows: Range<Int>
        let block: Int
        let slot: Int
    }

    fileprivate let heads: Int
    fileprivate let headSize: Int
    private var spans: [Span] = []
    fileprivate var table: [Int32] = []
    fileprivate var parts: [Part] = []
    fileprivate var stores: [Store] = []
    /// Most keys that a row sees.
    fileprivate var largestKeyCount = 0
    fileprivate var largestBlock = 0
    /// Multiplications and additions of one layer.
    fileprivate var floatingPointOperationCount = 0

    /// Starts a plan without rows.
    package init(heads: Int, headSize: Int) {
        self.heads = heads
        self.headSize = headSize
    }

    /// Memory that one layer's queries, results, keys and values take.
    fileprivate var byteCount: Int {
        (2 * rowCount + 2 * table.count * PagedKeyValues.blockSize) * heads * headSize
            * MemoryLayout<Float>.stride
    }

    /// Number of rows so far.
    package var rowCount: Int { spans.last?.rows.upperBound ?? 0 }

    /// Adds the next rows of the step: positions of one sequence.
    ///
    /// - Parameters:
    ///   - count: Rows.
    ///   - firstPosition: The position of the first.
    ///   - blocks: The sequence's blocks, in the order of its positions.
    /// - Precondition: the blocks hold the positions.
    package mutating func append(count: Int, firstPosition: Int, blocks: [Int]) {
        let size = PagedKeyValues.blockSize
        let end = firstPosition + count
        let used = (end + size - 1) / size
        precondition(count > 0 && firstPosition >= 0, "\(count) rows at \(firstPosition)")
        precondition(used <= blocks.count, "position \(end - 1) in \(blocks.count) blocks")
        let span = Span(
            rows: rowCount..<rowCount + count,
            firstPosition: firstPosition,
            tableOffset: table.count
        )
        spans.append(span)
        for block in blocks[..<used] {
            precondition(block >= 0, "block \(block)")
            table.append(Int32(block))
            largestBlock = max(largestBlock, block)
        }
        largestKeyCount = max(largestKeyCount, end)
        floatingPointOperationCount +=
            2 * count * (2 * firstPosition + count + 1) * heads * headSize
        cut(span)
        var position = firstPosition
        while position < end {
            let next = min(end, (position / size + 1) * size)
            let row = span.rows.lowerBound + position - firstPosition
            stores.append(
                Store(
                    rows: row..<row + next - position,
                    block: blocks[position / size],
                    slot: position % size
                )
            )
            position = next
        }
    }

    /// Every row's result is its own, so the cut is a matter of speed alone.
    private mutating func cut(_ span: Span) {
        for first in stride(from: 0, to: span.rows.count, by: Self.tile) {
            let count = min(Self.tile, span.rows.count - first)
            let visible = span.firstPosition + first + 1
            let row = span.rows.lowerBound + first
            let cost = count * (visible + count) * headSize
            let run = min(heads, max(1, Self.smallestPart / cost))
            for head in stride(from: 0, to: heads, by: run) {
                parts.append(
                    Part(
                        rows: row..<row + count,
                        heads: head..<min(heads, head + run),
                        visible: visible,
                        tableOffset: span.tableOffset
                    )
                )
            }
        }
    }

    /// Queries that share a head's keys and values while these are in the second-level cache.
    private static let tile = 64
    /// Products of a part that is worth handing to another thread: about a microsecond.
    private static let smallestPart = 32768
}

extension Compute {
    /// Puts a step's keys and values into their sequences' blocks.
    ///
    /// Shapes: `keys`, `values` [rows, heads·headSize], the rows of the plan.
    /// Threads: cut by blocks.
    package func storePaged(
        keys: Matrix,
        values: Matrix,
        _ plan: PagedAttentionPlan,
        in layer: PagedKeyValues
    ) {
        precondition(keys.rows == plan.rowCount && values.rows == plan.rowCount)
        precondition(keys.columns == plan.heads * plan.headSize)
        precondition(values.columns == keys.columns)
        forRanges(
            of: plan.stores.count,
            granularity: rows(of: PagedKeyValues.blockSize * keys.columns),
            byteCount: 2 * Self.byteCount(keys, values)
        ) { range, _ in
            for store in plan.stores[range] {
                let block = layer.blocks.row(store.block)
                let size = PagedKeyValues.blockSize * keys.columns
                let (k, v) = (keys.rows(store.rows), values.rows(store.rows))
                unsafe ilv_paged_store_f32(
                    block.columns(layer.keyOffset..<layer.keyOffset + size).base,
                    block.columns(layer.valueOffset..<layer.valueOffset + size).base,
                    k.base,
                    k.stride,
                    v.base,
                    v.stride,
                    store.slot,
                    store.rows.count,
                    plan.heads,
                    plan.headSize
                )
            }
        }
    }

    /// Causal attention of every row over its own sequence's positions up to itself.
    ///
    /// Computes per head `out = softmax(scale · q kᵀ) v`. A row's bits depend on its sequence alone:
    /// not on the other rows, the cut into steps or the number of workers.
    ///
    /// Shapes: `q`, `out` [rows, heads·headSize], the rows of the plan.
    /// Cost: 4·Σ visible keys·heads·headSize flop; eight rows of scores per worker as scratch.
    /// Threads: cut by sequences, tiles of 64 rows and heads. Source: arXiv 1706.03762 §3.2.
    ///
    /// - Precondition: the layer's blocks hold keys and values of all positions, the plan's included.
    package func pagedAttention(
        q: Matrix,
        _ plan: PagedAttentionPlan,
        scale: Float,
        in layer: PagedKeyValues,
        into out: Matrix
    ) {
        precondition(q.rows == plan.rowCount && out.rows == q.rows && out.columns == q.columns)
        precondition(q.columns == plan.heads * plan.headSize)
        let headSize = plan.headSize
        let size = PagedKeyValues.blockSize
        precondition(plan.largestBlock < layer.blocks.rows, "block \(plan.largestBlock)")
        precondition(layer.keyOffset + size * q.columns <= layer.blocks.columns)
        precondition(layer.valueOffset + size * q.columns <= layer.blocks.columns)
        floatingPointOperationCount += plan.floatingPointOperationCount
        scope {
            let keyCount = (plan.largestKeyCount + size - 1) / size * size
            let scores = scratch(pool.workerCount, 8 * keyCount)
            unsafe plan.table.withUnsafeBufferPointer { table in
                guard let table = table.baseAddress else { return }
                let parts = plan.parts
                pool.run(parts.count, byteCount: plan.byteCount) { index, worker in
                    let part = parts[index]
                    let (source, target) = (q.rows(part.rows), out.rows(part.rows))
                    for head in part.heads {
                        let column = head * headSize
                        unsafe ilv_paged_attention_f32(
                            target.base + column,
                            target.stride,
                            source.base + column,
                            source.stride,
                            part.rows.count,
                            layer.blocks.base + layer.keyOffset + size * column,
                            layer.blocks.base + layer.valueOffset + size * column,
                            table + part.tableOffset,
                            layer.blocks.stride,
                            part.visible,
                            headSize,
                            scale,
                            scores.row(worker).base
                        )
                    }
                }
            }
        }
    }
}
