internal import Locking
package import MMInterleaved
package import Tensors
package import Tokenization

/// An untrained model small enough for tests: 8 x 8 pixels in, 16 x 16 out.
package enum TinyModel {
    /// Its sizes.
    package static var configuration: ModelConfiguration {
        var scheduler = DiffusionConfiguration()
        scheduler.firstBeta = 0.00085
        scheduler.lastBeta = 0.012
        scheduler.betaSchedule = .scaledLinear
        return ModelConfiguration(
            name: "tiny",
            vocabulary: VocabularyConfiguration(originalSize: 320),
            vision: VisionConfiguration(
                imageSize: 8,
                patchSize: 4,
                hiddenSize: 16,
                intermediateSize: 32,
                layerCount: 4,
                headCount: 2,
                stemWidth: 4,
                pointCount: 2,
                positionGridSize: 2
            ),
            visualPerceiver: PerceiverConfiguration(
                queryCount: 2,
                hiddenSize: 8,
                encoderHiddenSize: 16,
                intermediateSize: 16,
                layerCount: 2,
                headCount: 2,
                crossAttentionFrequency: 2,
                normalizesQueriesAndKeys: true
            ),
            language: LanguageConfiguration(
                hiddenSize: 16,
                intermediateSize: 32,
                layerCount: 2,
                headCount: 2,
                maximumPositionCount: 96,
                crossAttentionFrequency: 2,
                synchronizerHeadCount: 2,
                synchronizerPointCount: 2,
                synchronizerSides: [4, 2, 1],
                synchronizerBaseSide: 2,
                maximumImageCount: 6
            ),
            imageDecoder: ImageDecoderConfiguration(
                perceiver: PerceiverConfiguration(
                    queryCount: 3,
                    hiddenSize: 16,
                    encoderHiddenSize: 16,
                    intermediateSize: 16,
                    layerCount: 1,
                    headCount: 2,
                    crossAttentionFrequency: 1,
                    normalizesQueriesAndKeys: false
                ),
                unet: UNetConfiguration(
                    sampleSize: 8,
                    blockChannels: [8, 8],
                    headCounts: [2, 2],
                    hasAttention: [true, false],
                    layersPerBlock: 1,
                    crossAttentionWidth: 16,
                    normGroupCount: 4
                ),
                autoencoder: AutoencoderConfiguration(
                    blockChannels: [8, 8],
                    layersPerBlock: 1,
                    normGroupCount: 4
                ),
                scheduler: scheduler
            ),
            defaults: GenerationDefaults()
        )
    }

    /// Sizes of a model most of whose weights have rows of whole blocks of a model file.
    package static var wideConfiguration: ModelConfiguration {
        var wide = configuration
        wide.vision.hiddenSize = 64
        wide.vision.intermediateSize = 96
        wide.vision.stemWidth = 16
        wide.visualPerceiver.hiddenSize = 32
        wide.visualPerceiver.encoderHiddenSize = 64
        wide.visualPerceiver.intermediateSize = 64
        wide.language.hiddenSize = 64
        wide.language.intermediateSize = 96
        wide.imageDecoder.perceiver.hiddenSize = 32
        wide.imageDecoder.perceiver.encoderHiddenSize = 64
        wide.imageDecoder.perceiver.intermediateSize = 32
        wide.imageDecoder.unet.blockChannels = [16, 32]
        wide.imageDecoder.unet.crossAttentionWidth = 32
        wide.imageDecoder.unet.synchronizerWidth = 64
        wide.imageDecoder.unet.synchronizerHeadCount = 4
        return wide
    }

    /// Random parameters of a seed.
    ///
    /// - Parameters:
    ///   - seed: Of the numbers.
    ///   - broken: Beginning of the names of parameters that are not numbers; nil for none.
    /// - Returns: The parameters.
    package static func parameters(
        seed: UInt64,
        broken: String? = nil
    ) -> any ParameterSource {
        BiasedParameters(seed: seed, biases: [:], broken: broken)
    }

    /// The model of a seed.
    ///
    /// - Parameters:
    ///   - seed: Of the random parameters.
    ///   - biases: Added to the text head's bias per token: what the model likes to say.
    ///   - broken: Beginning of the names of parameters that are not numbers; nil for none.
    ///   - formats: Of the weights.
    /// - Returns: The model.
    /// - Throws: if the configuration makes no sense.
    package static func make(
        seed: UInt64 = 1,
        biases: [Int: Float] = [:],
        broken: String? = nil,
        formats: FormatPolicy = .f32
    ) throws -> InterleavedModel {
        let source = BiasedParameters(seed: seed, biases: biases, broken: broken)
        return try InterleavedModel(Parameters(from: source, formats: formats), configuration)
    }

    /// A tokenizer with the model's vocabulary.
    package static func tokenizer() throws -> Tokenizer {
        try Tokenizer(modelBytes: tokenizerBytes)
    }

    /// The file of that tokenizer.
    package static var tokenizerBytes: [UInt8] {
        SentencePieceModelFile(
            size: configuration.vocabulary.originalSize,
            words: ["dog", "cat"]
        ).bytes
    }

    /// Random pixels of an input picture, [imageSize², 3].
    package static func pixels(seed: UInt64) -> Matrix {
        var generator = TorchGenerator(seed: seed)
        let side = configuration.vision.imageSize
        return Matrix(
            rows: side * side,
            columns: 3,
            values: generator.uniform(count: side * side * 3)
        )
    }
}

/// Random parameters with a head that likes some tokens more than others.
///
/// Their numbers are drawn once for each seed: without optimisation that takes longer than most tests.
private struct BiasedParameters: ParameterSource {
    let seed: UInt64
    let biases: [Int: Float]
    let broken: String?

    private struct Key: Hashable {
        let seed: UInt64
        let parameter: ParameterDescription
    }

    private static let made = Mutex<[Key: [Float]]>([:])

    func read(_ parameter: ParameterDescription, into matrix: Matrix) throws {
        let key = Key(seed: seed, parameter: parameter)
        let numbers = try Self.made.withLock { made in
            if let numbers = made[key] { return numbers }
            try RandomParameters(seed: seed).read(parameter, into: matrix)
            let numbers = matrix.toArray()
            made[key] = numbers
            return numbers
        }
        matrix.copy(from: numbers)
        if let broken, parameter.name.hasPrefix(broken) { matrix.fill(.nan) }
        guard parameter.name == "text_decoder.head.bias" else { return }
        for (token, bias) in biases { matrix[0, token] += bias }
    }
}
