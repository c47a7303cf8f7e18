internal import CKernels

extension Compute {
    /// The rotation with which attention is computed over signed bytes; nil where it is not, and f32 is used.
    ///
    /// - Parameters:
    ///   - format: Of the weight that makes the queries.
    ///   - headSize: Channels of a head, which are rotated together.
    ///   - keyCount: Keys of a sample; sums over them must fit 32 bits.
    /// - Returns: The groups of a head's channels.
    static func byteRotation(
        _ format: WeightFormat,
        headSize: Int,
        keyCount: Int
    ) -> RotationGroup? {
        guard format == .int8 || format == .int4, keyCount <= WeightFormat.largestByteInputCount
        else { return nil }
        return RotationGroup(inputs: headSize)
    }

    /// Attention over signed bytes.
    ///
    /// Queries and keys are rotated and rounded with a scale per row of a head, keys around the middle of their
    /// extremes: what all keys have in common changes no softmax. Values are rounded with a scale per channel, the shares of the
    /// softmax to two bytes each, as many keys of a small share may outweigh a few of a large one. Sums are exact, so that
    /// no cut changes a bit.
    ///
    /// Shapes as in ``attention(q:keys:values:heads:scale:into:)``. Source of the centred keys: SageAttention,
    /// arXiv 2410.02367 §4.2.
    func byteAttention(
        q: Matrix,
        keys: [Matrix],
        values: [Matrix],
        heads: Int,
        scale: Float,
        rotation: RotationGroup,
        into out: Matrix
    ) {
        let (queries, keyCount) = (q.rows / keys.count, keys[0].rows)
        let (headSize, valueSize) = (q.columns / heads, out.columns / heads)
        let tile = queryTile(queries, keyCount: keyCount, count: keys.count * heads)
        let tiles = (queries + tile - 1) / tile
        let byteCount = Self.byteCount(q, out) + keys.count * Self.byteCount(keys[0], values[0])
        scope {
            let packed = PackedByteHeads(
                self,
                keys: keys,
                values: values,
                heads: heads,
                rotation: rotation
            )
            let scratch = (0..<workerCount).map { _ in
                ByteAttentionTile(
                    rows: tile,
                    keyCount: keyCount,
                    headSize: headSize,
                    rotation: rotation,
                    workspace
                )
            }
            pool.run(keys.count * heads * tiles, byteCount: byteCount) { part, worker in
                let (index, first) = (part / tiles, part % tiles * tile)
                let (sample, head) = (index / heads, index % heads)
                let row = sample * queries + first
                let rows = row..<row + min(queries - first, tile)
                scratch[worker].run(
                    q.rows(rows).columns(head * headSize..<(head + 1) * headSize),
                    packed,
                    index,
                    scale: scale,
                    into: out.rows(rows).columns(head * valueSize..<(head + 1) * valueSize)
                )
            }
        }
    }
}

/// One worker's scratch memory: a tile of queries as bytes, their scores, and the softmax's shares as bytes.
private struct ByteAttentionTile {
    private let rotation: RotationGroup
    private let rotated: Matrix  // [rows, head size]
    private let queries: ByteRows
    private let scores: Matrix  // [rows, keys]
    private let high: ByteRows
    private let low: ByteRows

    init(
        rows: Int,
        keyCount: Int,
        headSize: Int,
        rotation: RotationGroup,
        _ workspace: Workspace
    ) {
        self.rotation = rotation
        rotated = workspace.matrix(rows, headSize)
        queries = ByteRows(rows: rows, columns: headSize, workspace)
        scores = workspace.matrix(rows, keyCount)
        high = ByteRows(rows: rows, columns: keyCount, workspace)
        low = ByteRows(rows: rows, columns: keyCount, workspace)
    }

    /// Computes some queries of one head.
    ///
    /// Shapes: `query` [rows, head size] · `out` [rows, value size].
    func run(
        _ query: Matrix,
        _ packed: PackedByteHeads,
        _ index: Int,
        scale: Float,
        into out: Matrix
    ) {
        queries.round(query, rotation, rotated: rotated)
        let scores = scores.rows(0..<query.rows)
        packed.keys.multiply(queries, index, into: scores)
        unsafe ilv_softmax_rows_i8(
            high.bytes(from: 0),
            low.bytes(from: 0),
            high.stride,
            high.sums(from: 0),
            low.sums(from: 0),
            high.scales(from: 0),
            low.scales(from: 0),
            scores.base,
            scores.stride,
            scores.rows,
            scores.columns,
            scale
        )
        packed.values.multiply(high, index, into: out)
        packed.values.multiply(low, index, into: out, adding: true)
    }
}
