package import Checkpoints
internal import Files
package import Tensors
package import Tokenization

/// A model on disk: a directory, or a file that holds all of it.
package enum StoredModel: Sendable {
    case directory(ModelDirectory)
    case file(ModelFile)

    /// Opens what is at a path, a directory or a model file, and checks its configuration.
    ///
    /// - Throws: ``ModelDirectoryError``, ``ModelConfigurationError``; `CheckpointError` for a file.
    package init(path: String) throws {
        if Folder.hasEntry(path) && !Folder.isFolder(path) {
            self = .file(try ModelFile(path: path))
        } else {
            self = .directory(try ModelDirectory(path: path))
        }
    }

    /// Path of the directory or the file.
    package var path: String {
        switch self {
        case .directory(let directory): directory.path
        case .file(let file): file.path
        }
    }

    /// Sizes and defaults, validated.
    package var configuration: ModelConfiguration {
        switch self {
        case .directory(let directory): directory.configuration
        case .file(let file): file.configuration
        }
    }

    /// Loads the tokenizer and checks that its ids are the model's.
    ///
    /// - Throws: `TokenizationError`, ``ModelDirectoryError`` if it is another model's.
    package func tokenizer() throws -> Tokenizer {
        switch self {
        case .directory(let directory): try directory.tokenizer()
        case .file(let file): try file.tokenizer()
        }
    }

    /// Opens the weights and checks that they are exactly the model's.
    ///
    /// - Throws: `CheckpointError`, ``ParameterMismatch``, ``ModelConfigurationError``.
    package func openWeights() throws -> any CheckpointReader {
        switch self {
        case .directory(let directory): try directory.openWeights()
        case .file(let file): try file.openWeights()
        }
    }

    /// Reads every weight and compares it with the SHA-256 recorded when it was written.
    ///
    /// - Throws: `CheckpointError` of kind `checksumMismatch`, ``ModelDirectoryError`` if none were recorded.
    package func verifyChecksums() throws {
        switch self {
        case .directory(let directory): try directory.verifyChecksums()
        case .file(let file): try file.weights.requireChecksums()
        }
    }

    /// The formats that the weights get when they are asked for: those of a file that says so itself.
    ///
    /// - Throws: ``ModelDirectoryError`` if a file has other formats than those that are asked for.
    package func formats(asking asked: FormatPolicy) throws(ModelDirectoryError) -> FormatPolicy {
        switch self {
        case .directory: asked
        case .file(let file): try file.formats(asking: asked)
        }
    }

    /// The format in which the table of the tokens' embeddings is stored, and kept.
    ///
    /// - Throws: as ``openWeights()``; `CheckpointError` if there is no such table.
    package func tableFormat() throws -> FloatFormat {
        let reader: any CheckpointReader =
            switch self {
            case .directory(let directory): try openCheckpoint(at: directory.path)
            case .file(let file): file.weights
            }
        let name = LanguageModel.tokenEmbeddingName
        // What is stored in blocks is read as numbers in single precision.
        return FloatFormat(try reader.description(of: name).elementType) ?? .float32
    }

    /// Loads the model.
    ///
    /// - Parameters:
    ///   - formats: What formats the weights get, unless it is a file that says so itself.
    ///   - progress: Told how far it is before each weight, and at the end.
    /// - Returns: The model, its weights in memory.
    /// - Throws: as ``openWeights()``; ``ModelDirectoryError`` if a file has other formats than those that are asked for.
    package func load(
        formats: FormatPolicy = .f32,
        progress: @escaping (LoadProgress) -> Void = { _ in }
    ) throws -> InterleavedModel {
        switch self {
        case .directory(let directory): try directory.load(formats: formats, progress: progress)
        case .file(let file): try file.load(formats: formats, progress: progress)
        }
    }
}

extension InterleavedModel {
    /// Loads all weights of an open checkpoint, whose pages are given back as they have been read.
    ///
    /// - Throws: as ``init(_:_:)``.
    init(
        _ configuration: ModelConfiguration,
        _ reader: any CheckpointReader,
        _ source: any ParameterSource,
        formats: FormatPolicy,
        progress: @escaping (LoadProgress) -> Void
    ) throws {
        let all = try InterleavedModel.parameters(of: configuration)
        let total = all.reduce(0) { $0 + $1.count }
        let readAhead = ReadAhead(reader, all.map(\.name))
        var (packedCount, done) = (0, 0)
        func tell() {
            progress(
                LoadProgress(
                    share: Double(done) / Double(max(1, total)),
                    packedCount: packedCount,
                    totalCount: all.count
                )
            )
        }
        let parameters = Parameters(from: source, formats: formats) { parameter in
            tell()
            packedCount += 1
            done += parameter.count
            // What was read before has been packed into memory of our own.
            readAhead.begin(parameter.name)
        }
        try self.init(parameters, configuration)
        readAhead.end()
        tell()
    }
}

extension CheckpointReader {
    /// Checks that the tensors are exactly the parameters of a configuration's model.
    ///
    /// - Throws: ``ParameterMismatch``, ``ModelConfigurationError``.
    func requireParameters(of configuration: ModelConfiguration) throws {
        // A configuration that asks for far more than there is costs no memory to be told so.
        let stored = tensors.values.reduce(0) { $0 + $1.elementCount }
        let parameters = try InterleavedModel.parameters(
            of: configuration,
            maximumElementCount: 4 * stored + 1 << 24
        )
        if let mismatch = ParameterMismatch(parameters, self) { throw mismatch }
    }

    /// Reads every tensor and compares it with the SHA-256 recorded when it was written.
    ///
    /// - Throws: `CheckpointError` of kind `checksumMismatch`, ``ModelDirectoryError`` if none were recorded.
    func requireChecksums() throws {
        guard hasChecksums else {
            throw ModelDirectoryError(
                path: TensorChecksums.path(of: path),
                detail: "is missing: there are no checksums to compare the weights with"
            )
        }
        try verifyChecksums()
    }
}

extension VocabularyConfiguration {
    /// Checks that the ids of a tokenizer are the model's.
    ///
    /// - Throws: ``ModelDirectoryError`` that names the first that is not.
    func requireFit(_ tokenizer: Tokenizer, _ path: String) throws(ModelDirectoryError) {
        let special = tokenizer.specialTokens
        let pairs = [
            ("orig_vocab_size", originalSize, tokenizer.vocabularySize),
            ("bos_token_id", beginOfSequence, special.beginning),
            ("eos_token_id", endOfSequence, special.end),
            ("soi_token_id", beginOfImage, special.imageStart),
            ("image_token_id", image, special.image),
        ]
        for (field, expected, found) in pairs where expected != found {
            throw ModelDirectoryError(
                path: path,
                detail: "has \(found) where vocabulary.\(field) is \(expected)"
            )
        }
    }
}
