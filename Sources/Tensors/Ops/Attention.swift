internal import CKernels
internal import COpenBLAS

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
    /// Cost: 4·queries·keys·heads·headSize flop; a tile of scores per worker as scratch.
    /// Threads: cut by heads and tiles of queries. Source: arXiv 1706.03762 §3.2.
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
        // A tile of scores should stay in the second-level cache together with its head's keys.
        let tile = max(16, min(128, 65536 / max(1, k.rows)))
        let tiles = (q.rows + tile - 1) / tile
        scope {
            let scores = scratch(pool.workerCount * tile, k.rows)
            pool.run(heads * tiles) { part, worker in
                let (head, first) = (part / tiles, part % tiles * tile)
                let rows = first..<min(q.rows, first + tile)
                let (headColumns, valueColumns) = (
                    head * headSize..<(head + 1) * headSize,
                    head * valueSize..<(head + 1) * valueSize
                )
                // Keys that the tile's last query cannot see need no product at all.
                let keys =
                    switch mask {
                    case .none: k.rows
                    case .causal(let visible): min(k.rows, visible + rows.upperBound - 1)
                    }
                let tileScores = scores.rows(worker * tile..<worker * tile + rows.count)
                    .columns(0..<keys)
                multiply(
                    q.rows(rows).columns(headColumns),
                    transposed: k.rows(0..<keys).columns(headColumns),
                    into: tileScores
                )
                switch mask {
                case .none:
                    unsafe ilv_softmax_rows_f32(
                        tileScores.base,
                        tileScores.stride,
                        rows.count,
                        keys,
                        scale
                    )
                case .causal(let visible):
                    unsafe ilv_softmax_causal_rows_f32(
                        tileScores.base,
                        tileScores.stride,
                        rows.count,
                        keys,
                        visible + first,
                        scale
                    )
                }
                multiply(
                    tileScores,
                    v.rows(0..<keys).columns(valueColumns),
                    into: out.rows(rows).columns(valueColumns)
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

/// One thread's `out = a · bᵀ`: a [m, k] · b [n, k] · out [m, n].
private func multiply(_ a: Matrix, transposed b: Matrix, into out: Matrix) {
    multiply(a, b, CblasTrans, into: out)
}

/// One thread's `out = a · b`: a [m, k] · b [k, n] · out [m, n].
private func multiply(_ a: Matrix, _ b: Matrix, into out: Matrix) {
    multiply(a, b, CblasNoTrans, into: out)
}

private func multiply(_ a: Matrix, _ b: Matrix, _ orientation: CBLAS_TRANSPOSE, into out: Matrix) {
    guard out.rows > 0 && out.columns > 0 else { return }
    unsafe cblas_sgemm(
        CblasRowMajor,
        CblasNoTrans,
        orientation,
        blasint(out.rows),
        blasint(out.columns),
        blasint(a.columns),
        1,
        a.base,
        blasint(a.stride),
        b.base,
        blasint(b.stride),
        0,
        out.base,
        blasint(out.stride)
    )
}
