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
    /// - Parameters:
    ///   - offsets: Of the queries' points.
    ///   - logits: Of the queries' points on every level.
    ///   - references: Where the queries stand, as fractions.
    ///   - ranks: What is added to both for an image.
    ///   - values: Projected feature maps, per image.
    ///   - visible: The images that a query sees, oldest first; empty for none.
    ///   - shape: The levels of the maps.
    ///   - heads: Heads.
    ///   - points: Points per head and level.
    ///   - ignoreToken: What a query gets as far as it looks at no image.
    ///   - out: Gets the sums.
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
        let slots = shape.levels.count * points
        precondition(offsets.columns == heads * points * 2 && logits.columns == heads * slots)
        precondition(offsets.rows == out.rows && logits.rows == out.rows)
        precondition(references.rows > 0 && out.rows % references.rows == 0)
        precondition(ignoreToken.count == out.columns && out.columns % heads == 0)
        precondition(
            values.allSatisfy { $0.rows == shape.rowCount && $0.columns == out.columns }
        )
        scope {
            let mostVisible = max(1, visible.largestCount)
            let weights = scratch(workerCount, mostVisible * heads * slots)
            let ignored = scratch(workerCount, heads)
            let locations = scratch(workerCount, heads * points * 2)
            let valueCount = values.reduce(0) { $0 + $1.count }
            forRanges(
                of: out.rows,
                granularity: max(1, 16384 / (slots * out.columns)),
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
                    let (weights, mass) = (weights.row(worker), ignored.row(worker))
                    weigh(logits.row(query), ranks.logits, images, slots, into: weights, mass)
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
                        let start = slot * logits.columns
                        sample(
                            values[image],
                            shape,
                            at: places,
                            weights.columns(start..<start + logits.columns),
                            heads: heads,
                            addingTo: target
                        )
                    }
                }
            }
        }
    }

    /// Weights of a query's slots in all images that it sees, per image as the logits are, and per head the `mass`
    /// that stays with the ignore token.
    private func weigh(
        _ logits: Matrix,
        _ ranks: Matrix,
        _ images: Range<Int>,
        _ slots: Int,
        into weights: Matrix,
        _ mass: Matrix
    ) {
        for (slot, image) in images.enumerated() {
            unsafe ilv_add_f32(
                weights.base + slot * logits.columns,
                logits.base,
                ranks.row(images.upperBound - image).base,
                logits.columns
            )
        }
        unsafe ilv_softmax_sink_f32(weights.base, mass.base, images.count, mass.columns, slots)
    }

    /// Adds an image's values at a query's places, weighted.
    private func sample(
        _ values: Matrix,
        _ shape: PyramidShape,
        at places: Matrix,
        _ weights: Matrix,
        heads: Int,
        addingTo out: Matrix
    ) {
        unsafe shape.packed.withUnsafeBufferPointer { shapes in
            guard let shapes = shapes.baseAddress else { return }
            unsafe ilv_deformable_sample_f32(
                out.base,
                values.base,
                values.stride,
                shapes,
                heads,
                shape.levels.count,
                places.columns / (2 * heads),
                out.columns / heads,
                places.base,
                places.columns / heads,
                0,
                weights.base
            )
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
