package import Tensors

/// The diffusion UNet of Stable Diffusion 2 with the picture synchronizers between its two halves.
///
/// Source: Latent Diffusion, arXiv 2112.10752; diffusers `UNet2DConditionModel`.
package struct UNet: Sendable {
    /// Sizes of the network.
    package let configuration: UNetConfiguration

    private let synchronizer: PictureSynchronizer
    private let input: ConvolutionWeights
    private let timeFirst: LinearWeights
    private let timeSecond: LinearWeights
    private let downLevels: [Level]
    private let middleFirst: ResidualBlock
    private let middleAttention: SpatialTransformer
    private let middleSecond: ResidualBlock
    private let upLevels: [Level]
    private let outputNorm: NormWeights
    private let output: ConvolutionWeights

    /// What a picture is drawn from, in the form in which every step needs it.
    package struct Conditioning: Sendable {
        /// Keys and values of the conditioning tokens per attention layer.
        let keyValues: [Matrix]
    }

    /// Loads the weights below a module path (`image_decoder.decoder`).
    package init(
        _ parameters: Parameters,
        _ configuration: UNetConfiguration,
        pyramidSides: [Int],
        visionWidth: Int
    ) throws {
        let c = configuration
        self.configuration = c
        synchronizer = try PictureSynchronizer(
            parameters["mmfs_module"],
            c,
            pyramidSides: pyramidSides,
            visionWidth: visionWidth
        )
        let unet = parameters["unet"]
        let channels = c.blockChannels
        let (first, last) = (channels[0], channels[channels.count - 1])
        let timeWidth = 4 * first
        input = try unet.convolution(
            "conv_in",
            inputs: c.latentChannels,
            outputs: first,
            kernel: 3,
            padding: 1
        )
        timeFirst = try unet["time_embedding"].linear("linear_1", inputs: first, outputs: timeWidth)
        timeSecond = try unet["time_embedding"].linear(
            "linear_2",
            inputs: timeWidth,
            outputs: timeWidth
        )
        downLevels = try Self.downLevels(unet["down_blocks"], c, timeWidth: timeWidth)
        let middle = unet["mid_block"]
        middleFirst = try ResidualBlock(
            middle["resnets"][0],
            inputs: last,
            outputs: last,
            timeWidth: timeWidth,
            groups: c.normGroupCount,
            epsilon: c.normEpsilon
        )
        middleAttention = try SpatialTransformer(
            middle["attentions"][0],
            channels: last,
            headCount: c.headCounts[channels.count - 1],
            conditioningWidth: c.crossAttentionWidth,
            groups: c.normGroupCount
        )
        middleSecond = try ResidualBlock(
            middle["resnets"][1],
            inputs: last,
            outputs: last,
            timeWidth: timeWidth,
            groups: c.normGroupCount,
            epsilon: c.normEpsilon
        )
        upLevels = try Self.upLevels(unet["up_blocks"], c, timeWidth: timeWidth)
        outputNorm = try unet.norm("conv_norm_out", channels: first, epsilon: c.normEpsilon)
        output = try unet.convolution(
            "conv_out",
            inputs: first,
            outputs: c.latentChannels,
            kernel: 3,
            padding: 1
        )
    }

    /// Prepares conditioning tokens [tokens, conditioning width] for all steps.
    package func conditioning(of tokens: Matrix, _ compute: Compute) -> Conditioning {
        let attentions =
            downLevels.flatMap(\.attentions) + [middleAttention] + upLevels.flatMap(\.attentions)
        return Conditioning(keyValues: attentions.map { $0.keyValues(of: tokens, compute) })
    }

    /// Prepares the feature maps of the picture before the one to draw for all steps.
    package func source(of pyramid: [Matrix], _ compute: Compute) -> PictureSynchronizer.Values {
        synchronizer.values(of: pyramid, compute)
    }

    /// Predicts the noise (or what the scheduler is configured for) in latents.
    ///
    /// Shapes: `latents`, `out` [samples·side², latent channels]; times, conditionings and sources per
    /// sample.
    ///
    /// - Parameters:
    ///   - latents: Noisy latents of each sample.
    ///   - times: Timestep of each sample.
    ///   - conditionings: What each sample is drawn from.
    ///   - sources: The source picture of each sample, or nil where there is none.
    ///   - compute: Where to compute.
    ///   - out: Gets the predictions.
    ///   - observe: Sees named intermediate results; for comparison with the reference.
    package func predict(
        _ latents: Matrix,
        times: [Float],
        conditionings: [Conditioning],
        sources: [PictureSynchronizer.Values?],
        _ compute: Compute,
        into out: Matrix,
        observe: (_ name: String, _ value: Matrix) -> Void = { _, _ in }
    ) {
        let samples = times.count
        precondition(conditionings.count == samples && sources.count == samples)
        compute.scope {
            var pass = Pass(
                conditionings: conditionings,
                time: timeEmbedding(times, compute, observe),
                grid: Grid(side: configuration.sampleSize)
            )
            var skips: [Matrix] = []
            var x = runDown(latents, &pass, &skips, compute, observe)
            x = runMiddle(x, &pass, compute)
            observe("mid", x)
            synchronize(skips + [x], sources, compute, observe)
            x = runUp(x, &pass, &skips, compute, observe)
            compute.groupNorm(
                x,
                samples: samples,
                groups: configuration.normGroupCount,
                outputNorm,
                silu: true,
                into: x
            )
            compute.convolution(x, output, samples: samples, grid: pass.grid, into: out)
        }
    }

    /// What all parts of one prediction share, and where it is.
    private struct Pass {
        let conditionings: [Conditioning]
        let time: Matrix
        var grid: Grid
        private var attentionIndex = 0

        init(conditionings: [Conditioning], time: Matrix, grid: Grid) {
            self.conditionings = conditionings
            self.time = time
            self.grid = grid
        }

        var sampleCount: Int { conditionings.count }

        /// Runs a residual block.
        func run(_ block: ResidualBlock, _ x: Matrix, _ compute: Compute, into out: Matrix) {
            block.run(x, samples: sampleCount, grid: grid, time: time, compute, into: out)
        }

        /// Runs the next attention layer, in place, where there is one.
        mutating func attend(_ x: Matrix, _ attention: SpatialTransformer?, _ compute: Compute) {
            guard let attention else { return }
            let keyValues = conditionings.map { $0.keyValues[attentionIndex] }
            attentionIndex += 1
            attention.run(x, samples: sampleCount, keyValues: keyValues, compute)
        }
    }

    /// The first half: every block's result is also a skip tensor.
    private func runDown(
        _ latents: Matrix,
        _ pass: inout Pass,
        _ skips: inout [Matrix],
        _ compute: Compute,
        _ observe: (String, Matrix) -> Void
    ) -> Matrix {
        let samples = pass.sampleCount
        var x = compute.scratch(latents.rows, input.outputs)
        compute.convolution(latents, input, samples: samples, grid: pass.grid, into: x)
        observe("conv_in", x)
        skips.append(x)
        for (level, weights) in downLevels.enumerated() {
            for (index, block) in weights.blocks.enumerated() {
                let next = compute.scratch(x.rows, block.outputs)
                pass.run(block, x, compute, into: next)
                pass.attend(next, weights.attention(index), compute)
                x = next
                skips.append(x)
            }
            if let resampling = weights.resampling {
                let next = compute.scratch(x.rows / 4, resampling.outputs)
                compute.convolution(x, resampling, samples: samples, grid: pass.grid, into: next)
                pass.grid = Compute.outputGrid(resampling, of: pass.grid)
                x = next
                skips.append(x)
            }
            observe("down\(level)", x)
        }
        return x
    }

    /// The last skip tensor is the input, so the result needs memory of its own.
    private func runMiddle(_ x: Matrix, _ pass: inout Pass, _ compute: Compute) -> Matrix {
        let entered = compute.scratch(x.rows, x.columns)
        pass.run(middleFirst, x, compute, into: entered)
        pass.attend(entered, middleAttention, compute)
        let out = compute.scratch(x.rows, x.columns)
        pass.run(middleSecond, entered, compute, into: out)
        return out
    }

    /// The second half: a skip tensor beside the running one.
    private func runUp(
        _ middle: Matrix,
        _ pass: inout Pass,
        _ skips: inout [Matrix],
        _ compute: Compute,
        _ observe: (String, Matrix) -> Void
    ) -> Matrix {
        let samples = pass.sampleCount
        var x = middle
        for (index, weights) in upLevels.enumerated() {
            for (block, residual) in weights.blocks.enumerated() {
                let skip = skips.removeLast()
                let next = compute.scratch(x.rows, residual.outputs)
                compute.scope {
                    let joined = compute.scratch(x.rows, x.columns + skip.columns)
                    compute.copy(x, to: joined.columns(0..<x.columns))
                    compute.copy(skip, to: joined.columns(x.columns..<joined.columns))
                    pass.run(residual, joined, compute, into: next)
                }
                pass.attend(next, weights.attention(block), compute)
                x = next
            }
            if let resampling = weights.resampling {
                (x, pass.grid) = compute.upsampled(x, resampling, samples: samples, grid: pass.grid)
            }
            observe("up\(index)", x)
        }
        return x
    }

    /// Adds the synchronizers' residuals to the skip tensors and the middle, in place.
    private func synchronize(
        _ tensors: [Matrix],
        _ sources: [PictureSynchronizer.Values?],
        _ compute: Compute,
        _ observe: (String, Matrix) -> Void
    ) {
        compute.scope {
            for (index, tensor) in tensors.enumerated() {
                observe("mmfs_in\(index)", tensor)
                let residual = compute.scratch(tensor.rows, tensor.columns)
                synchronizer.residual(index, of: tensor, sources: sources, compute, into: residual)
                observe("mmfs_res\(index)", residual)
                compute.add(residual, to: tensor)
            }
        }
    }

    /// The times' embedding, activated, as all residual blocks take it. [samples, 4·first channels]
    private func timeEmbedding(
        _ times: [Float],
        _ compute: Compute,
        _ observe: (String, Matrix) -> Void
    ) -> Matrix {
        let sinusoids = compute.scratch(times.count, timeFirst.inputs)
        SinusoidTables.timeEmbedding(times, into: sinusoids)
        observe("time_proj", sinusoids)
        let hidden = compute.scratch(times.count, timeFirst.outputs)
        compute.linear(sinusoids, timeFirst, into: hidden)
        compute.activate(hidden, .silu)
        let embedding = compute.scratch(times.count, timeSecond.outputs)
        compute.linear(hidden, timeSecond, into: embedding)
        observe("temb", embedding)
        compute.activate(embedding, .silu)
        return embedding
    }
}
