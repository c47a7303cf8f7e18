/// Sizes of the parts that draw pictures.
package struct ImageDecoderConfiguration: Codable, Hashable, Sendable {
    /// Gathers the language model's hidden states into conditioning tokens.
    package var perceiver: PerceiverConfiguration
    /// Predicts noise.
    package var unet: UNetConfiguration
    /// Turns latents into pixels.
    package var autoencoder: AutoencoderConfiguration
    /// How noise is added and taken away.
    package var scheduler: DiffusionConfiguration

    private enum CodingKeys: String, CodingKey {
        case perceiver
        case unet
        case autoencoder = "vae"
        case scheduler
    }

    /// Makes a configuration.
    package init(
        perceiver: PerceiverConfiguration,
        unet: UNetConfiguration,
        autoencoder: AutoencoderConfiguration,
        scheduler: DiffusionConfiguration
    ) {
        self.perceiver = perceiver
        self.unet = unet
        self.autoencoder = autoencoder
        self.scheduler = scheduler
    }

    /// Pixels of a picture's side.
    package var pictureSide: Int { unet.sampleSize * autoencoder.upsamplingFactor }

    /// Checks that the parts fit together.
    func validate(_ field: String, languageHiddenSize: Int) throws(ModelConfigurationError) {
        try perceiver.validate("\(field).perceiver")
        try unet.validate("\(field).unet")
        try autoencoder.validate("\(field).vae")
        try ModelConfigurationError.check(
            "\(field).unet.sample_size",
            product: [unet.sampleSize, autoencoder.upsamplingFactor],
            atMost: 4096,
            "pixels of a side"
        )
        guard perceiver.encoderHiddenSize == languageHiddenSize else {
            throw ModelConfigurationError(
                field: "\(field).perceiver.encoder_hidden_size",
                detail:
                    "\(perceiver.encoderHiddenSize) is not the language model's \(languageHiddenSize)"
            )
        }
        guard perceiver.hiddenSize == unet.crossAttentionWidth else {
            throw ModelConfigurationError(
                field: "\(field).perceiver.hidden_size",
                detail: "\(perceiver.hiddenSize) is not the UNet's \(unet.crossAttentionWidth)"
            )
        }
        guard unet.latentChannels == autoencoder.latentChannels else {
            throw ModelConfigurationError(
                field: "\(field).vae.latent_channels",
                detail: "\(autoencoder.latentChannels) is not the UNet's \(unet.latentChannels)"
            )
        }
    }
}
