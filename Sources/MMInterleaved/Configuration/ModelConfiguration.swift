/// Everything that fixes a model apart from its weights: the contents of `config.json` and `templates.json`.
package struct ModelConfiguration: Codable, Hashable, Sendable {
    /// Layout of the directory; this code reads version 1.
    package var formatVersion: Int
    /// Name under which the model is served.
    package var name: String
    /// Token ids with a meaning of their own.
    package var vocabulary: VocabularyConfiguration
    /// The vision transformer and its adapter.
    package var vision: VisionConfiguration
    /// Gathers a picture's patches into image tokens.
    package var visualPerceiver: PerceiverConfiguration
    /// The language model.
    package var language: LanguageConfiguration
    /// The parts that draw pictures.
    package var imageDecoder: ImageDecoderConfiguration
    /// What a request gets that does not say otherwise.
    package var defaults: GenerationDefaults
    /// How the model wants tasks to be worded, in a file of their own.
    package var templates: [PromptTemplate] = []

    private enum CodingKeys: String, CodingKey {
        case formatVersion = "format_version"
        case name
        case vocabulary
        case vision = "vision_model"
        case visualPerceiver = "visual_perceiver"
        case language = "language_model"
        case imageDecoder = "image_decoder"
        case defaults
    }

    /// The layout that this code reads and writes.
    package static let currentFormatVersion = 1

    /// Makes a configuration.
    package init(
        name: String,
        vocabulary: VocabularyConfiguration,
        vision: VisionConfiguration,
        visualPerceiver: PerceiverConfiguration,
        language: LanguageConfiguration,
        imageDecoder: ImageDecoderConfiguration,
        defaults: GenerationDefaults
    ) {
        formatVersion = Self.currentFormatVersion
        self.name = name
        self.vocabulary = vocabulary
        self.vision = vision
        self.visualPerceiver = visualPerceiver
        self.language = language
        self.imageDecoder = imageDecoder
        self.defaults = defaults
    }

    /// Number of tokens that stand for one image.
    package var imageTokenCount: Int { visualPerceiver.queryCount }

    /// Checks that all sizes are possible and fit together.
    package func validate() throws(ModelConfigurationError) {
        guard formatVersion == Self.currentFormatVersion else {
            throw ModelConfigurationError(
                field: "format_version",
                detail:
                    "\(formatVersion) is not supported; this version reads \(Self.currentFormatVersion)"
            )
        }
        guard !name.isEmpty, name.utf8.count <= 200 else {
            throw ModelConfigurationError(
                field: "name",
                detail: "is empty or longer than 200 bytes"
            )
        }
        try vocabulary.validate("vocabulary")
        try vision.validate("vision_model")
        try visualPerceiver.validate("visual_perceiver")
        try language.validate("language_model", pyramidSides: vision.pyramidSides)
        try imageDecoder.validate("image_decoder", languageHiddenSize: language.hiddenSize)
        try defaults.validate("defaults")
        guard visualPerceiver.encoderHiddenSize == vision.hiddenSize else {
            throw ModelConfigurationError(
                field: "visual_perceiver.encoder_hidden_size",
                detail:
                    "\(visualPerceiver.encoderHiddenSize) is not the vision model's \(vision.hiddenSize)"
            )
        }
        guard vision.hiddenSize % language.synchronizerHeadCount == 0 else {
            throw ModelConfigurationError(
                field: "language_model.synchronizer_num_heads",
                detail:
                    "\(language.synchronizerHeadCount) does not divide the vision model's \(vision.hiddenSize)"
            )
        }
        guard imageTokenCount + 2 < language.maximumPositionCount else {
            throw ModelConfigurationError(
                field: "visual_perceiver.num_queries",
                detail: "one image does not fit \(language.maximumPositionCount) positions"
            )
        }
    }
}

/// What a request gets that does not say otherwise.
package struct GenerationDefaults: Codable, Hashable, Sendable {
    /// Most new text tokens of a segment.
    package var maximumTokenCount: Int
    /// Tokens before which a segment may not end.
    package var minimumTokenCount: Int
    /// Divisor of the logits; 0 for greedy decoding.
    package var temperature: Float
    /// Nucleus sampling: mass of the tokens that are kept.
    package var topP: Float
    /// Number of most likely tokens that are kept; 0 for all.
    package var topK: Int
    /// Divisor of the logits of tokens that were already generated.
    package var repetitionPenalty: Float
    /// Denoising steps.
    package var stepCount: Int
    /// Strength of classifier-free guidance; 1 for none.
    package var guidanceScale: Float
    /// Denoising scheduler, by its name in requests.
    package var scheduler: String

    private enum CodingKeys: String, CodingKey {
        case maximumTokenCount = "max_tokens"
        case minimumTokenCount = "min_tokens"
        case temperature
        case topP = "top_p"
        case topK = "top_k"
        case repetitionPenalty = "repetition_penalty"
        case stepCount = "steps"
        case guidanceScale = "guidance_scale"
        case scheduler
    }

    /// The reference inference script's settings.
    package init() {
        maximumTokenCount = 90
        minimumTokenCount = 0
        temperature = 1
        topP = 0.9
        topK = 50
        repetitionPenalty = 1.3
        stepCount = 30
        guidanceScale = 7.5
        scheduler = "ddpm"
    }

    /// Checks that the values lie where a request's may.
    func validate(_ field: String) throws(ModelConfigurationError) {
        try ModelConfigurationError.check(
            "\(field).max_tokens",
            maximumTokenCount,
            in: GenerationRange.tokenCount
        )
        try ModelConfigurationError.check(
            "\(field).min_tokens",
            minimumTokenCount,
            in: 0...maximumTokenCount
        )
        try ModelConfigurationError.check(
            "\(field).temperature",
            temperature,
            in: GenerationRange.temperature.inSinglePrecision
        )
        try ModelConfigurationError.check(
            "\(field).top_p",
            topP,
            in: GenerationRange.topP.inSinglePrecision
        )
        try ModelConfigurationError.check("\(field).top_k", topK, in: GenerationRange.topK)
        try ModelConfigurationError.check(
            "\(field).repetition_penalty",
            repetitionPenalty,
            in: GenerationRange.repetitionPenalty.inSinglePrecision
        )
        try ModelConfigurationError.check(
            "\(field).steps",
            stepCount,
            in: GenerationRange.stepCount
        )
        try ModelConfigurationError.check(
            "\(field).guidance_scale",
            guidanceScale,
            in: GenerationRange.guidanceScale.inSinglePrecision
        )
        guard DiffusionMethod(rawValue: scheduler) != nil else {
            let known = DiffusionMethod.allCases.map(\.rawValue).joined(separator: ", ")
            throw ModelConfigurationError(
                field: "\(field).scheduler",
                detail: "\"\(scheduler.prefix(64))\" is none of \(known)"
            )
        }
    }
}
