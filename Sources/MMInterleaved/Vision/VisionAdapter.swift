package import Tensors

/// CLIP's vision transformer with an adapter: a token per patch and four feature maps.
///
/// The transformer runs in four groups of layers. Before a group the injector brings the spatial
/// prior's features into the patches; after it the extractor takes them back.
///
/// Source: ViT-Adapter, arXiv 2205.08534 §3.
package struct VisionAdapter: Sendable {
    private let configuration: VisionConfiguration
    private let transformer: VisionTransformer
    private let prior: SpatialPrior
    private let levelEmbedding: Matrix  // [3, channels]
    private let interactions: [Interaction]
    private let upsampling: LinearWeights  // transposed 2x2 convolution
    private let patchReferences: Matrix  // [grid², 2]
    private let featureReferences: Matrix  // [Σ adapter maps, 2]

    private struct Interaction {
        let injector: Injector
        let extractors: [Extractor]
    }

    private struct Injector {
        let queryNorm: NormWeights
        let featureNorm: NormWeights
        let attention: DeformableAttention
        let gamma: Matrix  // [1, channels]
    }

    private struct Extractor {
        let queryNorm: NormWeights
        let featureNorm: NormWeights
        let attention: DeformableAttention
        let feedForwardNorm: NormWeights
        let up: LinearWeights
        let depthwise: (weight: Matrix, bias: Matrix)
        let down: LinearWeights
    }

    /// What the adapter makes of pictures, in matrices that the caller provides.
    package struct Output {
        /// Class token and patch tokens, [samples·(1 + grid²), channels].
        package let tokens: Matrix
        /// Feature maps of 4, 2, 1 and 1/2 times the patch grid, each [samples·side², channels].
        package let maps: [Matrix]

        /// Groups the matrices to fill.
        package init(tokens: Matrix, maps: [Matrix]) {
            self.tokens = tokens
            self.maps = maps
        }
    }

    /// Loads the weights below a module path.
    package init(_ parameters: Parameters, _ configuration: VisionConfiguration) throws {
        let c = configuration
        self.configuration = c
        let grids = c.pyramidSides.map { Grid(side: $0) }
        let featureGrids = Array(grids[1...])
        transformer = try VisionTransformer(parameters, c)
        levelEmbedding = try parameters.matrix("adapter_level_embed", [3, c.hiddenSize])
        prior = try SpatialPrior(
            parameters["adapter_spm"],
            stemWidth: c.stemWidth,
            channels: c.hiddenSize
        )
        interactions = try (0..<VisionConfiguration.groupCount).map { index in
            let interaction = parameters["adapter_interactions"][index]
            var extractors = [try Self.extractor(interaction["extractor"], c)]
            if index == VisionConfiguration.groupCount - 1 {
                for extra in 0..<2 {
                    extractors.append(
                        try Self.extractor(interaction["extra_extractors"][extra], c)
                    )
                }
            }
            return Interaction(
                injector: try Self.injector(interaction["injector"], c, features: featureGrids),
                extractors: extractors
            )
        }
        upsampling = try parameters.transposedConvolution2x2(
            "adapter_up",
            inputs: c.hiddenSize,
            outputs: c.hiddenSize
        )
        patchReferences = Matrix(
            rows: grids[2].count,
            columns: 2,
            values: grids[2].pixelCenters
        )
        featureReferences = Matrix(
            rows: featureGrids.reduce(0) { $0 + $1.count },
            columns: 2,
            values: featureGrids.flatMap(\.pixelCenters)
        )
    }

    private static func injector(
        _ parameters: Parameters,
        _ c: VisionConfiguration,
        features: [Grid]
    ) throws -> Injector {
        Injector(
            queryNorm: try parameters.norm("query_norm", channels: c.hiddenSize, epsilon: 1e-5),
            featureNorm: try parameters.norm("feat_norm", channels: c.hiddenSize, epsilon: 1e-5),
            attention: try DeformableAttention(
                parameters["attn"],
                channels: c.hiddenSize,
                headCount: c.headCount,
                pointCount: c.pointCount,
                grids: features
            ),
            gamma: try parameters.vector("gamma", c.hiddenSize)
        )
    }

    private static func extractor(
        _ parameters: Parameters,
        _ c: VisionConfiguration
    ) throws -> Extractor {
        let width = c.hiddenSize
        let ffn = parameters["ffn"]
        return Extractor(
            queryNorm: try parameters.norm("query_norm", channels: width, epsilon: 1e-5),
            featureNorm: try parameters.norm("feat_norm", channels: width, epsilon: 1e-5),
            attention: try DeformableAttention(
                parameters["attn"],
                channels: width,
                headCount: c.headCount,
                pointCount: c.pointCount,
                grids: [Grid(side: c.gridSize)]
            ),
            feedForwardNorm: try parameters.norm("ffn_norm", channels: width, epsilon: 1e-5),
            up: try ffn.linear("fc1", inputs: width, outputs: width / 4),
            depthwise: try ffn["dwconv"].depthwise3x3("dwconv", channels: width / 4),
            down: try ffn.linear("fc2", inputs: width / 4, outputs: width)
        )
    }

    /// Encodes one or more pictures.
    ///
    /// Shapes: `pixels` [samples·imageSize², 3], normalised with CLIP's mean and deviation.
    package func encode(
        _ pixels: Matrix,
        samples: Int,
        _ compute: Compute,
        into output: Output,
        observe: (_ name: String, _ value: Matrix) -> Void = { _, _ in }
    ) {
        let width = configuration.hiddenSize
        let groupSize = configuration.layerCount / VisionConfiguration.groupCount
        let tokens = output.tokens
        compute.scope {
            transformer.embed(pixels, samples: samples, compute, into: tokens)
            observe("embedded", tokens)
            let features = compute.scratch(samples * featureReferences.rows, width)
            startFeatures(pixels, samples, compute, into: features, output, observe)

            var groupOutputs: [Matrix] = []
            for (index, interaction) in interactions.enumerated() {
                inject(features, into: tokens, samples, interaction.injector, compute)
                transformer.run(
                    layers: index * groupSize..<(index + 1) * groupSize,
                    on: tokens,
                    samples: samples,
                    compute
                )
                for extractor in interaction.extractors {
                    extract(tokens, into: features, samples, extractor, compute)
                }
                let copy = compute.scratch(samples * patchReferences.rows, width)
                for sample in 0..<samples {
                    compute.copy(patches(tokens, sample), to: own(copy, sample, of: samples))
                }
                groupOutputs.append(copy)
                observe("group\(index)", tokens)
            }
            observe("features", features)
            finishMaps(features, samples, groupOutputs, compute, into: output.maps)
            for (level, map) in output.maps.enumerated() { observe("map\(level)", map) }
        }
    }

    // MARK: - Maps

    private var grids: [Grid] { configuration.pyramidSides.map { Grid(side: $0) } }

    /// The adapter's three coarser maps, which live side by side as one token list per picture.
    private var featureGrids: [Grid] { Array(grids[1...]) }

    /// The spatial prior's maps: the finest as the output's first map, the others as features.
    private func startFeatures(
        _ pixels: Matrix,
        _ samples: Int,
        _ compute: Compute,
        into features: Matrix,
        _ output: Output,
        _ observe: (String, Matrix) -> Void
    ) {
        compute.scope {
            let coarser = featureGrids.map {
                compute.scratch(samples * $0.count, features.columns)
            }
            let maps = [output.maps[0]] + coarser
            spatialPrior(pixels, samples, compute, into: maps)
            for (level, map) in maps.enumerated() { observe("prior\(level)", map) }
            for (level, map) in coarser.enumerated() {
                compute.addRow(levelEmbedding.row(level), to: map)
                for sample in 0..<samples {
                    compute.copy(
                        own(map, sample, of: samples),
                        to: split(features, sample, of: samples)[level]
                    )
                }
            }
        }
    }

    /// The prior sees the pictures at 16 pixels per patch whatever the transformer's patch size.
    private func spatialPrior(
        _ pixels: Matrix,
        _ samples: Int,
        _ compute: Compute,
        into maps: [Matrix]
    ) {
        let grid = Grid(side: configuration.gridSize * 16)
        compute.scope {
            let resized = compute.scratch(samples * grid.count, 3)
            for sample in 0..<samples {
                compute.resizeBilinear(
                    own(pixels, sample, of: samples),
                    from: Grid(side: configuration.imageSize),
                    to: grid,
                    into: own(resized, sample, of: samples)
                )
            }
            prior.maps(resized, samples: samples, grid: grid, compute, into: maps)
        }
    }

    /// The output's maps: features, the finest lifted from the next, plus the groups' patches.
    private func finishMaps(
        _ features: Matrix,
        _ samples: Int,
        _ groupOutputs: [Matrix],
        _ compute: Compute,
        into maps: [Matrix]
    ) {
        for sample in 0..<samples {
            for (level, map) in split(features, sample, of: samples).enumerated() {
                compute.copy(map, to: own(maps[level + 1], sample, of: samples))
            }
        }
        compute.scope {
            let lifted = compute.scratch(maps[0].rows, maps[0].columns)
            let grid = featureGrids[0]
            compute.transposedConvolution2x2(
                maps[1],
                upsampling,
                // No window crosses a row of pixels, so pictures may lie below one another.
                grid: Grid(height: samples * grid.height, width: grid.width),
                into: lifted
            )
            compute.add(lifted, to: maps[0])
        }
        for (level, map) in maps.enumerated() {
            for sample in 0..<samples {
                compute.resizeBilinear(
                    own(groupOutputs[level], sample, of: samples),
                    from: grids[2],
                    to: grids[level],
                    adding: true,
                    into: own(map, sample, of: samples)
                )
            }
        }
    }

    // MARK: - Interactions

    /// Computes `patches += gamma · attention(norm(patches), norm(features))`.
    private func inject(
        _ features: Matrix,
        into tokens: Matrix,
        _ samples: Int,
        _ injector: Injector,
        _ compute: Compute
    ) {
        compute.scope {
            let queries = compute.scratch(samples * patchReferences.rows, tokens.columns)
            for sample in 0..<samples {
                compute.layerNorm(
                    patches(tokens, sample),
                    injector.queryNorm,
                    into: own(queries, sample, of: samples)
                )
            }
            let normed = compute.scratch(features.rows, features.columns)
            compute.layerNorm(features, injector.featureNorm, into: normed)
            injector.attention.attend(
                queries,
                references: patchReferences,
                to: normed,
                compute,
                into: queries
            )
            for sample in 0..<samples {
                compute.add(
                    own(queries, sample, of: samples),
                    scaledByChannels: injector.gamma,
                    to: patches(tokens, sample)
                )
            }
        }
    }

    /// `features += attention(norm(features), norm(patches))`, then a convolutional feed-forward part.
    private func extract(
        _ tokens: Matrix,
        into features: Matrix,
        _ samples: Int,
        _ extractor: Extractor,
        _ compute: Compute
    ) {
        compute.scope {
            let queries = compute.scratch(features.rows, features.columns)
            compute.layerNorm(features, extractor.queryNorm, into: queries)
            let normed = compute.scratch(samples * patchReferences.rows, tokens.columns)
            for sample in 0..<samples {
                compute.layerNorm(
                    patches(tokens, sample),
                    extractor.featureNorm,
                    into: own(normed, sample, of: samples)
                )
            }
            extractor.attention.attend(
                queries,
                references: featureReferences,
                to: normed,
                compute,
                into: queries
            )
            compute.add(queries, to: features)

            compute.layerNorm(features, extractor.feedForwardNorm, into: queries)
            let narrow = compute.scratch(features.rows, extractor.up.outputs)
            compute.linear(queries, extractor.up, into: narrow)
            let mixed = compute.scratch(features.rows, extractor.up.outputs)
            for sample in 0..<samples {
                let sources = split(narrow, sample, of: samples)
                let targets = split(mixed, sample, of: samples)
                for (level, grid) in featureGrids.enumerated() {
                    compute.depthwise3x3(
                        sources[level],
                        weight: extractor.depthwise.weight,
                        bias: extractor.depthwise.bias,
                        grid: grid,
                        into: targets[level]
                    )
                }
            }
            compute.activate(mixed, .gelu)
            compute.linear(mixed, extractor.down, into: features, adding: true)
        }
    }

    // MARK: - Views of one picture

    /// One picture's rows of a matrix that holds all pictures' one after the other.
    private func own(_ stacked: Matrix, _ sample: Int, of samples: Int) -> Matrix {
        let count = stacked.rows / samples
        return stacked.rows(sample * count..<(sample + 1) * count)
    }

    /// One picture's patch tokens, those after its class token.
    private func patches(_ tokens: Matrix, _ sample: Int) -> Matrix {
        let count = transformer.tokenCount
        return tokens.rows(sample * count + 1..<(sample + 1) * count)
    }

    /// One picture's features as its three maps.
    private func split(_ features: Matrix, _ sample: Int, of samples: Int) -> [Matrix] {
        let all = own(features, sample, of: samples)
        var first = 0
        return featureGrids.map { grid in
            defer { first += grid.count }
            return all.rows(first..<first + grid.count)
        }
    }
}
