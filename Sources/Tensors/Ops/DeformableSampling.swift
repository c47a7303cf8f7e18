internal import CKernels

/// Heights and widths of feature maps that are stacked in the rows of one matrix.
package struct PyramidShape: Hashable, Sendable {
    /// The maps' grids, in the order of their rows.
    package let levels: [Grid]
    let packed: [UInt32]

    /// Describes maps stacked in the given order.
    package init(_ levels: [Grid]) {
        self.levels = levels
        packed = levels.flatMap { [UInt32($0.height), UInt32($0.width)] }
    }

    /// Number of rows of all maps together.
    package var rowCount: Int { levels.reduce(0) { $0 + $1.count } }
}

extension Compute {
    /// Sums weighted bilinear samples of value maps for every query.
    ///
    /// Computes `out[q, h·D + d] = Σ_l,p weights[q, h, l, p] · value_l(location[q, h, l, p])[h·D + d]`
    /// with zero outside the maps and pixel centres at half-integers.
    ///
    /// Shapes: `value` [samples·Σ levels, heads·D], whose samples belong to equal runs of queries · `locations` [queries, heads·levels·points·2] as (x, y) in
    /// [0, 1], or [queries, heads·points·2] when the levels share them · `weights`
    /// [queries, heads·levels·points] · `out` [queries, heads·D].
    /// Threads: cut by queries. Source: Deformable DETR, arXiv 2010.04159 eq. 3.
    package func deformableSample(
        _ value: Matrix,
        _ shape: PyramidShape,
        heads: Int,
        points: Int,
        locations: Matrix,
        weights: Matrix,
        into out: Matrix
    ) {
        let levels = shape.levels.count
        let isShared = locations.columns == heads * points * 2
        precondition(isShared || locations.columns == heads * levels * points * 2)
        precondition(value.rows % shape.rowCount == 0 && value.columns == out.columns)
        let samples = value.rows / shape.rowCount
        precondition(samples > 0 && out.rows % samples == 0)
        let queries = out.rows / samples
        precondition(weights.columns == heads * levels * points && out.columns % heads == 0)
        precondition(locations.rows == out.rows && weights.rows == out.rows)
        let headStride = isShared ? points * 2 : levels * points * 2
        let cost = levels * points * out.columns
        forRanges(
            of: out.rows,
            granularity: max(1, 16384 / max(1, cost)),
            byteCount: Self.byteCount(value, locations, weights, out)
        ) { range, _ in
            unsafe shape.packed.withUnsafeBufferPointer { shapes in
                guard let shapes = shapes.baseAddress else { return }
                for query in range {
                    out.row(query).fill(0)
                    unsafe ilv_deformable_sample_f32(
                        out.base + query * out.stride,
                        value.base + query / queries * shape.rowCount * value.stride,
                        value.stride,
                        shapes,
                        heads,
                        levels,
                        points,
                        out.columns / heads,
                        locations.base + query * locations.stride,
                        headStride,
                        isShared ? 0 : points * 2,
                        weights.base + query * weights.stride
                    )
                }
            }
        }
    }

    /// Softmax over every run of `width` columns of every row, in place.
    package func softmaxRuns(_ x: Matrix, width: Int) {
        precondition(x.columns % width == 0)
        let runs = x.columns / width
        forRows(of: x) { range, _ in
            for row in range {
                unsafe ilv_softmax_rows_f32(x.base + row * x.stride, width, runs, width, 1)
            }
        }
    }
}
