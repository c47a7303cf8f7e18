import ModelTestSupport
import Testing

@testable import MMInterleaved

/// A change of a configuration that is or is not possible.
struct ConfigurationChange: Sendable, CustomTestStringConvertible {
    let field: String
    let value: Int
    let apply: @Sendable (inout ModelConfiguration, Int) -> Void

    var testDescription: String { "\(field) = \(value)" }

    init(
        _ field: String,
        _ value: Int,
        _ path: any WritableKeyPath<ModelConfiguration, Int> & Sendable
    ) {
        self.field = field
        self.value = value
        apply = { $0[keyPath: path] = $1 }
    }
}

@Suite("Model configuration")
struct ModelConfigurationTests {
    private func validate(_ change: ConfigurationChange) throws {
        var configuration = TinyModel.configuration
        change.apply(&configuration, change.value)
        try configuration.validate()
    }

    @Test("The tests' own configuration is valid")
    func valid() throws {
        try TinyModel.configuration.validate()
    }

    @Test(
        "A value at its limit is possible",
        arguments: [
            ConfigurationChange(
                "language_model.intermediate_size",
                262_144,
                \.language.intermediateSize
            ),
            ConfigurationChange("language_model.num_hidden_layers", 512, \.language.layerCount),
            ConfigurationChange(
                "language_model.max_position_embeddings",
                1_048_576,
                \.language.maximumPositionCount
            ),
            ConfigurationChange(
                "language_model.cross_attention_frequency",
                512,
                \.language.crossAttentionFrequency
            ),
            ConfigurationChange(
                "language_model.synchronizer_num_points",
                64,
                \.language.synchronizerPointCount
            ),
            ConfigurationChange(
                "language_model.synchronizer_base_spatial_shape",
                1024,
                \.language.synchronizerBaseSide
            ),
            ConfigurationChange(
                "language_model.max_num_image_per_seq",
                1024,
                \.language.maximumImageCount
            ),
            ConfigurationChange("vision_model.num_hidden_layers", 256, \.vision.layerCount),
            ConfigurationChange("vision_model.adapter_stem_width", 1024, \.vision.stemWidth),
            ConfigurationChange("vision_model.adapter_num_points", 64, \.vision.pointCount),
            ConfigurationChange("vision_model.position_grid_size", 256, \.vision.positionGridSize),
            ConfigurationChange(
                "visual_perceiver.num_hidden_layers",
                256,
                \.visualPerceiver.layerCount
            ),
            ConfigurationChange(
                "image_decoder.unet.layers_per_block",
                16,
                \.imageDecoder.unet.layersPerBlock
            ),
            ConfigurationChange(
                "image_decoder.vae.layers_per_block",
                16,
                \.imageDecoder.autoencoder.layersPerBlock
            ),
            ConfigurationChange("defaults.max_tokens", 65536, \.defaults.maximumTokenCount),
            ConfigurationChange("defaults.steps", 1000, \.defaults.stepCount),
        ]
    )
    func atLimit(change: ConfigurationChange) throws {
        try validate(change)
    }

    @Test(
        "A value beyond its limit is refused by its field's name and the value",
        arguments: [
            ConfigurationChange(
                "language_model.intermediate_size",
                262_145,
                \.language.intermediateSize
            ),
            ConfigurationChange("language_model.num_hidden_layers", 513, \.language.layerCount),
            ConfigurationChange("language_model.num_hidden_layers", 0, \.language.layerCount),
            ConfigurationChange("language_model.num_attention_heads", 0, \.language.headCount),
            ConfigurationChange("language_model.num_attention_heads", 3, \.language.headCount),
            ConfigurationChange(
                "language_model.max_position_embeddings",
                1_048_577,
                \.language.maximumPositionCount
            ),
            ConfigurationChange(
                "language_model.max_position_embeddings",
                15,
                \.language.maximumPositionCount
            ),
            ConfigurationChange(
                "language_model.cross_attention_frequency",
                0,
                \.language.crossAttentionFrequency
            ),
            ConfigurationChange(
                "language_model.synchronizer_num_points",
                65,
                \.language.synchronizerPointCount
            ),
            ConfigurationChange(
                "language_model.synchronizer_num_heads",
                3,
                \.language.synchronizerHeadCount
            ),
            ConfigurationChange(
                "language_model.synchronizer_base_spatial_shape",
                1025,
                \.language.synchronizerBaseSide
            ),
            ConfigurationChange(
                "language_model.max_num_image_per_seq",
                1025,
                \.language.maximumImageCount
            ),
            ConfigurationChange(
                "language_model.max_num_image_per_seq",
                1,
                \.language.maximumImageCount
            ),
            ConfigurationChange("vision_model.image_size", 4097, \.vision.imageSize),
            ConfigurationChange("vision_model.patch_size", 3, \.vision.patchSize),
            ConfigurationChange("vision_model.patch_size", 0, \.vision.patchSize),
            ConfigurationChange("vision_model.num_attention_heads", 16, \.vision.headCount),
            ConfigurationChange("vision_model.num_hidden_layers", 260, \.vision.layerCount),
            ConfigurationChange("vision_model.adapter_num_points", 65, \.vision.pointCount),
            ConfigurationChange("visual_perceiver.num_queries", 94, \.visualPerceiver.queryCount),
            ConfigurationChange(
                "visual_perceiver.hidden_size",
                16385,
                \.visualPerceiver.hiddenSize
            ),
            ConfigurationChange(
                "visual_perceiver.encoder_hidden_size",
                17,
                \.visualPerceiver.encoderHiddenSize
            ),
            ConfigurationChange(
                "image_decoder.unet.sample_size",
                1025,
                \.imageDecoder.unet.sampleSize
            ),
            ConfigurationChange(
                "image_decoder.unet.norm_num_groups",
                3,
                \.imageDecoder.unet.normGroupCount
            ),
            ConfigurationChange(
                "image_decoder.unet.layers_per_block",
                17,
                \.imageDecoder.unet.layersPerBlock
            ),
            ConfigurationChange(
                "image_decoder.perceiver.hidden_size",
                18,
                \.imageDecoder.perceiver.hiddenSize
            ),
            ConfigurationChange(
                "image_decoder.perceiver.encoder_hidden_size",
                17,
                \.imageDecoder.perceiver.encoderHiddenSize
            ),
            ConfigurationChange(
                "image_decoder.vae.latent_channels",
                5,
                \.imageDecoder.autoencoder.latentChannels
            ),
            ConfigurationChange("defaults.max_tokens", 65537, \.defaults.maximumTokenCount),
            ConfigurationChange("defaults.min_tokens", 91, \.defaults.minimumTokenCount),
            ConfigurationChange("defaults.steps", 0, \.defaults.stepCount),
            ConfigurationChange("vocabulary.orig_vocab_size", 7, \.vocabulary.originalSize),
            ConfigurationChange("format_version", 2, \.formatVersion),
        ]
    )
    func beyondLimit(change: ConfigurationChange) throws {
        let error = try #require(throws: ModelConfigurationError.self) { try validate(change) }
        #expect(error.field == change.field)
        #expect(error.description.contains(change.field))
    }

    @Test("Feature maps that the vision model does not have are refused")
    func synchronizerSides() {
        for sides in [[], [3], [4, 2, 16]] {
            var configuration = TinyModel.configuration
            configuration.language.synchronizerSides = sides
            let error = #expect(throws: ModelConfigurationError.self) {
                try configuration.validate()
            }
            #expect(error?.field == "language_model.synchronizer_spatial_shapes")
        }
    }

    @Test("Lists with as many values as there are levels are demanded")
    func levels() {
        var configuration = TinyModel.configuration
        configuration.imageDecoder.unet.headCounts = [2]
        let error = #expect(throws: ModelConfigurationError.self) { try configuration.validate() }
        #expect(error?.field == "image_decoder.unet.num_attention_heads")
        configuration = TinyModel.configuration
        configuration.imageDecoder.unet.blockChannels = []
        #expect(throws: ModelConfigurationError.self) { try configuration.validate() }
    }

    @Test("Special tokens must differ, exist, and the image tokens follow the vocabulary")
    func vocabulary() {
        for change in [
            { $0.padding = $0.endOfSequence }, { $0.padding = 400 }, { $0.beginOfImage -= 1 },
            { $0.padding = -1 },
        ] as [(inout VocabularyConfiguration) -> Void] {
            var configuration = TinyModel.configuration
            change(&configuration.vocabulary)
            let error = #expect(throws: ModelConfigurationError.self) {
                try configuration.validate()
            }
            #expect(error?.field.hasPrefix("vocabulary") == true)
        }
    }

    @Test("A model of a wrong configuration is not built")
    func model() {
        var configuration = TinyModel.configuration
        configuration.language.layerCount = 0
        #expect(throws: ModelConfigurationError.self) {
            try InterleavedModel.parameters(of: configuration)
        }
    }
}
