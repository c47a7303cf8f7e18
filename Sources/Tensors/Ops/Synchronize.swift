internal import CKernels

/// What the synchronizer adds to its queries' projections for an image, by the image's rank among
/// those the query sees: row 1 belongs to the latest, row 0 to none.
package struct SynchronizerRankTables: Sendable {
    /// Added to the offsets, as fractions of the map, [maximum images, heads·points·2].
    package let offsets: Matrix
    /// Added to the logits, [maximum images, heads·levels·points].
    package let logits: Matrix

    /// Combines the two tables.
    package init(offsets: Matrix, logits: Matrix) {
        precondition(offsets.rows == logits.rows)
        self.offsets = offsets
        self.logits = logits
    }
}

/// The images that queries see: a run of them, oldest first.
package enum ImageVisibility: Sendable {
    /// Every query sees the same images.
    case uniform(Range<Int>)
    /// One run per query.
    case byQuery([Range<Int>])

    /// The images that a query sees.
    package subscript(query: Int) -> Range<Int> {
        switch self {
        case .uniform(let images): images
        case .byQuery(let images): images[query]
        }
    }

    /// Most images that one query sees.
    var largestCount: Int {
        switch self {
        case .uniform(let images): images.count
        case .byQuery(let images): images.reduce(0) { max($0, $1.count) }
        }
    }
}

extension Compute {
    /// Samples the feature maps of the images that each query sees, weighted against an ignore token.
    ///
    /// For query q and the image with rank r among the visible ones, per head:
    /// `location = reference + offsets[q] + ranks.offsets[r]` (shared by the levels),
    /// `weight = e^z / (1 + Σ e^z)` with `z = logits[q] + ranks.logits[r]` and the sum over images,
    /// levels and points; then `out = Σ weight · value(location) + ignoreToken / (1 + Σ e^z)`.
    ///
    /// Shapes: `offsets` [queries, heads·points·2] as (x, y) fractions · `logits`
    /// [queries, heads·levels·points] · `references` [n, 2], repeated every n queries · `values` per
    /// image [Σ levels, channels] · `ignoreToken` [1, channels] · `out` [queries, channels].
    /// Threads: cut by queries, each of which is computed alone: queries of several sequences or
    /// samples may share a call. Source: MM-Interleaved, arXiv 2401.10208 §3.2.
    ///
    /// `visible` tells the images a query sees, oldest first; empty for none.
    package func synchronize(
        offsets: Matrix,
        logits: Matrix,
        references: Matrix,
        ranks: SynchronizerRankTables,
        values: [Matrix],
        visible: ImageVisibility,
        shape: PyramidShape,
        heads: Int,
        points: Int,
        ignoreToken: Matrix,
        into out: Matrix
    ) {
        let levels = shape.levels.count
        let slots = levels * points
        let channels = out.columns
        precondition(offsets.columns == heads * points * 2 && logits.columns == heads * slots)
        precondition(offsets.rows == out.rows && logits.rows == out.rows)
        precondition(references.rows > 0 && out.rows % references.rows == 0)
        precondition(ignoreToken.count == channels && channels % heads == 0)
        precondition(values.allSatisfy { $0.rows == shape.rowCount && $0.columns == channels })
        scope {
            let mostVisible = max(1, visible.largestCount)
            let weights = scratch(pool.workerCount, mostVisible * heads * slots)
            let ignored = scratch(pool.workerCount, heads)
            let locations = scratch(pool.workerCount, heads * points * 2)
            let valueCount = values.reduce(0) { $0 + $1.count }
            forRanges(
                of: out.rows,
                granularity: max(1, 16384 / (slots * channels)),
                byteCount: Self.byteCount(offsets, logits, out)
                    + valueCount * MemoryLayout<Float>.stride
            ) { range, worker in
                for query in range {
                    let images = visible[query]
                    precondition(
                        images.upperBound <= values.count,
                        "image \(images) of \(values.count)"
                    )
                    precondition(
                        images.count < ranks.offsets.rows,
                        "\(images.count) images visible"
                    )
                    let own = unsafe weights.row(worker).base
                    for (slot, image) in images.enumerated() {
                        unsafe ilv_add_f32(
                            own + slot * logits.columns,
                            logits.row(query).base,
                            ranks.logits.row(images.upperBound - image).base,
                            logits.columns
                        )
                    }
                    let mass = ignored.row(worker)
                    unsafe ilv_softmax_sink_f32(own, mass.base, images.count, heads, slots)
                    let target = out.row(query)
                    spread(ignoreToken, by: mass, into: target)
                    for (slot, image) in images.enumerated() {
                        let places = locations.row(worker)
                        place(
                            offsets.row(query),
                            plus: ranks.offsets.row(images.upperBound - image),
                            around: references.row(query % references.rows),
                            into: places
                        )
                        unsafe shape.packed.withUnsafeBufferPointer { shapes in
                            guard let shapes = shapes.baseAddress else { return }
                            unsafe ilv_deformable_sample_f32(
                                target.base,
                                values[image].base,
                                values[image].stride,
                                shapes,
                                heads,
                                levels,
                                points,
                                channels / heads,
                                places.base,
                                points * 2,
                                0,
                                own + slot * logits.columns
                            )
                        }
                    }
                }
            }
        }
    }

    /// Computes `out[h·D + d] = token[h·D + d] · mass[h]`.
    private func spread(_ token: Matrix, by mass: Matrix, into out: Matrix) {
        let headSize = token.columns / mass.columns
        for head in 0..<mass.columns {
            let offset = head * headSize
            unsafe ilv_scale_f32(out.base + offset, token.base + offset, mass.base[head], headSize)
        }
    }

    /// `out = offsets + rank + reference`, (x, y) alternating.
    private func place(
        _ offsets: Matrix,
        plus rank: Matrix,
        around reference: Matrix,
        into out: Matrix
    ) {
        unsafe ilv_add_f32(out.base, offsets.base, rank.base, out.columns)
        let (x, y) = (reference[0, 0], reference[0, 1])
        out.withMutableRow(0) { row in
            for pair in 0..<row.count / 2 {
                row[2 * pair] += x
                row[2 * pair + 1] += y
            }
        }
    }
}
