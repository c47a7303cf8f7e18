internal import CKernels

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

    /// Memory that a layer's queries, results, keys and values take.
    fileprivate func byteCount(_ layer: PagedKeyValues) -> Int {
        2 * rowCount * heads * headSize * MemoryLayout<Float>.stride
            + table.count * layer.byteCountPerBlock
    }

    /// - Precondition: a layer has the plan's blocks and heads.
    fileprivate func requireFit(_ layer: PagedKeyValues) {
        precondition(largestBlock < layer.blocks.rows, "block \(largestBlock)")
        precondition(layer.heads == heads && layer.headSize == headSize, "heads of another layer")
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
        plan.requireFit(layer)
        forRanges(
            of: plan.stores.count,
            granularity: rows(of: PagedKeyValues.blockSize * keys.columns),
            byteCount: 2 * Self.byteCount(keys, values)
        ) { range, _ in
            for store in plan.stores[range] {
                let (k, v) = (keys.rows(store.rows), values.rows(store.rows))
                switch layer.format {
                case .f32:
                    unsafe ilv_paged_store_f32(
                        layer.keys(store.block, 0),
                        layer.values(store.block, 0),
                        k.base,
                        k.stride,
                        v.base,
                        v.stride,
                        store.slot,
                        store.rows.count,
                        plan.heads,
                        plan.headSize
                    )
                case .int8:
                    unsafe ilv_paged_store_i8(
                        layer.keyBytes(store.block, 0),
                        layer.valueBytes(store.block, 0),
                        layer.keyScales(store.block, 0),
                        layer.valueScales(store.block, 0),
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
        let size = PagedKeyValues.blockSize
        plan.requireFit(layer)
        operations.add(plan.floatingPointOperationCount, of: .f32)
        scope {
            let keyCount = (plan.largestKeyCount + size - 1) / size * size
            let scores = scratch(workerCount, 8 * keyCount)
            unsafe plan.table.withUnsafeBufferPointer { table in
                guard let table = table.baseAddress else { return }
                let parts = plan.parts
                pool.run(parts.count, byteCount: plan.byteCount(layer)) { index, worker in
                    let part = parts[index]
                    let (source, target) = (q.rows(part.rows), out.rows(part.rows))
                    for head in part.heads {
                        unsafe attend(
                            source,
                            head,
                            part,
                            plan,
                            scale: scale,
                            layer,
                            table + part.tableOffset,
                            scores.row(worker),
                            into: target
                        )
                    }
                }
            }
        }
    }
}

/// One head of a part's rows.
private func attend(
    _ q: Matrix,
    _ head: Int,
    _ part: PagedAttentionPlan.Part,
    _ plan: PagedAttentionPlan,
    scale: Float,
    _ layer: PagedKeyValues,
    _ table: UnsafePointer<Int32>,
    _ scores: Matrix,
    into out: Matrix
) {
    let column = head * plan.headSize
    switch layer.format {
    case .f32:
        unsafe ilv_paged_attention_f32(
            out.base + column,
            out.stride,
            q.base + column,
            q.stride,
            q.rows,
            layer.keys(0, head),
            layer.values(0, head),
            table,
            layer.blocks.stride,
            part.visible,
            plan.headSize,
            scale,
            scores.base
        )
    case .int8:
        unsafe ilv_paged_attention_i8(
            out.base + column,
            out.stride,
            q.base + column,
            q.stride,
            q.rows,
            layer.keyBytes(0, head),
            layer.valueBytes(0, head),
            layer.keyScales(0, head),
            layer.valueScales(0, head),
            table,
            layer.blocks.stride,
            part.visible,
            plan.headSize,
            scale,
            scores.base
        )
    }
}
