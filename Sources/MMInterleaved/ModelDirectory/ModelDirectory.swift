package import Checkpoints
internal import Files
internal import JSON
internal import Tensors
package import Tokenization

/// A model on disk: `config.json`, `tokenizer.model`, `model.safetensors`, and `templates.json` if it has prompt templates.
package struct ModelDirectory: Sendable {
    /// Path of the directory.
    package let path: String
    /// Contents of `config.json` and `templates.json`, validated.
    package let configuration: ModelConfiguration

    /// Name of the configuration file.
    package static let configurationName = "config.json"
    /// Name of the SentencePiece model.
    package static let tokenizerName = "tokenizer.model"
    /// Name of the prompt templates, which need not be there.
    package static let templatesName = "templates.json"
    /// Name of the weights.
    package static let weightsName = "model.safetensors"

    /// Largest text of a configuration that is read, in bytes.
    static let maximumConfigurationByteCount = 1 << 20

    /// Reads and checks the configuration and the templates.
    ///
    /// - Throws: ``ModelDirectoryError``, ``ModelConfigurationError``.
    package init(path: String) throws {
        self.path = path
        var configuration = try Self.configuration(file: Self.join(path, Self.configurationName))
        configuration.templates = try Self.templates(
            file: Self.join(path, Self.templatesName),
            configuration.language
        )
        self.configuration = configuration
    }

    /// Reads and checks a file of templates; none if there is no such file.
    private static func templates(
        file: String,
        _ language: LanguageConfiguration
    ) throws(ModelDirectoryError) -> [PromptTemplate] {
        guard Folder.hasEntry(file) else { return [] }
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try File.read(file, maximumByteCount: TemplateDocument.maximumByteCount)
        } catch {
            throw ModelDirectoryError(path: file, detail: error.detail)
        }
        return try TemplateDocument.decode(bytes, in: file, for: language)
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
        return try configuration(bytes, in: file)
    }

    /// Reads and checks the text of a configuration.
    ///
    /// - Parameters:
    ///   - bytes: The text.
    ///   - file: Where it comes from, for messages.
    /// - Returns: The configuration.
    /// - Throws: ``ModelDirectoryError``, ``ModelConfigurationError``.
    static func configuration(_ bytes: [UInt8], in file: String) throws -> ModelConfiguration {
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
        try configuration.vocabulary.requireFit(tokenizer, tokenizerPath)
        return tokenizer
    }

    /// Opens the weights and checks that they are exactly the model's.
    ///
    /// - Throws: `CheckpointError`, ``ParameterMismatch``, ``ModelConfigurationError``.
    package func openWeights() throws -> any CheckpointReader {
        let reader = try openCheckpoint(at: path)
        try reader.requireParameters(of: configuration)
        return reader
    }

    /// Reads every weight and compares it with the SHA-256 recorded when it was written.
    ///
    /// - Throws: `CheckpointError` of kind `checksumMismatch`, ``ModelDirectoryError`` if none were recorded.
    package func verifyChecksums() throws {
        try openCheckpoint(at: path).requireChecksums()
    }

    /// Loads the model.
    ///
    /// - Parameters:
    ///   - formats: What formats the weights get.
    ///   - progress: Told how far it is before each weight, and at the end.
    /// - Returns: The model, its weights in memory.
    /// - Throws: as ``openWeights()``.
    package func load(
        formats: FormatPolicy = .f32,
        progress: @escaping (LoadProgress) -> Void = { _ in }
    ) throws -> InterleavedModel {
        let reader = try openWeights()
        return try InterleavedModel(
            configuration,
            reader,
            CheckpointParameters(reader),
            formats: formats,
            progress: progress
        )
    }

    /// The text of a configuration file.
    package static func encode(_ configuration: ModelConfiguration) throws -> [UInt8] {
        Array((try JSON(encoding: configuration).prettyText + "\n").utf8)
    }

    private static func join(_ directory: String, _ name: String) -> String {
        directory.hasSuffix("/") ? directory + name : "\(directory)/\(name)"
    }
}

/// A model directory, or a model file, that cannot be read.
package struct ModelDirectoryError: Error, Hashable, CustomStringConvertible {
    /// The file.
    package let path: String
    /// What is wrong with it.
    package let detail: String

    package var description: String { "\(path): \(detail)" }
}
