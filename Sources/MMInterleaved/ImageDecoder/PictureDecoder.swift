package import Tensors

/// From the language model's hidden states to a picture: a perceiver gathers the context, the UNet
/// denoises latents under it, the autoencoder makes pixels of them.
///
/// Source: MM-Interleaved, arXiv 2401.10208 §3.1 and §3.3.
package struct PictureDecoder: Sendable {
    /// The network that predicts noise.
    package let unet: UNet
    /// The network that turns latents into pixels.
    package let autoencoder: Autoencoder
    /// What the unconditional half of classifier-free guidance is drawn from.
    package let unconditional: UNet.Conditioning
    /// The tokens behind ``unconditional``, [tokens, conditioning width].
    package let negativeTokens: Matrix

    private let contextProjection: LinearWeights  // [hidden, hidden]
    private let positions: Matrix  // [maximum positions, hidden]
    private let perceiver: PerceiverResampler

    /// Loads the weights from the root of the module tree: `image_decoder`, `context_feat_proj`.
    package init(
        _ parameters: Parameters,
        _ configuration: ImageDecoderConfiguration,
        language: LanguageConfiguration,
        vision: VisionConfiguration
    ) throws {
        let c = configuration
        let own = parameters["image_decoder"]
        contextProjection = try parameters.linear(
            "context_feat_proj",
            inputs: language.hiddenSize,
            outputs: language.hiddenSize
        )
        let (count, width) = (language.maximumPositionCount, language.hiddenSize)
        positions = parameters.made(count, width) {
            SinusoidTables.positions(count: count, width: width)
        }
        perceiver = try PerceiverResampler(own["perceiver_resampler"], c.perceiver)
        negativeTokens = try own.matrix(
            "neg_prompt_embeds",
            [1, c.perceiver.queryCount, c.unet.crossAttentionWidth]
        ).reshaped(rows: c.perceiver.queryCount, columns: c.unet.crossAttentionWidth)
        unet = try UNet(
            own["decoder"],
            c.unet,
            pyramidSides: vision.pyramidSides,
            visionWidth: vision.hiddenSize
        )
        autoencoder = try Autoencoder(own["decoder"]["vae"], c.autoencoder)
        // Without numbers there is nothing to compute.
        let compute = Compute(workerCount: own.isDeclaring ? 1 : 0)
        if own.isDeclaring { compute.pool.counter = WorkCounter() }
        unconditional = unet.conditioning(of: negativeTokens, compute)
        for keyValues in unconditional.keyValues { own.keep(keyValues) }
    }

    /// Side of the latents.
    package var latentSide: Int { unet.configuration.sampleSize }
    /// Channels of the latents.
    package var latentChannels: Int { unet.configuration.latentChannels }
    /// Side of a picture in pixels.
    package var pictureSide: Int { latentSide * autoencoder.configuration.upsamplingFactor }

    /// Projects the hidden states that lead up to a picture, latest first, with their positions.
    ///
    /// Shapes: `hidden` [positions, hidden], from the sequence's start through the begin-of-image
    /// token · `out` the same.
    package func projectContext(_ hidden: Matrix, _ compute: Compute, into out: Matrix) {
        compute.scope {
            let reversed = compute.scratch(hidden.rows, hidden.columns)
            for row in 0..<hidden.rows {
                reversed.row(row).copy(from: hidden.row(hidden.rows - 1 - row))
            }
            compute.linear(reversed, contextProjection, into: out)
            compute.add(positions.rows(0..<hidden.rows), to: out)
        }
    }

    /// Gathers the hidden states that lead up to a picture into conditioning tokens.
    ///
    /// Shapes: `hidden` as in ``projectContext(_:_:into:)`` -> [tokens, conditioning width].
    package func conditioningTokens(of hidden: Matrix, _ compute: Compute) -> Matrix {
        let tokens = Matrix(
            rows: perceiver.configuration.queryCount,
            columns: perceiver.configuration.hiddenSize
        )
        compute.scope {
            let context = compute.scratch(hidden.rows, hidden.columns)
            projectContext(hidden, compute, into: context)
            perceiver.resample(context, compute, into: tokens)
        }
        return tokens
    }

    /// Decodes latents to pictures in [0, 1], all together.
    ///
    /// Scratch memory grows with the number of pictures, which is the caller's to bound.
    ///
    /// Shapes: `latents` each [latentSide², channels] · `pictures` each [pictureSide², 3].
    package func render(_ latents: [Matrix], _ compute: Compute, into pictures: [Matrix]) {
        precondition(latents.count == pictures.count)
        guard !latents.isEmpty else { return }
        let (entering, leaving) = (latentSide * latentSide, pictureSide * pictureSide)
        compute.scope {
            let input = compute.scratch(latents.count * entering, latentChannels)
            for (index, own) in latents.enumerated() {
                compute.copy(own, to: input.rows(index * entering..<(index + 1) * entering))
            }
            let output = compute.scratch(latents.count * leaving, 3)
            autoencoder.decode(input, side: latentSide, compute, into: output)
            for (index, picture) in pictures.enumerated() {
                compute.copy(output.rows(index * leaving..<(index + 1) * leaving), to: picture)
                Self.clamp(picture)
            }
        }
    }

    /// From [-1, 1] to [0, 1].
    private static func clamp(_ picture: Matrix) {
        for row in 0..<picture.rows {
            picture.withMutableRow(row) { pixel in
                for channel in 0..<pixel.count {
                    pixel[channel] = min(max(pixel[channel] / 2 + 0.5, 0), 1)
                }
            }
        }
    }
}
