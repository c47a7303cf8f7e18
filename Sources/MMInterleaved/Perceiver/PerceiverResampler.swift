package import Tensors

/// A perceiver resampler: a fixed number of learned queries that gather a token sequence of any length.
///
/// A BLIP-2 Q-Former without text: layers of self-attention, cross-attention in every
/// `crossAttentionFrequency`-th layer and a GELU feed-forward network, each followed by its residual
/// and a layer normalisation.
///
/// Source: BLIP-2, arXiv 2301.12597; normalised queries and keys, arXiv 2302.05442.
package struct PerceiverResampler: Sendable {
    /// Number and channels of the output tokens.
    package let configuration: PerceiverConfiguration

    private let queries: Matrix  // [queryCount, hiddenSize], normalised at load
    private let layers: [Layer]

    private struct Layer {
        let selfAttention: Attention
        let crossAttention: Attention?
        let intermediate: LinearWeights  // [intermediateSize, hiddenSize]
        let output: LinearWeights  // [hiddenSize, intermediateSize]
        let outputNorm: NormWeights
    }

    private struct Attention {
        let query: LinearWeights  // [hiddenSize, hiddenSize]
        let keyValue: LinearWeights  // [2·hiddenSize, input]
        let queryNorm: NormWeights?  // [headSize]
        let keyNorm: NormWeights?  // [headSize]
        let output: LinearWeights  // [hiddenSize, hiddenSize]
        let outputNorm: NormWeights
    }

    private static let epsilon: Float = 1e-12

    /// Loads the weights below a module path.
    package init(_ parameters: Parameters, _ configuration: PerceiverConfiguration) throws {
        let c = configuration
        self.configuration = c
        let former = parameters["blip2qformer"]
        queries = try parameters.matrix("queries", [1, c.queryCount, c.hiddenSize])
            .reshaped(rows: c.queryCount, columns: c.hiddenSize)
        let norm = try former.norm("layernorm", channels: c.hiddenSize, epsilon: Self.epsilon)
        Compute(workerCount: 1).layerNorm(queries, norm, into: queries)
        layers = try (0..<c.layerCount).map { index in
            let layer = former["encoder"]["layer"][index]
            return Layer(
                selfAttention: try Self.attention(layer["attention"], c, inputs: c.hiddenSize),
                crossAttention: index % c.crossAttentionFrequency == 0
                    ? try Self.attention(layer["crossattention"], c, inputs: c.encoderHiddenSize)
                    : nil,
                intermediate: try layer["intermediate_query"].linear(
                    "dense",
                    inputs: c.hiddenSize,
                    outputs: c.intermediateSize
                ),
                output: try layer["output_query"].linear(
                    "dense",
                    inputs: c.intermediateSize,
                    outputs: c.hiddenSize
                ),
                outputNorm: try layer["output_query"].norm(
                    "LayerNorm",
                    channels: c.hiddenSize,
                    epsilon: Self.epsilon
                )
            )
        }
    }

    private static func attention(
        _ parameters: Parameters,
        _ c: PerceiverConfiguration,
        inputs: Int
    ) throws -> Attention {
        let inner = parameters["attention"]
        let headSize = c.hiddenSize / c.headCount
        func headNorm(_ name: String) throws -> NormWeights? {
            guard c.normalizesQueriesAndKeys else { return nil }
            return try inner.norm(name, channels: headSize, epsilon: Self.epsilon)
        }
        return Attention(
            query: try inner.linear("query", inputs: c.hiddenSize, outputs: c.hiddenSize),
            keyValue: try inner.fusedLinear(
                [("key", c.hiddenSize), ("value", c.hiddenSize)],
                inputs: inputs
            ),
            queryNorm: try headNorm("q_norm"),
            keyNorm: try headNorm("k_norm"),
            output: try parameters["output"].linear(
                "dense",
                inputs: c.hiddenSize,
                outputs: c.hiddenSize
            ),
            outputNorm: try parameters["output"].norm(
                "LayerNorm",
                channels: c.hiddenSize,
                epsilon: epsilon
            )
        )
    }

    /// Gathers one token sequence, or several of equal length.
    ///
    /// Shapes: `tokens` [samples·any, encoderHiddenSize] · `out` [samples·queryCount, hiddenSize].
    package func resample(
        _ tokens: Matrix,
        samples: Int = 1,
        _ compute: Compute,
        into out: Matrix
    ) {
        for sample in 0..<samples {
            out.rows(sample * queries.rows..<(sample + 1) * queries.rows).copy(from: queries)
        }
        compute.scope {
            for layer in layers {
                attend(out, to: out, samples, layer.selfAttention, compute)
                if let crossAttention = layer.crossAttention {
                    attend(out, to: tokens, samples, crossAttention, compute)
                }
                feedForward(out, layer, compute)
            }
        }
    }

    /// Computes `x = norm(x + attention(x, source))`.
    private func attend(
        _ x: Matrix,
        to source: Matrix,
        _ samples: Int,
        _ weights: Attention,
        _ compute: Compute
    ) {
        let hidden = configuration.hiddenSize
        let headSize = hidden / configuration.headCount
        compute.scope {
            let q = compute.scratch(x.rows, hidden)
            compute.linear(x, weights.query, into: q)
            let keyValue = compute.scratch(source.rows, 2 * hidden)
            compute.linear(source, weights.keyValue, into: keyValue)
            let k = compute.scratch(source.rows, hidden)
            compute.copy(keyValue.columns(0..<hidden), to: k)
            if let queryNorm = weights.queryNorm, let keyNorm = weights.keyNorm {
                for (rows, norm) in [(q, queryNorm), (k, keyNorm)] {
                    let heads = rows.reshaped(rows: rows.count / headSize, columns: headSize)
                    compute.layerNorm(heads, norm, into: heads)
                }
            }
            let attended = compute.scratch(x.rows, hidden)
            compute.attention(
                q: q,
                k: k,
                v: keyValue.columns(hidden..<2 * hidden),
                samples: samples,
                heads: configuration.headCount,
                scale: 1 / Float(headSize).squareRoot(),
                into: attended
            )
            compute.linear(attended, weights.output, into: x, adding: true)
            compute.layerNorm(x, weights.outputNorm, into: x)
        }
    }

    /// Computes `x = norm(x + output(gelu(intermediate(x))))`.
    private func feedForward(_ x: Matrix, _ layer: Layer, _ compute: Compute) {
        compute.scope {
            let wide = compute.scratch(x.rows, configuration.intermediateSize)
            compute.linear(x, layer.intermediate, into: wide)
            compute.activate(wide, .gelu)
            compute.linear(wide, layer.output, into: x, adding: true)
            compute.layerNorm(x, layer.outputNorm, into: x)
        }
    }
}
