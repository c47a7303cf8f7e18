internal import CKernels

extension Compute {
    /// Multi-head scaled dot-product attention of one or more sequences of equal length.
    ///
    /// Computes per sample and head `out = softmax(scale · q kᵀ) v`.
    ///
    /// Shapes: `q`, `out` [samples·queries, heads·headSize] · `k`, `v` [samples·keys, heads·headSize];
    /// heads are runs of columns. `out` may not overlap the inputs. Where `format`, that of the weight which makes the
    /// queries, is of whole numbers and a head can be rotated, products are those of signed bytes.
    /// Cost: 4·samples·queries·keys·heads·headSize flop; packed keys and values and a tile of scores per
    /// worker as scratch.
    /// Threads: cut by samples, heads and tiles of queries, each of which is computed alone. Source: arXiv 1706.03762 §3.2.
    package func attention(
        q: Matrix,
        k: Matrix,
        v: Matrix,
        samples: Int = 1,
        heads: Int,
        scale: Float,
        format: WeightFormat = .f32,
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
            format: format,
            into: out
        )
    }

    /// The same where every sample's keys and values lie elsewhere.
    ///
    /// A sample's bits do not depend on the others, nor on the cut into tiles.
    ///
    /// Shapes: `q`, `out` [samples·queries, heads·headSize] · `keys`, `values` per sample
    /// [keys, heads·headSize], all of one size.
    package func attention(
        q: Matrix,
        keys: [Matrix],
        values: [Matrix],
        heads: Int,
        scale: Float,
        format: WeightFormat = .f32,
        into out: Matrix
    ) {
        let samples = keys.count
        precondition(samples > 0 && values.count == samples && q.rows % samples == 0)
        let (keyCount, valueColumns) = (keys[0].rows, values[0].columns)
        precondition(heads > 0 && q.columns % heads == 0 && valueColumns % heads == 0)
        precondition(q.rows == out.rows && out.columns == valueColumns)
        precondition(keys.allSatisfy { $0.rows == keyCount && $0.columns == q.columns })
        precondition(values.allSatisfy { $0.rows == keyCount && $0.columns == valueColumns })
        let operationCount = 2 * q.rows * keyCount * (q.columns + valueColumns)
        let queries = q.rows / samples
        let headSize = q.columns / heads
        let valueSize = valueColumns / heads
        if let rotation = Self.byteRotation(format, headSize: headSize, keyCount: keyCount) {
            operations.add(operationCount, of: .int8)
            return byteAttention(
                q: q,
                keys: keys,
                values: values,
                heads: heads,
                scale: scale,
                rotation: rotation,
                into: out
            )
        }
        operations.add(operationCount, of: .f32)
        let tile = queryTile(queries, keyCount: keyCount, count: samples * heads)
        let tiles = (queries + tile - 1) / tile
        let byteCount = Self.byteCount(q, out) + samples * Self.byteCount(keys[0], values[0])
        scope {
            let packed = PackedHeads(self, keys: keys, values: values, heads: heads)
            let scores = scratch(workerCount * tile, keyCount)
            pool.run(samples * heads * tiles, byteCount: byteCount) { part, worker in
                let (sample, head) = (part / (heads * tiles), part / tiles % heads)
                let first = part % tiles * tile
                let count = min(queries - first, tile)
                let row = sample * queries + first
                let columns = head * headSize..<(head + 1) * headSize
                let outColumns = head * valueSize..<(head + 1) * valueSize
                let tileScores = scores.rows(worker * tile..<worker * tile + count)
                multiply(
                    q.rows(row..<row + count).columns(columns),
                    packed.keys(sample * heads + head),
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
                    packed.values(sample * heads + head),
                    into: out.rows(row..<row + count).columns(outColumns)
                )
            }
        }
    }

    /// Queries that are computed together, of `count` samples' heads.
    func queryTile(_ queries: Int, keyCount: Int, count: Int) -> Int {
        // A tile of scores should stay in the second-level cache; twelve rows are a tile of products.
        let largest = max(24, min(132, 98304 / max(1, keyCount) / 12 * 12))
        // Few heads make parts for many workers only if they are cut.
        let wanted = max(1, 3 * shareCount / count)
        return max(24, min(largest, (queries / wanted + 11) / 12 * 12))
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
        forRows(of: x) { range, _ in
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

/// Keys and values of all heads of all samples, packed as the weights of attention's two products.
private struct PackedHeads {
    private let keyPanels: Matrix  // [samples·heads·panels·headSize, 16]: the outputs are the keys
    private let valuePanels: Matrix  // [samples·heads·panels·keys, 16]: the inputs are the keys
    private let keyRows: Int
    private let valueRows: Int

    /// Packs into scratch memory of the caller's scope.
    init(_ compute: Compute, keys: [Matrix], values: [Matrix], heads: Int) {
        let width = PackedWeight.panelWidth
        let count = keys[0].rows
        let (headSize, valueSize) = (keys[0].columns / heads, values[0].columns / heads)
        keyRows = (count + width - 1) / width * headSize
        valueRows = (valueSize + width - 1) / width * count
        keyPanels = compute.scratch(keys.count * heads * keyRows, width)
        valuePanels = compute.scratch(keys.count * heads * valueRows, width)
        // Runs of whole panels of keys, so that parts write disjoint memory.
        let run = compute.shareCount <= 4 ? 256 : 64
        let runs = (count + run - 1) / run
        let byteCount = 2 * keys.count * Compute.byteCount(keys[0], values[0])
        compute.pool.run(keys.count * heads * runs, byteCount: byteCount) { [self] part, _ in
            let (index, first) = (part / runs, part % runs * run)
            let (sample, head) = (index / heads, index % heads)
            let rows = first..<min(count, first + run)
            let key = keys[sample].rows(rows).columns(head * headSize..<(head + 1) * headSize)
            unsafe ilv_matmul_pack_f32(
                self.keys(index).base,
                key.base,
                key.stride,
                headSize,
                first,
                rows.count
            )
            let value = values[sample].rows(rows)
                .columns(head * valueSize..<(head + 1) * valueSize)
            unsafe ilv_matmul_pack_inputs_f32(
                self.values(index).base,
                value.base,
                value.stride,
                count,
                valueSize,
                first,
                rows.count
            )
        }
    }

    /// The packed keys of head `index % heads` of sample `index / heads`.
    func keys(_ index: Int) -> Matrix {
        keyPanels.rows(index * keyRows..<(index + 1) * keyRows)
    }

    /// The packed values of head `index % heads` of sample `index / heads`.
    func values(_ index: Int) -> Matrix {
        valuePanels.rows(index * valueRows..<(index + 1) * valueRows)
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
