internal import Glibc
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

    private let vocabulary: VocabularyConfiguration
    private let tokenEmbedding: Matrix  // [vocabulary, hidden]
    private let beginOfImageEmbedding: Matrix  // [1, hidden], added to the token's own
    private let layers: [Layer]
    private let finalNorm: RMSNormWeights
    private let head: LinearWeights  // [vocabulary, hidden]
    private let rotary: RotaryTable

    private struct Layer {
        let attentionNorm: RMSNormWeights
        let queryKeyValue: LinearWeights  // [3·hidden, hidden]
        let output: LinearWeights
        let crossAttention: CrossAttention?
        let feedForwardNorm: RMSNormWeights
        let gateUp: LinearWeights  // [2·intermediate, hidden]
        let down: LinearWeights
    }

    private struct CrossAttention {
        let gate: Float  // tanh already applied
        let queryNorm: RMSNormWeights
        let featureNorm: RMSNormWeights
        let synchronizer: Synchronizer
    }

    /// Text tokens look at the centre of every picture.
    private static let reference = Matrix(rows: 1, columns: 2, values: [0.5, 0.5])

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
        let decoder = parameters["mm_decoder"]
        tokenEmbedding = try decoder["embed_tokens"].matrix(
            "weight",
            [vocabulary.size, c.hiddenSize]
        )
        beginOfImageEmbedding = try parameters.matrix("soi_token", [1, c.hiddenSize])
        layers = try (0..<c.layerCount).map { index in
            try Self.layer(decoder["layers"][index], c, index: index, visionWidth: visionWidth)
        }
        finalNorm = try decoder.rmsNorm("norm", channels: c.hiddenSize, epsilon: c.normEpsilon)
        head = try Self.head(parameters["text_decoder"], c, vocabulary)
        rotary = RotaryTable(
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
                gate: tanhf(try own.vector("gate", 1)[0, 0]),
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

    /// The second part of the head speaks for the two image tokens only; both are linear, so their sum
    /// is one layer.
    private static func head(
        _ parameters: Parameters,
        _ c: LanguageConfiguration,
        _ vocabulary: VocabularyConfiguration
    ) throws -> LinearWeights {
        let head = try parameters.storedLinear(
            "head",
            inputs: c.hiddenSize,
            outputs: vocabulary.size
        )
        let added = try parameters.storedLinear(
            "head_new",
            inputs: c.hiddenSize,
            outputs: vocabulary.size - vocabulary.originalSize
        )
        let compute = Compute(workerCount: 1)
        let range = vocabulary.originalSize..<vocabulary.size
        compute.add(added.weight, to: head.weight.rows(range))
        if let bias = head.bias, let addedBias = added.bias {
            compute.add(addedBias, to: bias.columns(range))
        }
        return parameters.packed(head.weight, bias: head.bias)
    }

    /// Makes an empty sequence of at most `maximumPositionCount` positions.
    package func makeSequence() -> LanguageSequence {
        LanguageSequence(
            cache: KeyValueCache(
                layerCount: configuration.layerCount,
                hiddenSize: configuration.hiddenSize,
                capacity: configuration.maximumPositionCount
            ),
            hiddenSize: configuration.hiddenSize
        )
    }

    /// Projects an image's feature maps for all layers' synchronizers.
    ///
    /// - `pyramid`: The maps by side, each [side², vision width].
    package func synchronizerValues(
        of pyramid: [Int: Matrix],
        _ compute: Compute
    ) -> SynchronizerValues {
        let maps = configuration.synchronizerSides.compactMap { pyramid[$0] }
        precondition(
            maps.count == configuration.synchronizerSides.count,
            "a feature map is missing"
        )
        let rowCount = maps.reduce(0) { $0 + $1.rows }
        return compute.scope {
            let features = compute.scratch(rowCount, maps[0].columns)
            var first = 0
            for map in maps {
                features.rows(first..<first + map.rows).copy(from: map)
                first += map.rows
            }
            let normed = compute.scratch(rowCount, features.columns)
            let values = layers.compactMap(\.crossAttention).map { crossAttention in
                compute.rmsNorm(features, crossAttention.featureNorm, into: normed)
                let out = Matrix(rows: rowCount, columns: crossAttention.synchronizer.valueSize)
                crossAttention.synchronizer.project(normed, compute, into: out)
                return out
            }
            return SynchronizerValues(layers: values)
        }
    }

    /// Looks up a token's embedding. `out` [1, hidden]
    package func embed(_ token: Int, into out: Matrix) {
        out.copy(from: tokenEmbedding.row(token))
        guard token == vocabulary.beginOfImage else { return }
        for column in 0..<out.columns {
            out[0, column] += beginOfImageEmbedding[0, column]
        }
    }

    /// Number of tokens.
    package var vocabularySize: Int { vocabulary.size }

    /// Whether a token hides the images before it from the positions after it.
    func isBeginOfSequence(_ token: Int) -> Bool { token == vocabulary.beginOfSequence }

    /// Runs all layers over rows of one or more sequences and appends them to these.
    ///
    /// Shapes: `x` [rows, hidden], embeddings in, hidden states after the final norm out; the spans
    /// cover all rows in order.
    ///
    /// - `observe`: Sees the input of every layer; for comparison with the reference.
    package func forward(
        _ x: Matrix,
        _ spans: some RandomAccessCollection<LanguageSpan>,
        _ compute: Compute,
        observe: (_ layer: Int, _ input: Matrix) -> Void = { _, _ in }
    ) {
        let hidden = configuration.hiddenSize
        compute.scope {
            let normed = compute.scratch(x.rows, hidden)
            let fused = compute.scratch(x.rows, 3 * hidden)
            let wide = compute.scratch(x.rows, 2 * configuration.intermediateSize)
            let narrow = compute.scratch(x.rows, configuration.intermediateSize)
            let cosine = compute.scratch(x.rows, configuration.headSize / 2)
            let sine = compute.scratch(x.rows, configuration.headSize / 2)
            gatherRotary(spans, cosine, sine)
            var synchronizerIndex = 0
            for (index, layer) in layers.enumerated() {
                observe(index, x)
                compute.rmsNorm(x, layer.attentionNorm, into: normed)
                compute.linear(normed, layer.queryKeyValue, into: fused)
                attend(fused, spans, layer: index, cosine, sine, compute, into: normed)
                compute.linear(normed, layer.output, into: x, adding: true)
                if let crossAttention = layer.crossAttention {
                    synchronize(x, spans, crossAttention, index: synchronizerIndex, compute)
                    synchronizerIndex += 1
                }
                compute.rmsNorm(x, layer.feedForwardNorm, into: normed)
                compute.linear(normed, layer.gateUp, into: wide)
                compute.swiGLU(wide, into: narrow)
                compute.linear(narrow, layer.down, into: x, adding: true)
            }
            compute.rmsNorm(x, finalNorm, into: x)
        }
        for span in spans {
            let cache = span.sequence.cache
            span.sequence.hidden.rows(cache.count..<cache.count + span.rows.count)
                .copy(from: x.rows(span.rows))
            cache.advance(by: span.rows.count)
        }
    }

    /// Computes the logits of all tokens. `hidden` [rows, hidden] · `out` [rows, vocabulary]
    package func logits(of hidden: Matrix, _ compute: Compute, into out: Matrix) {
        compute.linear(hidden, head, into: out)
    }

    // MARK: - Parts of a layer

    private func gatherRotary(
        _ spans: some RandomAccessCollection<LanguageSpan>,
        _ cosine: Matrix,
        _ sine: Matrix
    ) {
        for span in spans {
            let positions = span.sequence.count..<span.sequence.count + span.rows.count
            cosine.rows(span.rows).copy(from: rotary.cosine.rows(positions))
            sine.rows(span.rows).copy(from: rotary.sine.rows(positions))
        }
    }

    /// Self-attention of every span over its own sequence; new keys and values go to the cache.
    private func attend(
        _ fused: Matrix,
        _ spans: some RandomAccessCollection<LanguageSpan>,
        layer: Int,
        _ cosine: Matrix,
        _ sine: Matrix,
        _ compute: Compute,
        into out: Matrix
    ) {
        let hidden = configuration.hiddenSize
        let heads = configuration.headCount
        for part in 0..<2 {
            compute.rotate(
                fused.columns(part * hidden..<(part + 1) * hidden),
                cosine: cosine,
                sine: sine,
                heads: heads
            )
        }
        for span in spans {
            let rows = fused.rows(span.rows)
            let past = span.sequence.count
            let total = past + span.rows.count
            let (keys, values) = span.sequence.cache.layer(layer, count: total)
            keys.rows(past..<total).copy(from: rows.columns(hidden..<2 * hidden))
            values.rows(past..<total).copy(from: rows.columns(2 * hidden..<3 * hidden))
            compute.attention(
                q: rows.columns(0..<hidden),
                k: keys,
                v: values,
                heads: heads,
                scale: 1 / Float(configuration.headSize).squareRoot(),
                mask: .causal(visible: past + 1),
                into: out.rows(span.rows)
            )
        }
    }

    /// Computes `x += tanh(gate) · synchronizer(norm(x))`.
    private func synchronize(
        _ x: Matrix,
        _ spans: some RandomAccessCollection<LanguageSpan>,
        _ crossAttention: CrossAttention,
        index: Int,
        _ compute: Compute
    ) {
        compute.scope {
            let queries = compute.scratch(x.rows, x.columns)
            compute.rmsNorm(x, crossAttention.queryNorm, into: queries)
            let seen = compute.scratch(x.rows, x.columns)
            for span in spans {
                crossAttention.synchronizer.synchronize(
                    queries.rows(span.rows),
                    references: Self.reference,
                    values: span.sequence.values(layer: index),
                    visible: span.visible,
                    compute,
                    into: seen.rows(span.rows)
                )
            }
            compute.add(seen, scaledBy: crossAttention.gate, to: x)
        }
    }
}
