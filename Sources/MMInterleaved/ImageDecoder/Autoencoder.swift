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

    /// Decodes latents to RGB around [-1, 1], one picture after the other.
    ///
    /// Shapes: `latents` [samples·side², latent channels], in diffusion's scale · `out`
    /// [samples·(side·upsamplingFactor)², 3].
    package func decode(_ latents: Matrix, side: Int, _ compute: Compute, into out: Matrix) {
        let samples = latents.rows / (side * side)
        for sample in 0..<samples {
            let (entering, leaving) = (latents.rows / samples, out.rows / samples)
            decode(
                latents.rows(sample * entering..<(sample + 1) * entering),
                Grid(side: side),
                compute,
                into: out.rows(sample * leaving..<(sample + 1) * leaving)
            )
        }
    }

    private func decode(_ latents: Matrix, _ start: Grid, _ compute: Compute, into out: Matrix) {
        compute.scope {
            var grid = start
            let sizes = mapSizes(from: grid)
            let memory = compute.scratch(sizes.main, 1)
            let between = compute.scratch(sizes.between, 1)
            var x = memory.first(grid.count, input.outputs)
            enter(latents, grid, compute, into: x)
            middleFirst.run(&x, in: memory, between: between, grid: grid, compute)
            attend(x, compute)
            middleSecond.run(&x, in: memory, between: between, grid: grid, compute)
            for level in levels {
                for block in level.blocks {
                    block.run(&x, in: memory, between: between, grid: grid, compute)
                }
                guard let upsampling = level.upsampling else { continue }
                let small = between.first(grid.count, x.columns)
                compute.copy(x, to: small)
                x = memory.first(4 * grid.count, upsampling.outputs)
                compute.upsample(small, upsampling, grid: grid, into: x)
                grid = Grid(height: 2 * grid.height, width: 2 * grid.width)
            }
            let groups = configuration.normGroupCount
            compute.convolution(x, outputNorm, groups: groups, output, grid: grid, into: out)
        }
    }

    /// Numbers of the largest map that a block takes or makes, and of the largest that is beside one.
    private func mapSizes(from start: Grid) -> (main: Int, between: Int) {
        var pixels = start.count
        var sizes = (main: pixels * input.outputs, between: pixels * input.outputs)
        for level in levels {
            for block in level.blocks {
                sizes.main = max(sizes.main, pixels * block.outputs)
                sizes.between = max(sizes.between, pixels * block.outputs)
            }
            guard let upsampling = level.upsampling else { continue }
            pixels *= 4
            sizes.main = max(sizes.main, pixels * upsampling.outputs)
        }
        return sizes
    }

    /// Latents to the first map.
    private func enter(_ latents: Matrix, _ grid: Grid, _ compute: Compute, into x: Matrix) {
        compute.scope {
            let unscaled = compute.scratch(latents.rows, latents.columns)
            unscaled.fill(0)
            compute.add(latents, scaledBy: 1 / configuration.scalingFactor, to: unscaled)
            let entered = compute.scratch(latents.rows, latents.columns)
            compute.convolution(unscaled, postQuantization, grid: grid, into: entered)
            compute.convolution(entered, input, grid: grid, into: x)
        }
    }

    /// Single-head attention over all pixels, in place.
    private func attend(_ x: Matrix, _ compute: Compute) {
        let channels = x.columns
        compute.scope {
            let normed = compute.scratch(x.rows, channels)
            compute.groupNorm(
                x,
                samples: 1,
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
                heads: 1,
                scale: 1 / Float(channels).squareRoot(),
                into: normed
            )
            compute.linear(normed, attention.output, into: x, adding: true)
        }
    }
}
