package import Tensors

/// What the model knows of a picture: tokens for the language model and a feature pyramid for the
/// synchronizers.
package struct ImageFeatures: Sendable {
    /// Embeddings that stand for the picture in a sequence, [image tokens, language width].
    package let tokens: Matrix
    /// Feature maps with position embeddings, finest first, each [side², vision width].
    package let pyramid: [Matrix]

    /// Groups tokens and pyramid.
    package init(tokens: Matrix, pyramid: [Matrix]) {
        self.tokens = tokens
        self.pyramid = pyramid
    }
}

/// Turns a picture into a fixed number of tokens and a feature pyramid.
///
/// Source: MM-Interleaved, arXiv 2401.10208 §3.1.
package struct VisualTokenizer: Sendable {
    private let vision: VisionConfiguration
    private let encoder: VisionAdapter
    private let perceiver: PerceiverResampler
    private let mean: Matrix  // [1, 3]
    private let deviation: Matrix  // [1, 3]
    private let positionProjection: LinearWeights
    private let positionNorm: NormWeights
    private let tokenPositions: Matrix  // [1 + grid², channels]
    private let pyramidPositions: [Matrix]  // one per map, [side², channels]
    private let outputNorm: NormWeights
    private let projection: LinearWeights  // [language width, perceiver width]

    /// Loads the weights below a module path.
    package init(
        _ parameters: Parameters,
        vision: VisionConfiguration,
        perceiver: PerceiverConfiguration,
        languageHiddenSize: Int
    ) throws {
        self.vision = vision
        let width = vision.hiddenSize
        encoder = try VisionAdapter(parameters["encoder"]["vision_model"], vision)
        self.perceiver = try PerceiverResampler(parameters["perceiver_resampler"], perceiver)
        mean = try parameters.matrix("clip_mean", [1, 3, 1, 1])
        deviation = try parameters.matrix("clip_std", [1, 3, 1, 1])
        positionProjection = try parameters.linear("pos_proj", inputs: width, outputs: width)
        positionNorm = try parameters.norm("pos_ln", channels: width, epsilon: 1e-6)
        let tableGrid = Grid(side: vision.positionGridSize)
        let table = try parameters.matrix("pos_embed", [1 + tableGrid.count, width])
        let grid = Grid(side: vision.gridSize)
        let patchTable = table.rows(1..<table.rows)
        tokenPositions = Matrix(rows: 1 + grid.count, columns: width)
        tokenPositions.row(0).copy(from: table.row(0))
        tokenPositions.rows(1..<1 + grid.count).copy(
            from: Compute.resizedBicubic(patchTable, from: tableGrid, to: grid)
        )
        pyramidPositions = vision.pyramidSides.map {
            Compute.resizedBicubic(patchTable, from: tableGrid, to: Grid(side: $0))
        }
        outputNorm = try parameters.norm("post_ln", channels: width, epsilon: 1e-6)
        projection = try parameters.linear(
            "proj",
            inputs: perceiver.hiddenSize,
            outputs: languageHiddenSize
        )
    }

    /// Encodes pictures together.
    ///
    /// Shapes: `pixels` each [imageSize², 3], RGB in [0, 1]. The results own their memory.
    package func encode(_ pixels: [Matrix], _ compute: Compute) -> [ImageFeatures] {
        pixels.map { pixels in
            let trace = encodeTraced(pixels, compute)
            return ImageFeatures(tokens: trace.tokens, pyramid: trace.pyramid)
        }
    }

    /// The stages of an encoding, for comparison with the reference.
    package struct Trace {
        /// Encoder output, class token first, [1 + grid², channels].
        package let hidden: Matrix
        /// Perceiver output, [image tokens, perceiver width].
        package let resampled: Matrix
        /// As ``ImageFeatures/tokens``.
        package let tokens: Matrix
        /// As ``ImageFeatures/pyramid``.
        package let pyramid: [Matrix]
    }

    /// Encodes one picture and keeps the stages.
    ///
    /// Shapes: `pixels` [imageSize², 3], RGB in [0, 1].
    ///
    /// - `observe`: Sees the encoder's named intermediate results.
    package func encodeTraced(
        _ pixels: Matrix,
        _ compute: Compute,
        observe: (_ name: String, _ value: Matrix) -> Void = { _, _ in }
    ) -> Trace {
        let width = vision.hiddenSize
        let count = 1 + vision.gridSize * vision.gridSize
        let pyramid = vision.pyramidSides.map { Matrix(rows: $0 * $0, columns: width) }
        let hidden = Matrix(rows: count, columns: width)
        let tokens = Matrix(rows: perceiver.configuration.queryCount, columns: projection.outputs)
        let resampled = Matrix(
            rows: perceiver.configuration.queryCount,
            columns: perceiver.configuration.hiddenSize
        )
        compute.scope {
            let normalized = compute.scratch(pixels.rows, 3)
            normalize(pixels, into: normalized)
            encoder.encode(
                normalized,
                compute,
                into: VisionAdapter.Output(tokens: hidden, maps: pyramid),
                observe: observe
            )
            for (map, positions) in zip(pyramid, pyramidPositions) {
                compute.add(positions, to: map)
            }
            let placed = compute.scratch(count, width)
            compute.linear(hidden, positionProjection, into: placed)
            compute.layerNorm(placed, positionNorm, into: placed)
            compute.add(tokenPositions, to: placed)
            compute.layerNorm(placed, outputNorm, into: placed)
            perceiver.resample(placed, compute, into: resampled)
            compute.linear(resampled, projection, into: tokens)
        }
        return Trace(hidden: hidden, resampled: resampled, tokens: tokens, pyramid: pyramid)
    }

    private func normalize(_ pixels: Matrix, into out: Matrix) {
        for row in 0..<pixels.rows {
            for channel in 0..<3 {
                out[row, channel] =
                    (pixels[row, channel] - mean[0, channel]) / deviation[0, channel]
            }
        }
    }
}
