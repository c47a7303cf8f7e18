package import Tensors

/// The decoder of the variational autoencoder: latents to pixels.
///
/// Source: Latent Diffusion, arXiv 2112.10752; diffusers `AutoencoderKL`.
package struct Autoencoder: Sendable {
    /// Sizes of the decoder.
    package let configuration: AutoencoderConfiguration

    private let postQuantization: ConvolutionWeights
    private let input: ConvolutionWeights
    private let middleFirst: ResidualBlock
    private let attention: Attention
    private let middleSecond: ResidualBlock
    private let levels: [Level]
    private let outputNorm: NormWeights
    private let output: ConvolutionWeights

    private struct Attention {
        let norm: NormWeights
        let queryKeyValue: LinearWeights
        let output: LinearWeights
    }

    private struct Level {
        let blocks: [ResidualBlock]
        let upsampling: ConvolutionWeights?
    }

    private static let epsilon: Float = 1e-6

    /// Loads the weights below a module path (`image_decoder.decoder.vae`).
    package init(_ parameters: Parameters, _ configuration: AutoencoderConfiguration) throws {
        let c = configuration
        self.configuration = c
        let channels = Array(c.blockChannels.reversed())
        let first = channels[0]
        postQuantization = try parameters.convolution(
            "post_quant_conv",
            inputs: c.latentChannels,
            outputs: c.latentChannels,
            kernel: 1
        )
        let decoder = parameters["decoder"]
        func block(_ parameters: Parameters, inputs: Int, outputs: Int) throws -> ResidualBlock {
            try ResidualBlock(
                parameters,
                inputs: inputs,
                outputs: outputs,
                timeWidth: nil,
                groups: c.normGroupCount,
                epsilon: Self.epsilon
            )
        }
        input = try decoder.convolution(
            "conv_in",
            inputs: c.latentChannels,
            outputs: first,
            kernel: 3,
            padding: 1
        )
        let middle = decoder["mid_block"]
        middleFirst = try block(middle["resnets"][0], inputs: first, outputs: first)
        let attending = middle["attentions"][0]
        attention = Attention(
            norm: try attending.norm("group_norm", channels: first, epsilon: Self.epsilon),
            queryKeyValue: try attending.fusedLinear(
                [("to_q", first), ("to_k", first), ("to_v", first)],
                inputs: first
            ),
            output: try attending["to_out"].linear("0", inputs: first, outputs: first)
        )
        middleSecond = try block(middle["resnets"][1], inputs: first, outputs: first)
        var inputs = first
        levels = try channels.enumerated().map { index, outputs in
            let own = decoder["up_blocks"][index]
            let blocks = try (0...c.layersPerBlock).map { layer in
                defer { inputs = outputs }
                return try block(own["resnets"][layer], inputs: inputs, outputs: outputs)
            }
            let upsampling =
                index == channels.count - 1
                ? nil
                : try own["upsamplers"][0].convolution(
                    "conv",
                    inputs: outputs,
                    outputs: outputs,
                    kernel: 3,
                    padding: 1
                )
            return Level(blocks: blocks, upsampling: upsampling)
        }
        outputNorm = try decoder.norm("conv_norm_out", channels: inputs, epsilon: Self.epsilon)
        output = try decoder.convolution(
            "conv_out",
            inputs: inputs,
            outputs: 3,
            kernel: 3,
            padding: 1
        )
    }

    /// Decodes latents to RGB around [-1, 1], one picture or several.
    ///
    /// A picture's bits are the same alone and among others. Scratch memory grows with their number.
    ///
    /// Shapes: `latents` [samples·side², latent channels], in diffusion's scale · `out`
    /// [samples·(side·upsamplingFactor)², 3].
    package func decode(_ latents: Matrix, side: Int, _ compute: Compute, into out: Matrix) {
        let samples = latents.rows / (side * side)
        compute.scope {
            var grid = Grid(side: side)
            let unscaled = compute.scratch(latents.rows, latents.columns)
            unscaled.fill(0)
            compute.add(latents, scaledBy: 1 / configuration.scalingFactor, to: unscaled)
            let entered = compute.scratch(latents.rows, latents.columns)
            compute.convolution(
                unscaled,
                postQuantization,
                samples: samples,
                grid: grid,
                into: entered
            )
            var x = compute.scratch(latents.rows, input.outputs)
            compute.convolution(entered, input, samples: samples, grid: grid, into: x)
            run(middleFirst, &x, samples, grid, compute)
            attend(x, samples, compute)
            run(middleSecond, &x, samples, grid, compute)
            for level in levels {
                for block in level.blocks { run(block, &x, samples, grid, compute) }
                if let upsampling = level.upsampling {
                    (x, grid) = compute.upsampled(x, upsampling, samples: samples, grid: grid)
                }
            }
            compute.groupNorm(
                x,
                samples: samples,
                groups: configuration.normGroupCount,
                outputNorm,
                silu: true,
                into: x
            )
            compute.convolution(x, output, samples: samples, grid: grid, into: out)
        }
    }

    /// Replaces `x` by the block's result, in the same memory where the sizes allow: at full resolution
    /// one such matrix is larger than all weights of its level.
    private func run(
        _ block: ResidualBlock,
        _ x: inout Matrix,
        _ samples: Int,
        _ grid: Grid,
        _ compute: Compute
    ) {
        guard block.outputs == x.columns else {
            let next = compute.scratch(x.rows, block.outputs)
            block.run(x, samples: samples, grid: grid, time: nil, compute, into: next)
            x = next
            return
        }
        compute.scope {
            let next = compute.scratch(x.rows, block.outputs)
            block.run(x, samples: samples, grid: grid, time: nil, compute, into: next)
            compute.copy(next, to: x)
        }
    }

    /// Single-head attention over all pixels of each sample, in place.
    private func attend(_ x: Matrix, _ samples: Int, _ compute: Compute) {
        let channels = x.columns
        compute.scope {
            let normed = compute.scratch(x.rows, channels)
            compute.groupNorm(
                x,
                samples: samples,
                groups: configuration.normGroupCount,
                attention.norm,
                silu: false,
                into: normed
            )
            let fused = compute.scratch(x.rows, 3 * channels)
            compute.linear(normed, attention.queryKeyValue, into: fused)
            compute.attention(
                q: fused.columns(0..<channels),
                k: fused.columns(channels..<2 * channels),
                v: fused.columns(2 * channels..<3 * channels),
                samples: samples,
                heads: 1,
                scale: 1 / Float(channels).squareRoot(),
                into: normed
            )
            compute.linear(normed, attention.output, into: x, adding: true)
        }
    }
}
