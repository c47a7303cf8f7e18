internal import Foundation
package import MMInterleaved

/// A release as its authors lay it out on disk: one checkpoint, and the assets it was built from.
package struct ReferenceLayout: Sendable {
    /// Directory or file of the checkpoint, `mm_interleaved_pretrain`.
    package let checkpoint: String
    /// Directory with `lmsys`, `openai` and `stabilityai` in it.
    package let assets: String
    /// What the YAML file says.
    package let settings: ReferenceSettings

    /// Names the parts.
    package init(checkpoint: String, assets: String, settings: ReferenceSettings) {
        self.checkpoint = checkpoint
        self.assets = assets
        self.settings = settings
    }

    /// SentencePiece model of the language model.
    package var tokenizerPath: String {
        asset(settings.model.languageModelPath) + "/tokenizer.model"
    }

    /// Directory of the autoencoder that pictures are decoded with.
    package var autoencoderPath: String { asset(settings.model.imageDecoder.path) + "/vae" }

    /// Reads the assets' configurations and puts the model's together.
    ///
    /// - Throws: ``ImportError``, `ModelConfigurationError`.
    package func configuration(name: String) throws -> ModelConfiguration {
        let visionWidth = try vision().hiddenSize
        let language = try language()
        let configuration = ModelConfiguration(
            name: name,
            vocabulary: VocabularyConfiguration(originalSize: language.vocabularySize),
            vision: try vision(),
            visualPerceiver: perceiver(
                settings.model.visualTokenizer.perceiver,
                released: PerceiverConfiguration(
                    queryCount: 64,
                    hiddenSize: 768,
                    encoderHiddenSize: visionWidth,
                    layerCount: 12,
                    headCount: 12,
                    crossAttentionFrequency: 2,
                    normalizesQueriesAndKeys: true
                )
            ),
            language: language.configuration,
            imageDecoder: try imageDecoder(languageHiddenSize: language.configuration.hiddenSize),
            defaults: defaults()
        )
        try configuration.validate()
        return configuration
    }

    // MARK: - Parts

    private func vision() throws -> VisionConfiguration {
        let file = try JSONFile(asset(settings.model.visualTokenizer.encoderPath) + "/config.json")
        // The published file is CLIP's, with the vision tower inside; a bare tower has no such member.
        let tower = file.object("vision_config") ?? file
        return VisionConfiguration(
            imageSize: settings.inference.resolution,
            patchSize: try tower.integer("patch_size"),
            hiddenSize: try tower.integer("hidden_size"),
            intermediateSize: try tower.integer("intermediate_size"),
            layerCount: try tower.integer("num_hidden_layers"),
            headCount: try tower.integer("num_attention_heads"),
            normEpsilon: try tower.float("layer_norm_eps", default: 1e-5),
            positionGridSize: settings.model.visualTokenizer.gridSize
        )
    }

    private func language() throws -> (configuration: LanguageConfiguration, vocabularySize: Int) {
        let file = try JSONFile(asset(settings.model.languageModelPath) + "/config.json")
        let heads = try file.integer("num_attention_heads")
        guard try file.integer("num_key_value_heads", default: heads) == heads else {
            throw ImportError(
                path: file.path,
                detail: "num_key_value_heads differs from num_attention_heads"
            )
        }
        let configuration = LanguageConfiguration(
            hiddenSize: try file.integer("hidden_size"),
            intermediateSize: try file.integer("intermediate_size"),
            layerCount: try file.integer("num_hidden_layers"),
            headCount: heads,
            normEpsilon: try file.float("rms_norm_eps", default: 1e-6),
            rotaryBase: try file.float("rope_theta", default: 10000),
            maximumPositionCount: try file.integer("max_position_embeddings", default: 2048),
            crossAttentionFrequency: settings.model.crossAttentionFrequency,
            synchronizerSides: settings.model.spatialShapes
        )
        return (configuration, try file.integer("vocab_size"))
    }

    private func imageDecoder(languageHiddenSize: Int) throws -> ImageDecoderConfiguration {
        let directory = asset(settings.model.imageDecoder.path)
        let unet = try UNetConfiguration(
            JSONFile(directory + "/unet/config.json"),
            imageSize: settings.model.imageDecoder.imageSize
        )
        let released = PerceiverConfiguration(
            queryCount: 77,
            hiddenSize: unet.crossAttentionWidth,
            encoderHiddenSize: languageHiddenSize,
            layerCount: 1,
            headCount: 16,
            crossAttentionFrequency: 1,
            normalizesQueriesAndKeys: false
        )
        return ImageDecoderConfiguration(
            perceiver: perceiver(settings.model.imageDecoder.perceiver, released: released),
            unet: unet,
            autoencoder: try AutoencoderConfiguration(JSONFile(directory + "/vae/config.json")),
            scheduler: try JSONFile(directory + "/scheduler/scheduler_config.json")
                .decoded(DiffusionConfiguration.self)
        )
    }

    private func perceiver(
        _ own: ReferenceSettings.Perceiver,
        released: PerceiverConfiguration
    ) -> PerceiverConfiguration {
        PerceiverConfiguration(
            queryCount: own.queryCount ?? released.queryCount,
            hiddenSize: own.hiddenSize ?? released.hiddenSize,
            encoderHiddenSize: own.encoderHiddenSize ?? released.encoderHiddenSize,
            intermediateSize: own.intermediateSize ?? released.intermediateSize,
            layerCount: own.layerCount ?? released.layerCount,
            headCount: own.headCount ?? released.headCount,
            crossAttentionFrequency: own.crossAttentionFrequency
                ?? released.crossAttentionFrequency,
            normalizesQueriesAndKeys: own.normalizesQueriesAndKeys
                ?? released.normalizesQueriesAndKeys
        )
    }

    private func defaults() -> GenerationDefaults {
        let own = settings.inference.generation
        var defaults = GenerationDefaults()
        defaults.maximumTokenCount = own.maximumLength ?? defaults.maximumTokenCount
        // The reference's minimum counts the begin-of-sequence token.
        defaults.minimumTokenCount = max(0, (own.minimumLength ?? 8) - 1)
        defaults.temperature = own.usesSampling == false ? 0 : own.temperature ?? 1
        defaults.topP = own.topP ?? defaults.topP
        defaults.repetitionPenalty = own.repetitionPenalty ?? defaults.repetitionPenalty
        defaults.guidanceScale = own.guidanceScale ?? defaults.guidanceScale
        defaults.stepCount = own.stepCount ?? defaults.stepCount
        return defaults
    }

    /// Where a path of the YAML file lies: the authors write paths from the directory above `assets`.
    func asset(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        var relative = Substring(path)
        for prefix in ["./", "assets/"] where relative.hasPrefix(prefix) {
            relative = relative.dropFirst(prefix.count)
        }
        return "\(assets)/\(relative)"
    }
}
