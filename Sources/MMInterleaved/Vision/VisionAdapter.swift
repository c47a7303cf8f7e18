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

    /// What the adapter makes of a picture, in matrices that the caller provides.
    package struct Output {
        /// Class token and patch tokens, [1 + grid², channels].
        package let tokens: Matrix
        /// Feature maps of 4, 2, 1 and 1/2 times the patch grid, each [side², channels].
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

    /// Encodes one picture.
    ///
    /// Shapes: `pixels` [imageSize², 3], normalised with CLIP's mean and deviation.
    package func encode(
        _ pixels: Matrix,
        _ compute: Compute,
        into output: Output,
        observe: (_ name: String, _ value: Matrix) -> Void = { _, _ in }
    ) {
        let width = configuration.hiddenSize
        let grids = configuration.pyramidSides.map { Grid(side: $0) }
        let featureGrids = Array(grids[1...])
        let groupSize = configuration.layerCount / VisionConfiguration.groupCount
        let tokens = output.tokens
        let patches = tokens.rows(1..<tokens.rows)
        compute.scope {
            transformer.embed(pixels, compute, into: tokens)
            observe("embedded", tokens)

            // The adapter's three coarser maps live side by side as one token list.
            let features = compute.scratch(featureReferences.rows, width)
            let featureMaps = Self.split(features, featureGrids)
            spatialPrior(pixels, compute, into: [output.maps[0]] + featureMaps)
            for (level, map) in ([output.maps[0]] + featureMaps).enumerated() {
                observe("prior\(level)", map)
            }
            for (level, map) in featureMaps.enumerated() {
                compute.addRow(levelEmbedding.row(level), to: map)
            }

            var groupOutputs: [Matrix] = []
            for (index, interaction) in interactions.enumerated() {
                inject(features, into: patches, interaction.injector, compute)
                transformer.run(
                    layers: index * groupSize..<(index + 1) * groupSize,
                    on: tokens,
                    compute
                )
                for extractor in interaction.extractors {
                    extract(patches, into: features, extractor, featureGrids, compute)
                }
                let copy = compute.scratch(patches.rows, width)
                copy.copy(from: patches)
                groupOutputs.append(copy)
                observe("group\(index)", tokens)
            }
            observe("features", features)

            let lifted = compute.scratch(grids[0].count, width)
            compute.transposedConvolution2x2(
                featureMaps[0],
                upsampling,
                grid: featureGrids[0],
                into: lifted
            )
            compute.add(lifted, to: output.maps[0])
            for (level, map) in featureMaps.enumerated() {
                output.maps[level + 1].copy(from: map)
            }
            for level in 0..<4 {
                compute.resizeBilinear(
                    groupOutputs[level],
                    from: grids[2],
                    to: grids[level],
                    adding: true,
                    into: output.maps[level]
                )
                observe("map\(level)", output.maps[level])
            }
        }
    }

    /// The prior sees the picture at 16 pixels per patch whatever the transformer's patch size.
    private func spatialPrior(_ pixels: Matrix, _ compute: Compute, into maps: [Matrix]) {
        let grid = Grid(side: configuration.gridSize * 16)
        compute.scope {
            let resized = compute.scratch(grid.count, 3)
            compute.resizeBilinear(
                pixels,
                from: Grid(side: configuration.imageSize),
                to: grid,
                into: resized
            )
            prior.maps(resized, grid: grid, compute, into: maps)
        }
    }

    /// Computes `patches += gamma · attention(norm(patches), norm(features))`.
    private func inject(
        _ features: Matrix,
        into patches: Matrix,
        _ injector: Injector,
        _ compute: Compute
    ) {
        compute.scope {
            let queries = compute.scratch(patches.rows, patches.columns)
            compute.layerNorm(patches, injector.queryNorm, into: queries)
            let normed = compute.scratch(features.rows, features.columns)
            compute.layerNorm(features, injector.featureNorm, into: normed)
            injector.attention.attend(
                queries,
                references: patchReferences,
                to: normed,
                compute,
                into: queries
            )
            compute.add(queries, scaledByChannels: injector.gamma, to: patches)
        }
    }

    /// `features += attention(norm(features), norm(patches))`, then a convolutional feed-forward part.
    private func extract(
        _ patches: Matrix,
        into features: Matrix,
        _ extractor: Extractor,
        _ grids: [Grid],
        _ compute: Compute
    ) {
        compute.scope {
            let queries = compute.scratch(features.rows, features.columns)
            compute.layerNorm(features, extractor.queryNorm, into: queries)
            let normed = compute.scratch(patches.rows, patches.columns)
            compute.layerNorm(patches, extractor.featureNorm, into: normed)
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
            for (grid, (source, target)) in zip(
                grids,
                zip(Self.split(narrow, grids), Self.split(mixed, grids))
            ) {
                compute.depthwise3x3(
                    source,
                    weight: extractor.depthwise.weight,
                    bias: extractor.depthwise.bias,
                    grid: grid,
                    into: target
                )
            }
            compute.activate(mixed, .gelu)
            compute.linear(mixed, extractor.down, into: features, adding: true)
        }
    }

    private static func split(_ stacked: Matrix, _ grids: [Grid]) -> [Matrix] {
        var first = 0
        return grids.map { grid in
            defer { first += grid.count }
            return stacked.rows(first..<first + grid.count)
        }
    }
}
