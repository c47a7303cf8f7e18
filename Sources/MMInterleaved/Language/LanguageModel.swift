package import Tensors

/// LLaMA with a synchronizer in every `crossAttentionFrequency`-th layer.
///
/// A layer computes `x += attention(norm(x))`, where present `x += tanh(gate) · synchronizer(norm(x))`,
/// and `x += swiglu(norm(x))`.
///
/// Source: LLaMA, arXiv 2302.13971; MM-Interleaved, arXiv 2401.10208 §3.2.
package struct LanguageModel: Sendable {
    /// Sizes of the model.
    package let configuration: LanguageConfiguration
    /// How pools of its sequences store keys and values.
    package let keyValueFormat: KeyValueFormat

    let vocabulary: VocabularyConfiguration
    private let tokenEmbedding: NumberTable  // [vocabulary, hidden]
    private let beginOfImageEmbedding: Matrix  // [1, hidden], added to the token's own
    let layers: [Layer]
    let finalNorm: RMSNormWeights
    let head: LinearWeights  // [vocabulary, hidden]
    let rotary: RotaryTable

    /// One layer's weights.
    struct Layer {
        let attentionNorm: RMSNormWeights
        let queryKeyValue: LinearWeights  // [3·hidden, hidden]
        let output: LinearWeights
        let crossAttention: CrossAttention?
        let feedForwardNorm: RMSNormWeights
        let gateUp: LinearWeights  // [2·intermediate, hidden]
        let down: LinearWeights
    }

    /// A layer's synchronizer with its gate and norms.
    struct CrossAttention {
        let gate: Float  // tanh already applied
        let queryNorm: RMSNormWeights
        let featureNorm: RMSNormWeights
        let synchronizer: Synchronizer
    }

    /// The parameter that is read row by row.
    package static let tokenEmbeddingName = "mm_decoder.embed_tokens.weight"

    /// Text tokens look at the centre of every picture.
    static let reference = Matrix(rows: 1, columns: 2, values: [0.5, 0.5])

    /// Loads the weights from the root of the module tree: `mm_decoder`, `text_decoder`, `soi_token`.
    package init(
        _ parameters: Parameters,
        _ configuration: LanguageConfiguration,
        vocabulary: VocabularyConfiguration,
        visionWidth: Int
    ) throws {
        let c = configuration
        self.configuration = c
        self.vocabulary = vocabulary
        keyValueFormat = parameters.ledger.formats.keyValueFormat
        let decoder = parameters["mm_decoder"]
        tokenEmbedding = try decoder["embed_tokens"].table(
            "weight",
            [vocabulary.size, c.hiddenSize]
        )
        beginOfImageEmbedding = try parameters.matrix("soi_token", [1, c.hiddenSize])
        layers = try (0..<c.layerCount).map { index in
            try Self.layer(decoder["layers"][index], c, index: index, visionWidth: visionWidth)
        }
        finalNorm = try decoder.rmsNorm("norm", channels: c.hiddenSize, epsilon: c.normEpsilon)
        // The second part speaks for the two image tokens only; both are linear, so their sum is one layer.
        head = try parameters["text_decoder"].linear(
            "head",
            inputs: c.hiddenSize,
            outputs: vocabulary.size,
            adding: ("head_new", vocabulary.size - vocabulary.originalSize)
        )
        rotary = RotaryTable(
            decoder,
            positionCount: c.maximumPositionCount,
            headSize: c.headSize,
            base: c.rotaryBase
        )
    }

    private static func layer(
        _ parameters: Parameters,
        _ c: LanguageConfiguration,
        index: Int,
        visionWidth: Int
    ) throws -> Layer {
        let hidden = c.hiddenSize
        var crossAttention: CrossAttention?
        if c.hasSynchronizer(layer: index) {
            let own = parameters["llama_cross_attn"]
            crossAttention = CrossAttention(
                gate: Elementary.tanh(try own.vector("gate", 1)[0, 0]),
                queryNorm: try own.rmsNorm("norm1", channels: hidden, epsilon: c.normEpsilon),
                featureNorm: try own.rmsNorm(
                    "norm2",
                    channels: visionWidth,
                    epsilon: c.normEpsilon
                ),
                synchronizer: try Synchronizer(
                    own["attn"],
                    Synchronizer.Configuration(
                        querySize: hidden,
                        featureSize: visionWidth,
                        valueSize: visionWidth,
                        outputSize: hidden,
                        headCount: c.synchronizerHeadCount,
                        pointCount: c.synchronizerPointCount,
                        sides: c.synchronizerSides,
                        baseSide: c.synchronizerBaseSide,
                        maximumImageCount: c.maximumImageCount
                    )
                )
            )
        }
        return Layer(
            attentionNorm: try parameters.rmsNorm(
                "input_layernorm",
                channels: hidden,
                epsilon: c.normEpsilon
            ),
            queryKeyValue: try parameters["self_attn"].fusedLinear(
                [("q_proj", hidden), ("k_proj", hidden), ("v_proj", hidden)],
                inputs: hidden,
                bias: false
            ),
            output: try parameters["self_attn"].linear(
                "o_proj",
                inputs: hidden,
                outputs: hidden,
                bias: false
            ),
            crossAttention: crossAttention,
            feedForwardNorm: try parameters.rmsNorm(
                "post_attention_layernorm",
                channels: hidden,
                epsilon: c.normEpsilon
            ),
            gateUp: try parameters["mlp"].fusedLinear(
                [("gate_proj", c.intermediateSize), ("up_proj", c.intermediateSize)],
                inputs: hidden,
                bias: false
            ),
            down: try parameters["mlp"].linear(
                "down_proj",
                inputs: c.intermediateSize,
                outputs: hidden,
                bias: false
            )
        )
    }

    /// Memory of a block of positions.
    package var byteCountPerBlock: Int {
        KeyValuePool.byteCount(perBlockOf: configuration, keyValueFormat)
    }

    /// Looks up a token's embedding. `out` [1, hidden]
    package func embed(_ token: Int, into out: Matrix) {
        tokenEmbedding.copyRow(token, into: out)
        guard token == vocabulary.beginOfImage else { return }
        for column in 0..<out.columns {
            out[0, column] += beginOfImageEmbedding[0, column]
        }
    }

    /// Number of tokens.
    package var vocabularySize: Int { vocabulary.size }

    /// Projects images' feature maps for all layers' synchronizers, all images at once.
    ///
    /// - Parameters:
    ///   - pyramids: Per image the maps by side, each [side², vision width].
    ///   - compute: Where to compute.
    /// - Returns: The values of each image.
    package func synchronizerValues(
        of pyramids: [[Int: Matrix]],
        _ compute: Compute
    ) -> [SynchronizerValues] {
        let sides = configuration.synchronizerSides
        let synchronizers = layers.compactMap(\.crossAttention)
        let rowCount = sides.reduce(0) { $0 + $1 * $1 }
        let stacked = pyramids.count * rowCount
        guard stacked > 0, let first = synchronizers.first else {
            return pyramids.map { _ in SynchronizerValues(layers: []) }
        }
        return compute.scope {
            let features = compute.scratch(stacked, first.featureNorm.weight.columns)
            var row = 0
            for pyramid in pyramids {
                for side in sides {
                    guard let map = pyramid[side] else {
                        preconditionFailure("the feature map of side \(side) is missing")
                    }
                    compute.copy(map, to: features.rows(row..<row + map.rows))
                    row += map.rows
                }
            }
            let normed = compute.scratch(stacked, features.columns)
            let values = compute.scratch(stacked, first.synchronizer.valueSize)
            // One block of memory per image, so that it is freed with its image.
            let kept = pyramids.map { _ in
                Matrix(rows: synchronizers.count * rowCount, columns: values.columns)
            }
            for (layer, crossAttention) in synchronizers.enumerated() {
                compute.rmsNorm(features, crossAttention.featureNorm, into: normed)
                crossAttention.synchronizer.project(normed, compute, into: values)
                for (image, own) in kept.enumerated() {
                    compute.copy(
                        values.rows(image * rowCount..<(image + 1) * rowCount),
                        to: own.rows(layer * rowCount..<(layer + 1) * rowCount)
                    )
                }
            }
            return kept.map { own in
                SynchronizerValues(
                    layers: synchronizers.indices.map {
                        own.rows($0 * rowCount..<($0 + 1) * rowCount)
                    }
                )
            }
        }
    }
}
