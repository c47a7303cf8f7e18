internal import CKernels

/// Which keys a query may see.
package enum AttentionMask: Sendable {
    /// Every query sees every key.
    case none
    /// Query r sees the first `visible + r` keys: `visible` is 1 + the number of keys before query 0.
    case causal(visible: Int)
}

extension Compute {
    /// Multi-head scaled dot-product attention of one sequence.
    ///
    /// Computes per head `out = softmax(scale · q kᵀ + mask) v`.
    ///
    /// Shapes: `q`, `out` [queries, heads·headSize] · `k`, `v` [keys, heads·headSize]; heads are runs of
    /// columns. `out` may not overlap the inputs.
    /// Cost: 4·queries·keys·heads·headSize flop; packed keys and values and a tile of scores per worker
    /// as scratch.
    /// Threads: cut by heads and tiles of queries. A query's bits depend on itself, the keys and the
    /// values; one query alone is computed in another order than several.
    /// Source: arXiv 1706.03762 §3.2.
    package func attention(
        q: Matrix,
        k: Matrix,
        v: Matrix,
        heads: Int,
        scale: Float,
        mask: AttentionMask = .none,
        into out: Matrix
    ) {
        precondition(heads > 0 && q.columns % heads == 0 && q.columns == k.columns)
        precondition(v.columns == out.columns && v.columns % heads == 0)
        precondition(k.rows == v.rows && q.rows == out.rows)
        floatingPointOperationCount += 2 * q.rows * k.rows * (q.columns + v.columns)
        if q.rows == 1 && v.columns == q.columns {
            attendOne(q: q, k: k, v: v, heads: heads, scale: scale, mask: mask, into: out)
            return
        }
        let headSize = q.columns / heads
        let valueSize = v.columns / heads
        // A tile of scores should stay in the second-level cache; twelve rows are a tile of products.
        let tile = max(24, min(132, 98304 / max(1, k.rows) / 12 * 12))
        let tiles = (q.rows + tile - 1) / tile
        scope {
            let packed = PackedHeads(self, k: k, v: v, heads: heads)
            let scores = scratch(pool.workerCount * tile, k.rows)
            pool.run(heads * tiles) { part, worker in
                let (head, first) = (part / tiles, part % tiles * tile)
                let rows = first..<min(q.rows, first + tile)
                let tileScores = scores.rows(worker * tile..<worker * tile + rows.count)
                multiply(
                    q.rows(rows).columns(head * headSize..<(head + 1) * headSize),
                    packed.keys(ofHead: head),
                    into: tileScores
                )
                switch mask {
                case .none:
                    unsafe ilv_softmax_rows_f32(
                        tileScores.base,
                        tileScores.stride,
                        rows.count,
                        k.rows,
                        scale
                    )
                case .causal(let visible):
                    unsafe ilv_softmax_causal_rows_f32(
                        tileScores.base,
                        tileScores.stride,
                        rows.count,
                        k.rows,
                        visible + first,
                        scale
                    )
                }
                multiply(
                    tileScores,
                    packed.values(ofHead: head),
                    into: out.rows(rows).columns(head * valueSize..<(head + 1) * valueSize)
                )
            }
        }
    }

    private func attendOne(
        q: Matrix,
        k: Matrix,
        v: Matrix,
        heads: Int,
        scale: Float,
        mask: AttentionMask,
        into out: Matrix
    ) {
        let headSize = q.columns / heads
        let keys =
            switch mask {
            case .none: k.rows
            case .causal(let visible): min(k.rows, visible)
            }
        scope {
            let scores = scratch(pool.workerCount, max(1, keys))
            let granularity = max(1, 8192 / max(1, keys * headSize))
            forRanges(of: heads, granularity: granularity) { range, worker in
                for head in range {
                    let offset = head * headSize
                    unsafe ilv_attend_one_f32(
                        out.base + offset,
                        q.base + offset,
                        k.base + offset,
                        k.stride,
                        v.base + offset,
                        v.stride,
                        keys,
                        headSize,
                        scale,
                        scores.row(worker).base
                    )
                }
            }
        }
    }

    /// Rotates pairs (j, j + headSize/2) of every head by the row's angles, in place.
    ///
    /// Shapes: `x` [rows, heads·headSize] · `cosine`, `sine` [rows, headSize/2].
    /// Source: RoFormer, arXiv 2104.09864; the half-split variant of LLaMA's published weights.
    package func rotate(_ x: Matrix, cosine: Matrix, sine: Matrix, heads: Int) {
        let headSize = x.columns / heads
        precondition(cosine.columns == headSize / 2 && sine.columns == cosine.columns)
        precondition(cosine.rows == x.rows && sine.rows == x.rows)
        precondition(cosine.isContiguous && sine.isContiguous)
        forRanges(of: x.rows, granularity: Self.rows(of: x.columns)) { range, _ in
            let target = x.rows(range)
            unsafe ilv_rotary_f32(
                target.base,
                target.stride,
                cosine.rows(range).base,
                sine.rows(range).base,
                range.count,
                heads,
                headSize
            )
        }
    }
}

/// Keys and values of all heads, packed as the weights of the two products of attention.
private struct PackedHeads {
    private let keyPanels: Matrix  // [heads·panels·headSize, 16]: the outputs are the keys
    private let valuePanels: Matrix  // [heads·panels·keys, 16]: the inputs are the keys
    private let heads: Int

    /// Packs into scratch memory of the caller's scope.
    init(_ compute: Compute, k: Matrix, v: Matrix, heads: Int) {
        let width = LinearWeights.panelWidth
        let (headSize, valueSize) = (k.columns / heads, v.columns / heads)
        let keyRows = (k.rows + width - 1) / width * headSize
        let valueRows = (valueSize + width - 1) / width * k.rows
        let keyPanels = compute.scratch(heads * keyRows, width)
        let valuePanels = compute.scratch(heads * valueRows, width)
        (self.keyPanels, self.valuePanels, self.heads) = (keyPanels, valuePanels, heads)
        // Runs of keys whose panels are whole, so that parts write disjoint memory.
        let run = 256
        let runs = (k.rows + run - 1) / run
        compute.pool.run(heads * runs) { part, _ in
            let (head, first) = (part / runs, part % runs * run)
            let rows = first..<min(k.rows, first + run)
            let keys = k.rows(rows).columns(head * headSize..<(head + 1) * headSize)
            unsafe ilv_matmul_pack_f32(
                keyPanels.base + head * keyRows * width,
                keys.base,
                keys.stride,
                headSize,
                first,
                rows.count
            )
            let values = v.rows(rows).columns(head * valueSize..<(head + 1) * valueSize)
            unsafe ilv_matmul_pack_inputs_f32(
                valuePanels.base + head * valueRows * width,
                values.base,
                values.stride,
                k.rows,
                valueSize,
                first,
                rows.count
            )
        }
    }

    func keys(ofHead head: Int) -> Matrix {
        let rows = keyPanels.rows / heads
        return keyPanels.rows(head * rows..<(head + 1) * rows)
    }

    func values(ofHead head: Int) -> Matrix {
        let rows = valuePanels.rows / heads
        return valuePanels.rows(head * rows..<(head + 1) * rows)
    }
}

/// One thread's `out = a · b`: a [m, k] · panels of b [k, n] · out [m, n].
private func multiply(_ a: Matrix, _ panels: Matrix, into out: Matrix) {
    unsafe ilv_matmul_f32(
        out.base,
        out.stride,
        a.base,
        a.stride,
        panels.base,
        nil,
        out.rows,
        a.columns,
        out.columns,
        0
    )
}
