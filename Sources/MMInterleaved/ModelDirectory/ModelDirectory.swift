package import Checkpoints
internal import Files
internal import JSON
internal import Tensors
package import Tokenization

/// A model on disk: `config.json`, `tokenizer.model`, `model.safetensors`.
package struct ModelDirectory: Sendable {
    /// Path of the directory.
    package let path: String
    /// Contents of `config.json`, validated.
    package let configuration: ModelConfiguration

    /// Name of the configuration file.
    package static let configurationName = "config.json"
    /// Name of the SentencePiece model.
    package static let tokenizerName = "tokenizer.model"
    /// Name of the weights.
    package static let weightsName = "model.safetensors"

    /// Largest `config.json` that is read.
    private static let maximumConfigurationByteCount = 1 << 20

    /// Reads and checks the configuration.
    ///
    /// - Throws: ``ModelDirectoryError``, ``ModelConfigurationError``.
    package init(path: String) throws {
        self.path = path
        configuration = try Self.configuration(file: Self.join(path, Self.configurationName))
    }

    /// Reads and checks a configuration file.
    ///
    /// - Throws: ``ModelDirectoryError``, ``ModelConfigurationError``.
    package static func configuration(file: String) throws -> ModelConfiguration {
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try File.read(file, maximumByteCount: maximumConfigurationByteCount)
        } catch {
            throw ModelDirectoryError(
                path: file,
                detail: error.detail + " (a model directory has this file)"
            )
        }
        do {
            let configuration: ModelConfiguration = try JSONParser.parse(bytes).decode()
            try configuration.validate()
            return configuration
        } catch var error as ModelConfigurationError {
            error.file = file
            throw error
        } catch let error as DiffusionConfigurationError {
            var error = ModelConfigurationError(
                field: "image_decoder.scheduler.\(error.field)",
                detail: error.detail
            )
            error.file = file
            throw error
        } catch let error as JSONError {
            throw ModelDirectoryError(path: file, detail: "is no acceptable JSON: \(error)")
        } catch let error as JSONFault {
            throw ModelDirectoryError(path: file, detail: error.description)
        }
    }

    /// Path of the SentencePiece model.
    package var tokenizerPath: String { Self.join(path, Self.tokenizerName) }

    /// Loads the tokenizer and checks that its ids are the model's.
    ///
    /// - Throws: `TokenizationError`, ``ModelDirectoryError`` if it is another model's.
    package func tokenizer() throws -> Tokenizer {
        let tokenizer = try Tokenizer(modelPath: tokenizerPath)
        let (vocabulary, special) = (configuration.vocabulary, tokenizer.specialTokens)
        let pairs = [
            ("orig_vocab_size", vocabulary.originalSize, tokenizer.vocabularySize),
            ("bos_token_id", vocabulary.beginOfSequence, special.beginning),
            ("eos_token_id", vocabulary.endOfSequence, special.end),
            ("soi_token_id", vocabulary.beginOfImage, special.imageStart),
            ("image_token_id", vocabulary.image, special.image),
        ]
        for (field, expected, found) in pairs where expected != found {
            throw ModelDirectoryError(
                path: tokenizerPath,
                detail: "has \(found) where vocabulary.\(field) is \(expected)"
            )
        }
        return tokenizer
    }

    /// Opens the weights and checks that they are exactly the model's.
    ///
    /// - Throws: `CheckpointError`, ``ParameterMismatch``, ``ModelConfigurationError``.
    package func openWeights() throws -> any CheckpointReader {
        let reader = try openCheckpoint(at: path)
        // A configuration that asks for far more than there is costs no memory to be told so.
        let stored = reader.tensors.values.reduce(0) { $0 + $1.elementCount }
        let parameters = try InterleavedModel.parameters(
            of: configuration,
            maximumElementCount: 4 * stored + 1 << 24
        )
        if let mismatch = ParameterMismatch(parameters, reader) { throw mismatch }
        return reader
    }

    /// Reads every weight and compares it with the SHA-256 recorded when it was written.
    ///
    /// - Throws: `CheckpointError` of kind `checksumMismatch`, ``ModelDirectoryError`` if none were recorded.
    package func verifyChecksums() throws {
        let reader = try openCheckpoint(at: path)
        guard reader.hasChecksums else {
            throw ModelDirectoryError(
                path: TensorChecksums.path(of: reader.path),
                detail: "is missing: there are no checksums to compare the weights with"
            )
        }
        try reader.verifyChecksums()
    }

    /// Loads the model.
    ///
    /// - Parameters:
    ///   - formats: What formats the weights get.
    ///   - progress: Told the share of the weights that has been read, from 0 to 1.
    /// - Returns: The model, its weights in memory.
    /// - Throws: as ``openWeights()``.
    package func load(
        formats: FormatPolicy = .f32,
        progress: @escaping (Double) -> Void = { _ in }
    ) throws -> InterleavedModel {
        let reader = try openWeights()
        let total = reader.tensors.values.reduce(0) { $0 + $1.elementCount }
        var done = 0
        let parameters = Parameters(from: CheckpointParameters(reader), formats: formats) {
            parameter in
            progress(Double(done) / Double(max(1, total)))
            done += parameter.count
            // What was read before has been packed into memory of our own.
            reader.releaseResidentPages()
        }
        let model = try InterleavedModel(parameters, configuration)
        progress(1)
        return model
    }

    /// The text of a configuration file.
    package static func encode(_ configuration: ModelConfiguration) throws -> [UInt8] {
        Array((try JSON(encoding: configuration).prettyText + "\n").utf8)
    }

    private static func join(_ directory: String, _ name: String) -> String {
        directory.hasSuffix("/") ? directory + name : "\(directory)/\(name)"
    }
}

/// A model directory that cannot be read.
package struct ModelDirectoryError: Error, Hashable, CustomStringConvertible {
    /// The file.
    package let path: String
    /// What is wrong with it.
    package let detail: String

    package var description: String { "\(path): \(detail)" }
}
