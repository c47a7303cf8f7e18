internal import Tensors

/// A transformer block over pixels: self-attention, cross-attention to the conditioning tokens and a
/// GEGLU feed-forward network.
///
/// Source: diffusers `Transformer2DModel` and `BasicTransformerBlock`; Latent Diffusion,
/// arXiv 2112.10752 §3.3.
struct SpatialTransformer: Sendable {
    private let headCount: Int
    private let groups: Int
    private let inputNorm: NormWeights
    private let inputProjection: LinearWeights
    private let selfNorm: NormWeights
    private let queryKeyValue: LinearWeights  // [3·channels, channels]
    private let selfOutput: LinearWeights
    private let crossNorm: NormWeights
    private let crossQuery: LinearWeights
    private let crossKeyValue: LinearWeights  // [2·channels, conditioning width]
    private let crossOutput: LinearWeights
    private let feedForwardNorm: NormWeights
    private let up: LinearWeights  // [8·channels, channels]
    private let down: LinearWeights  // [channels, 4·channels]
    private let outputProjection: LinearWeights

    init(
        _ parameters: Parameters,
        channels: Int,
        headCount: Int,
        conditioningWidth: Int,
        groups: Int
    ) throws {
        self.headCount = headCount
        self.groups = groups
        inputNorm = try parameters.norm("norm", channels: channels, epsilon: 1e-6)
        inputProjection = try parameters.linear("proj_in", inputs: channels, outputs: channels)
        outputProjection = try parameters.linear("proj_out", inputs: channels, outputs: channels)
        let block = parameters["transformer_blocks"][0]
        selfNorm = try block.norm("norm1", channels: channels, epsilon: 1e-5)
        queryKeyValue = try block["attn1"].fusedLinear(
            [("to_q", channels), ("to_k", channels), ("to_v", channels)],
            inputs: channels,
            bias: false
        )
        selfOutput = try block["attn1"]["to_out"].linear("0", inputs: channels, outputs: channels)
        crossNorm = try block.norm("norm2", channels: channels, epsilon: 1e-5)
        crossQuery = try block["attn2"].linear(
            "to_q",
            inputs: channels,
            outputs: channels,
            bias: false
        )
        crossKeyValue = try block["attn2"].fusedLinear(
            [("to_k", channels), ("to_v", channels)],
            inputs: conditioningWidth,
            bias: false
        )
        crossOutput = try block["attn2"]["to_out"].linear("0", inputs: channels, outputs: channels)
        feedForwardNorm = try block.norm("norm3", channels: channels, epsilon: 1e-5)
        let net = block["ff"]["net"]
        up = try net[0].linear("proj", inputs: channels, outputs: 8 * channels)
        down = try net.linear("2", inputs: 4 * channels, outputs: channels)
    }

    /// Keys and values of the conditioning tokens, which no step changes.
    ///
    /// Shapes: `tokens` [tokens, conditioning width] -> [tokens, 2·channels], keys first.
    func keyValues(of tokens: Matrix, _ compute: Compute) -> Matrix {
        let out = Matrix(rows: tokens.rows, columns: crossKeyValue.outputs)
        compute.linear(tokens, crossKeyValue, into: out)
        return out
    }

    /// Shapes: `x` [samples·pixels, channels], in place · `keyValues` per sample
    /// [tokens, 2·channels].
    func run(_ x: Matrix, samples: Int, keyValues: [Matrix], _ compute: Compute) {
        let channels = x.columns
        let scale = 1 / Float(channels / headCount).squareRoot()
        compute.scope {
            let hidden = compute.scratch(x.rows, channels)
            let normed = compute.scratch(x.rows, channels)
            compute.groupNorm(
                x,
                samples: samples,
                groups: groups,
                inputNorm,
                silu: false,
                into: normed
            )
            compute.linear(normed, inputProjection, into: hidden)

            let fused = compute.scratch(x.rows, 3 * channels)
            compute.layerNorm(hidden, selfNorm, into: normed)
            compute.linear(normed, queryKeyValue, into: fused)
            compute.attention(
                q: fused.columns(0..<channels),
                k: fused.columns(channels..<2 * channels),
                v: fused.columns(2 * channels..<3 * channels),
                samples: samples,
                heads: headCount,
                scale: scale,
                format: queryKeyValue.format,
                into: normed
            )
            compute.linear(normed, selfOutput, into: hidden, adding: true)

            let queries = fused.columns(0..<channels)
            compute.layerNorm(hidden, crossNorm, into: normed)
            compute.linear(normed, crossQuery, into: queries)
            compute.attention(
                q: queries,
                keys: keyValues.map { $0.columns(0..<channels) },
                values: keyValues.map { $0.columns(channels..<2 * channels) },
                heads: headCount,
                scale: scale,
                into: normed
            )
            compute.linear(normed, crossOutput, into: hidden, adding: true)

            compute.layerNorm(hidden, feedForwardNorm, into: normed)
            let wide = compute.scratch(x.rows, 8 * channels)
            compute.linear(normed, up, into: wide)
            let gated = compute.scratch(x.rows, 4 * channels)
            compute.geGLU(wide, into: gated)
            compute.linear(gated, down, into: hidden, adding: true)
            compute.linear(hidden, outputProjection, into: x, adding: true)
        }
    }
}
