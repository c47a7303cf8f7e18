package import Tensors

/// The whole model: reads pictures, continues sequences of text and pictures, draws pictures.
///
/// Immutable after loading; every computation takes the ``Tensors/Compute`` that it runs on.
///
/// Source: MM-Interleaved, arXiv 2401.10208.
package struct InterleavedModel: Sendable {
    /// Sizes and defaults.
    package let configuration: ModelConfiguration
    /// Pictures to tokens and feature pyramids.
    package let visualTokenizer: VisualTokenizer
    /// Sequences to hidden states and logits.
    package let language: LanguageModel
    /// Hidden states to pictures.
    package let imageDecoder: PictureDecoder
    /// Formats of the weights.
    package let formats: FormatPolicy
    /// Memory that the weights take.
    package let weightMemory: WeightMemory

    /// Loads all weights.
    ///
    /// - Throws: what the source throws; ``ModelConfigurationError`` if the sizes do not fit together.
    package init(_ parameters: Parameters, _ configuration: ModelConfiguration) throws {
        try configuration.validate()
        self.configuration = configuration
        visualTokenizer = try VisualTokenizer(
            parameters["visual_tokenizer"],
            vision: configuration.vision,
            perceiver: configuration.visualPerceiver,
            languageHiddenSize: configuration.language.hiddenSize
        )
        language = try LanguageModel(
            parameters,
            configuration.language,
            vocabulary: configuration.vocabulary,
            visionWidth: configuration.vision.hiddenSize
        )
        imageDecoder = try PictureDecoder(
            parameters,
            configuration.imageDecoder,
            language: configuration.language,
            vision: configuration.vision
        )
        formats = parameters.ledger.formats
        weightMemory = WeightMemory(parameters.ledger.memory)
    }

    /// Names and shapes of all parameters that a configuration's model has.
    ///
    /// - Throws: ``ModelConfigurationError`` if the sizes do not fit together, or ask for more elements than that.
    package static func parameters(
        of configuration: ModelConfiguration,
        maximumElementCount: Int = Parameters.maximumElementCount
    ) throws -> [ParameterDescription] {
        let parameters = Parameters(
            from: NoParameters(),
            maximumElementCount: maximumElementCount
        )
        _ = try InterleavedModel(parameters, configuration)
        return parameters.ledger.asked
    }

    /// An image's feature maps, finest first, by their side.
    package func pyramidBySide(_ pyramid: [Matrix]) -> [Int: Matrix] {
        Dictionary(
            zip(configuration.vision.pyramidSides, pyramid),
            uniquingKeysWith: { $1 }
        )
    }
}
