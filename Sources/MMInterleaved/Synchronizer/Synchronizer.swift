package import Tensors

/// The multi-modal feature synchronizer (MMFS): deformable attention from a query to the feature maps
/// of all images it may see, weighed against a learned ignore token.
///
/// The projected feature maps do not depend on the query: ``project(_:norm:_:)`` computes them once
/// per image, and ``synchronize`` uses them for every token and every diffusion step.
///
/// Source: MM-Interleaved, arXiv 2401.10208 §3.2. In closed form the ignore slots of all images and
/// levels have mass 1 before the softmax, so they act as one extra logit of 0.
package struct Synchronizer: Sendable {
    /// Sizes of a synchronizer.
    package struct Configuration: Sendable {
        /// Channels of a query.
        package var querySize: Int
        /// Channels of a feature map.
        package var featureSize: Int
        /// Channels of a projected feature map.
        package var valueSize: Int
        /// Channels of the result.
        package var outputSize: Int
        /// Attention heads.
        package var headCount: Int
        /// Sampling points per head.
        package var pointCount: Int
        /// Sides of the feature maps, in the order of their rows.
        package var sides: [Int]
        /// Side of the grid that offsets are measured in.
        package var baseSide: Int
        /// Rows of the rank table: one more than the most images a query may see.
        package var maximumImageCount: Int

        /// Groups the sizes.
        package init(
            querySize: Int,
            featureSize: Int,
            valueSize: Int,
            outputSize: Int,
            headCount: Int,
            pointCount: Int,
            sides: [Int],
            baseSide: Int,
            maximumImageCount: Int
        ) {
            self.querySize = querySize
            self.featureSize = featureSize
            self.valueSize = valueSize
            self.outputSize = outputSize
            self.headCount = headCount
            self.pointCount = pointCount
            self.sides = sides
            self.baseSide = baseSide
            self.maximumImageCount = maximumImageCount
        }
    }

    /// The maps of one image, in the order of their rows.
    package let shape: PyramidShape
    /// Channels of a projected feature map.
    package let valueSize: Int

    private let headCount: Int
    private let pointCount: Int
    private let dynamicOffsetMask: LinearWeights  // [querySize, querySize]
    /// [heads·points·2, querySize], divided by the base side.
    private let samplingOffsets: LinearWeights
    private let attentionWeights: LinearWeights  // [heads·levels·points, querySize]
    private let valueProjection: LinearWeights  // [valueSize, featureSize]
    private let outputProjection: LinearWeights  // [outputSize, valueSize]
    private let ignoreToken: Matrix  // [1, valueSize]
    private let ranks: SynchronizerRankTables

    /// Loads the weights below a module path.
    package init(_ parameters: Parameters, _ configuration: Configuration) throws {
        let c = configuration
        let levels = c.sides.count
        shape = PyramidShape(c.sides.map { Grid(side: $0) })
        valueSize = c.valueSize
        headCount = c.headCount
        pointCount = c.pointCount
        dynamicOffsetMask = try parameters.linear(
            "dynamic_offset_mask",
            inputs: c.querySize,
            outputs: c.querySize
        )
        let offsets = try parameters.storedLinear(
            "sampling_offsets",
            inputs: c.querySize,
            outputs: c.headCount * c.pointCount * 2
        )
        Self.scale(offsets.weight, by: 1 / Float(c.baseSide))
        if let bias = offsets.bias { Self.scale(bias, by: 1 / Float(c.baseSide)) }
        samplingOffsets = parameters.packed(
            offsets.weight,
            bias: offsets.bias,
            as: "sampling_offsets"
        )
        let logits = Self.withoutIgnoreSlots(
            try parameters.storedLinear(
                "attention_weights",
                inputs: c.querySize,
                outputs: c.headCount * levels * (c.pointCount + 1)
            ),
            points: c.pointCount
        )
        attentionWeights = parameters.packed(
            logits.weight,
            bias: logits.bias,
            as: "attention_weights"
        )
        valueProjection = try parameters.linear(
            "value_proj",
            inputs: c.featureSize,
            outputs: c.valueSize
        )
        outputProjection = try parameters.linear(
            "output_proj",
            inputs: c.valueSize,
            outputs: c.outputSize
        )
        ignoreToken = try parameters.matrix("ignore_token", [1, 1, 1, c.valueSize])
        let table = try parameters["query_relpos"].stored(
            "weight",
            [c.maximumImageCount, c.querySize]
        )
        ranks = SynchronizerRankTables(
            offsets: Self.projected(table, offsets.weight, parameters),
            logits: Self.projected(table, logits.weight, parameters)
        )
    }

    /// Projects an image's feature maps for sampling.
    ///
    /// Shapes: `features` [Σ levels, featureSize], already normalised · `out` [Σ levels, valueSize].
    package func project(_ features: Matrix, _ compute: Compute, into out: Matrix) {
        compute.linear(features, valueProjection, into: out)
    }

    /// Lets every query sample the images that it sees.
    ///
    /// Shapes: `queries` [queries, querySize] · `references` [n, 2], points in [0, 1]², repeated every n
    /// queries · `values` per image [Σ levels, valueSize] · `out` [queries, outputSize].
    ///
    /// - Parameters:
    ///   - queries: One row per query.
    ///   - references: Where each query looks, as shares of width and height.
    ///   - values: Projected pyramids of the images.
    ///   - visible: The images a query sees, oldest first.
    ///   - compute: Where to compute.
    ///   - out: Gets a row per query.
    package func synchronize(
        _ queries: Matrix,
        references: Matrix,
        values: [Matrix],
        visible: ImageVisibility,
        _ compute: Compute,
        into out: Matrix
    ) {
        compute.scope {
            let mixed = compute.scratch(queries.rows, queries.columns)
            compute.linear(queries, dynamicOffsetMask, into: mixed)
            let offsets = compute.scratch(queries.rows, samplingOffsets.outputs)
            compute.linear(mixed, samplingOffsets, into: offsets)
            let logits = compute.scratch(queries.rows, attentionWeights.outputs)
            compute.linear(mixed, attentionWeights, into: logits)
            let sampled = compute.scratch(queries.rows, valueSize)
            compute.synchronize(
                offsets: offsets,
                logits: logits,
                references: references,
                ranks: ranks,
                values: values,
                visible: visible,
                shape: shape,
                heads: headCount,
                points: pointCount,
                ignoreToken: ignoreToken,
                into: sampled
            )
            compute.linear(sampled, outputProjection, into: out)
        }
    }

    // MARK: - Packing

    private static func scale(_ matrix: Matrix, by factor: Float) {
        for row in 0..<matrix.rows {
            matrix.withMutableRow(row) { span in
                for index in 0..<span.count { span[index] *= factor }
            }
        }
    }

    /// Drops each level's last output: the reference overwrites it, so it has no effect.
    private static func withoutIgnoreSlots(
        _ stored: (weight: Matrix, bias: Matrix?),
        points: Int
    ) -> (weight: Matrix, bias: Matrix) {
        let runs = stored.weight.rows / (points + 1)
        let weight = Matrix(rows: runs * points, columns: stored.weight.columns)
        let bias = Matrix(rows: 1, columns: runs * points)
        for run in 0..<runs {
            let (from, to) = (run * (points + 1), run * points)
            weight.rows(to..<to + points).copy(from: stored.weight.rows(from..<from + points))
            if let shift = stored.bias {
                bias.columns(to..<to + points).copy(from: shift.columns(from..<from + points))
            }
        }
        return (weight, bias)
    }

    /// The projections are linear, so what a rank adds to a query becomes what it adds to the
    /// query's projections: computed once here instead of once per query and image.
    private static func projected(
        _ table: Matrix,
        _ weight: Matrix,
        _ parameters: Parameters
    ) -> Matrix {
        parameters.made(table.rows, weight.rows) {
            let out = Matrix(rows: table.rows, columns: weight.rows)
            Compute(workerCount: 1).linear(
                table,
                LinearWeights(weight: weight, bias: nil),
                into: out
            )
            return out
        }
    }
}
