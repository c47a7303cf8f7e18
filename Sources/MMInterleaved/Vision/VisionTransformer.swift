internal import Tensors

/// The layers of CLIP's vision transformer, without its final normalisation.
///
/// Source: CLIP, arXiv 2103.00020 §2.4.
struct VisionTransformer: Sendable {
    private let configuration: VisionConfiguration
    private let classEmbedding: Matrix  // [1, channels]
    private let patchEmbedding: ConvolutionWeights
    private let positionEmbedding: Matrix  // [1 + grid², channels]
    private let inputNorm: NormWeights
    private let layers: [Layer]

    private struct Layer {
        let attentionNorm: NormWeights
        let queryKeyValue: LinearWeights  // [3·channels, channels]
        let output: LinearWeights
        let feedForwardNorm: NormWeights
        let up: LinearWeights  // [intermediate, channels]
        let down: LinearWeights  // [channels, intermediate]
    }

    init(_ parameters: Parameters, _ configuration: VisionConfiguration) throws {
        let c = configuration
        self.configuration = c
        let width = c.hiddenSize
        let embeddings = parameters["embeddings"]
        classEmbedding = try embeddings.vector("class_embedding", width)
        patchEmbedding = try embeddings.convolution(
            "patch_embedding",
            inputs: 3,
            outputs: width,
            kernel: c.patchSize,
            stride: c.patchSize,
            bias: false
        )
        positionEmbedding = try embeddings["position_embedding"].matrix(
            "weight",
            [1 + c.gridSize * c.gridSize, width]
        )
        // The missing "e" is in the published checkpoints.
        inputNorm = try parameters.norm("pre_layrnorm", channels: width, epsilon: c.normEpsilon)
        layers = try (0..<c.layerCount).map { index in
            let layer = parameters["encoder"]["layers"][index]
            return Layer(
                attentionNorm: try layer.norm(
                    "layer_norm1",
                    channels: width,
                    epsilon: c.normEpsilon
                ),
                queryKeyValue: try layer["self_attn"].fusedLinear(
                    [("q_proj", width), ("k_proj", width), ("v_proj", width)],
                    inputs: width
                ),
                output: try layer["self_attn"].linear("out_proj", inputs: width, outputs: width),
                feedForwardNorm: try layer.norm(
                    "layer_norm2",
                    channels: width,
                    epsilon: c.normEpsilon
                ),
                up: try layer["mlp"].linear("fc1", inputs: width, outputs: c.intermediateSize),
                down: try layer["mlp"].linear("fc2", inputs: c.intermediateSize, outputs: width)
            )
        }
    }

    /// Tokens of one picture: the class token and a token per patch.
    var tokenCount: Int { positionEmbedding.rows }

    /// Turns normalised pictures into their class tokens and their patches' tokens.
    ///
    /// Shapes: `pixels` [samples·imageSize², 3] · `out` [samples·(1 + grid²), channels], a picture's
    /// class token first.
    func embed(_ pixels: Matrix, samples: Int, _ compute: Compute, into out: Matrix) {
        let patchCount = tokenCount - 1
        compute.scope {
            let patches = compute.scratch(samples * patchCount, out.columns)
            compute.convolution(
                pixels,
                patchEmbedding,
                samples: samples,
                grid: Grid(side: configuration.imageSize),
                into: patches
            )
            for sample in 0..<samples {
                let own = out.rows(sample * tokenCount..<(sample + 1) * tokenCount)
                own.row(0).copy(from: classEmbedding)
                compute.copy(
                    patches.rows(sample * patchCount..<(sample + 1) * patchCount),
                    to: own.rows(1..<tokenCount)
                )
                compute.add(positionEmbedding, to: own)
            }
        }
        compute.layerNorm(out, inputNorm, into: out)
    }

    /// Runs a range of layers over the pictures' tokens, in place.
    ///
    /// Shapes: `x` [samples·(1 + grid²), channels].
    func run(layers range: Range<Int>, on x: Matrix, samples: Int, _ compute: Compute) {
        let width = configuration.hiddenSize
        let scale = 1 / Float(width / configuration.headCount).squareRoot()
        compute.scope {
            let normed = compute.scratch(x.rows, width)
            let fused = compute.scratch(x.rows, 3 * width)
            let wide = compute.scratch(x.rows, configuration.intermediateSize)
            for layer in layers[range] {
                compute.layerNorm(x, layer.attentionNorm, into: normed)
                compute.linear(normed, layer.queryKeyValue, into: fused)
                compute.attention(
                    q: fused.columns(0..<width),
                    k: fused.columns(width..<2 * width),
                    v: fused.columns(2 * width..<3 * width),
                    samples: samples,
                    heads: configuration.headCount,
                    scale: scale,
                    format: layer.queryKeyValue.format,
                    into: normed
                )
                compute.linear(normed, layer.output, into: x, adding: true)
                compute.layerNorm(x, layer.feedForwardNorm, into: normed)
                compute.linear(normed, layer.up, into: wide)
                compute.activate(wide, .quickGELU)
                compute.linear(wide, layer.down, into: x, adding: true)
            }
        }
    }
}
