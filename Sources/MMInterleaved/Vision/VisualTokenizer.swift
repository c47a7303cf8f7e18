package import Images
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
        let table = try parameters.stored("pos_embed", [1 + tableGrid.count, width])
        let grid = Grid(side: vision.gridSize)
        let patchTable = table.rows(1..<table.rows)
        tokenPositions = parameters.made(1 + grid.count, width) {
            let positions = Matrix(rows: 1 + grid.count, columns: width)
            positions.row(0).copy(from: table.row(0))
            positions.rows(1..<1 + grid.count).copy(
                from: Compute.resizedBicubic(patchTable, from: tableGrid, to: grid)
            )
            return positions
        }
        pyramidPositions = vision.pyramidSides.map { side in
            parameters.made(side * side, width) {
                Compute.resizedBicubic(patchTable, from: tableGrid, to: Grid(side: side))
            }
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
    /// A picture's bits are the same alone and among others. Scratch memory grows with their number.
    ///
    /// Shapes: `pixels` each [imageSize², 3], RGB in [0, 1]. The results own their memory, each its own.
    package func encode(_ pixels: [Matrix], _ compute: Compute) -> [ImageFeatures] {
        guard !pixels.isEmpty else { return [] }
        return compute.scope {
            let stages = stages(samples: pixels.count, compute.scratch)
            run(pixels, compute, into: stages)
            return pixels.indices.map { sample in
                func own(_ stacked: Matrix) -> Matrix {
                    let count = stacked.rows / pixels.count
                    let copy = Matrix(rows: count, columns: stacked.columns)
                    compute.copy(stacked.rows(sample * count..<(sample + 1) * count), to: copy)
                    return copy
                }
                return ImageFeatures(
                    tokens: own(stages.tokens),
                    pyramid: stages.pyramid.map(own)
                )
            }
        }
    }

    /// The stages of an encoding, for comparison with the reference.
    package struct Trace {
        /// Encoder output, class token first, [samples·(1 + grid²), channels].
        package let hidden: Matrix
        /// Perceiver output, [samples·image tokens, perceiver width].
        package let resampled: Matrix
        /// As ``ImageFeatures/tokens``, sample after sample.
        package let tokens: Matrix
        /// As ``ImageFeatures/pyramid``, sample after sample.
        package let pyramid: [Matrix]
    }

    /// Encodes one picture and keeps the stages.
    ///
    /// Shapes: `pixels` [imageSize², 3], RGB in [0, 1].
    ///
    /// - Parameters:
    ///   - pixels: The picture, preprocessed.
    ///   - compute: Where to compute.
    ///   - observe: Sees the encoder's named intermediate results.
    /// - Returns: The results of all stages.
    package func encodeTraced(
        _ pixels: Matrix,
        _ compute: Compute,
        observe: (_ name: String, _ value: Matrix) -> Void = { _, _ in }
    ) -> Trace {
        let stages = stages(samples: 1) { Matrix(rows: $0, columns: $1) }
        run([pixels], compute, into: stages, observe: observe)
        return stages
    }

    private func stages(
        samples: Int,
        _ allocate: (_ rows: Int, _ columns: Int) -> Matrix
    ) -> Trace {
        let width = vision.hiddenSize
        let queries = samples * perceiver.configuration.queryCount
        return Trace(
            hidden: allocate(samples * tokenPositions.rows, width),
            resampled: allocate(queries, perceiver.configuration.hiddenSize),
            tokens: allocate(queries, projection.outputs),
            pyramid: vision.pyramidSides.map { allocate(samples * $0 * $0, width) }
        )
    }

    private func run(
        _ pixels: [Matrix],
        _ compute: Compute,
        into stages: Trace,
        observe: (_ name: String, _ value: Matrix) -> Void = { _, _ in }
    ) {
        let samples = pixels.count
        let count = tokenPositions.rows
        compute.scope {
            let size = vision.imageSize * vision.imageSize
            let normalized = compute.scratch(samples * size, 3)
            for (sample, own) in pixels.enumerated() {
                compute.standardize(
                    own,
                    mean: mean,
                    deviation: deviation,
                    into: normalized.rows(sample * size..<(sample + 1) * size)
                )
            }
            encoder.encode(
                normalized,
                samples: samples,
                compute,
                into: VisionAdapter.Output(tokens: stages.hidden, maps: stages.pyramid),
                observe: observe
            )
            for (map, positions) in zip(stages.pyramid, pyramidPositions) {
                for sample in 0..<samples {
                    let rows = sample * positions.rows..<(sample + 1) * positions.rows
                    compute.add(positions, to: map.rows(rows))
                }
            }
            let placed = compute.scratch(samples * count, vision.hiddenSize)
            compute.linear(stages.hidden, positionProjection, into: placed)
            compute.layerNorm(placed, positionNorm, into: placed)
            for sample in 0..<samples {
                compute.add(
                    tokenPositions,
                    to: placed.rows(sample * count..<(sample + 1) * count)
                )
            }
            compute.layerNorm(placed, outputNorm, into: placed)
            perceiver.resample(placed, samples: samples, compute, into: stages.resampled)
            compute.linear(stages.resampled, projection, into: stages.tokens)
        }
    }
}

extension Matrix {
    /// The pixels of a picture as the visual tokenizer takes them, [height·width, 3] in [0, 1].
    package init(pixelsOf image: RGBImage) {
        self.init(
            rows: image.width * image.height,
            columns: 3,
            values: image.pixels.map { Float($0) / 255 }
        )
    }
}
