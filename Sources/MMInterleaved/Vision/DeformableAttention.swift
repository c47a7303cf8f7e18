package import Tensors

/// Multi-scale deformable attention of the adapter: every query looks at a few points of each map.
///
/// Values have half the channels of the queries ("deform ratio" 0.5).
///
/// Source: Deformable DETR, arXiv 2010.04159 §4.1.
package struct DeformableAttention: Sendable {
    private let shape: PyramidShape
    private let headCount: Int
    private let pointCount: Int
    private let samplingOffsets: LinearWeights  // [heads·levels·points·2, channels]
    private let attentionWeights: LinearWeights  // [heads·levels·points, channels]
    private let valueProjection: LinearWeights  // [channels/2, channels]
    private let outputProjection: LinearWeights  // [channels, channels/2]

    /// Loads the weights; `grids` are the maps that are looked at.
    package init(
        _ parameters: Parameters,
        channels: Int,
        headCount: Int,
        pointCount: Int,
        grids: [Grid]
    ) throws {
        shape = PyramidShape(grids)
        self.headCount = headCount
        self.pointCount = pointCount
        let samples = headCount * grids.count * pointCount
        let offsets = try parameters.storedLinear(
            "sampling_offsets",
            inputs: channels,
            outputs: samples * 2
        )
        Self.normalize(offsets.weight, offsets.bias, grids: grids, points: pointCount)
        samplingOffsets = parameters.packed(
            offsets.weight,
            bias: offsets.bias,
            as: "sampling_offsets"
        )
        attentionWeights = try parameters.linear(
            "attention_weights",
            inputs: channels,
            outputs: samples
        )
        valueProjection = try parameters.linear(
            "value_proj",
            inputs: channels,
            outputs: channels / 2
        )
        outputProjection = try parameters.linear(
            "output_proj",
            inputs: channels / 2,
            outputs: channels
        )
    }

    /// Lets every query sample the maps around its reference point.
    ///
    /// Shapes: `queries`, `out` [samples·queries, channels] · `references` [queries, 2] in [0, 1]², the
    /// same for every sample · `features` [samples·Σ maps, channels].
    package func attend(
        _ queries: Matrix,
        references: Matrix,
        to features: Matrix,
        _ compute: Compute,
        into out: Matrix
    ) {
        let levels = shape.levels.count
        compute.scope {
            let value = compute.scratch(features.rows, valueProjection.outputs)
            compute.linear(features, valueProjection, into: value)
            let locations = compute.scratch(queries.rows, samplingOffsets.outputs)
            compute.linear(queries, samplingOffsets, into: locations)
            compute.addPairs(references, to: locations)
            let weights = compute.scratch(queries.rows, attentionWeights.outputs)
            compute.linear(queries, attentionWeights, into: weights)
            compute.softmaxRuns(weights, width: levels * pointCount)
            let sampled = compute.scratch(queries.rows, valueProjection.outputs)
            compute.deformableSample(
                value,
                shape,
                heads: headCount,
                points: pointCount,
                locations: locations,
                weights: weights,
                into: sampled
            )
            compute.linear(sampled, outputProjection, into: out)
        }
    }

    /// Divides the offsets by the width and height of their map, so that they are fractions of it.
    private static func normalize(_ weight: Matrix, _ bias: Matrix?, grids: [Grid], points: Int) {
        for output in 0..<weight.rows {
            let grid = grids[output / (2 * points) % grids.count]
            let side = Float(output % 2 == 0 ? grid.width : grid.height)
            weight.withMutableRow(output) { row in
                for index in 0..<row.count { row[index] /= side }
            }
            if let bias { bias[0, output] /= side }
        }
    }
}

extension Grid {
    /// Centres of the pixels as fractions (x, y) of the grid, [count, 2].
    var pixelCenters: [Float] {
        var centers: [Float] = []
        centers.reserveCapacity(2 * count)
        for y in 0..<height {
            for x in 0..<width {
                centers.append((Float(x) + 0.5) / Float(width))
                centers.append((Float(y) + 0.5) / Float(height))
            }
        }
        return centers
    }
}
