internal import CKernels
internal import COpenBLAS

extension Compute {
    /// Multi-head scaled dot-product attention of one or more sequences of equal length.
    ///
    /// Computes per sample and head `out = softmax(scale · q kᵀ) v`.
    ///
    /// Shapes: `q`, `out` [samples·queries, heads·headSize] · `k`, `v` [samples·keys, heads·headSize];
    /// heads are runs of columns. `out` may not overlap the inputs.
    /// Cost: 4·samples·queries·keys·heads·headSize flop; a tile of scores per worker as scratch.
    /// Threads: cut by samples, heads and tiles of queries. Source: arXiv 1706.03762 §3.2.
    package func attention(
        q: Matrix,
        k: Matrix,
        v: Matrix,
        samples: Int = 1,
        heads: Int,
        scale: Float,
        into out: Matrix
    ) {
        precondition(samples > 0 && k.rows % samples == 0 && k.rows == v.rows)
        let keys = k.rows / samples
        let ranges = (0..<samples).map { $0 * keys..<($0 + 1) * keys }
        attention(
            q: q,
            keys: ranges.map { k.rows($0) },
            values: ranges.map { v.rows($0) },
            heads: heads,
            scale: scale,
            into: out
        )
    }

    /// The same where every sample's keys and values lie elsewhere.
    ///
    /// A sample's bits do not depend on the others: the cut into tiles depends on one sample's sizes.
    ///
    /// Shapes: `q`, `out` [samples·queries, heads·headSize] · `keys`, `values` per sample
    /// [keys, heads·headSize], all of one size.
    package func attention(
        q: Matrix,
        keys: [Matrix],
        values: [Matrix],
        heads: Int,
        scale: Float,
        into out: Matrix
    ) {
        let samples = keys.count
        precondition(samples > 0 && values.count == samples && q.rows % samples == 0)
        let (keyCount, valueColumns) = (keys[0].rows, values[0].columns)
        precondition(heads > 0 && q.columns % heads == 0 && valueColumns % heads == 0)
        precondition(q.rows == out.rows && out.columns == valueColumns)
        precondition(keys.allSatisfy { $0.rows == keyCount && $0.columns == q.columns })
        precondition(values.allSatisfy { $0.rows == keyCount && $0.columns == valueColumns })
        floatingPointOperationCount += 2 * q.rows * keyCount * (q.columns + valueColumns)
        let queries = q.rows / samples
        let headSize = q.columns / heads
        let valueSize = valueColumns / heads
        // A tile of scores should stay in the second-level cache together with its head's keys.
        let tile = max(16, min(128, 65536 / max(1, keyCount)))
        let tiles = (queries + tile - 1) / tile
        scope {
            let scores = scratch(pool.workerCount * tile, keyCount)
            pool.run(samples * heads * tiles) { part, worker in
                let (sample, head) = (part / (heads * tiles), part / tiles % heads)
                let first = part % tiles * tile
                let count = min(queries - first, tile)
                let row = sample * queries + first
                let columns = head * headSize..<(head + 1) * headSize
                let outColumns = head * valueSize..<(head + 1) * valueSize
                let tileScores = scores.rows(worker * tile..<worker * tile + count)
                multiply(
                    q.rows(row..<row + count).columns(columns),
                    transposed: keys[sample].columns(columns),
                    into: tileScores
                )
                unsafe ilv_softmax_rows_f32(
                    tileScores.base,
                    tileScores.stride,
                    count,
                    keyCount,
                    scale
                )
                multiply(
                    tileScores,
                    values[sample].columns(outColumns),
                    into: out.rows(row..<row + count).columns(outColumns)
                )
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
