package import Checkpoints
internal import Tensors
package import Tokenization

/// A whole model in one GGUF file: configuration, tokenizer, and weights whose formats the file decides.
///
/// Keys are those of ``ModelFileKeys``, names of tensors those of ``TensorNames``. Files that another program has made of
/// such a file, with other blocks or without a profile, are read as the numbers that they stand for.
package struct ModelFile: Sendable {
    /// Path of the file.
    package let path: String
    /// The configuration, validated.
    package let configuration: ModelConfiguration
    /// The formats of the weights; nil where the file does not say.
    package let formats: FormatPolicy?
    /// The weights.
    package let weights: ModelFileWeights
    private let tokenizerBytes: [UInt8]

    /// Opens a file and checks its keys.
    ///
    /// - Throws: `CheckpointError`, ``ModelDirectoryError``, ``ModelConfigurationError``.
    package init(path: String) throws {
        let file = try GGUFFile(path: path)
        self.path = path
        let keys = ModelFileKeyReader(file)
        let architecture = try keys.string(ModelFileKeys.architecture)
        guard architecture == ModelFileKeys.architectureName else {
            throw keys.fault(
                ModelFileKeys.architecture,
                "is `\(architecture)`, `\(ModelFileKeys.architectureName)` is expected"
            )
        }
        configuration = try Self.configuration(keys, path)
        tokenizerBytes = try keys.bytes(
            ModelFileKeys.tokenizer,
            atMost: Tokenizer.maximumModelByteCount
        )
        formats = try Self.formats(keys)
        weights = try ModelFileWeights(file, rotated: Self.rotated(keys))
        try Self.requireNames(keys, of: weights)
    }

    private static func configuration(
        _ keys: ModelFileKeyReader,
        _ path: String
    ) throws -> ModelConfiguration {
        let text = try keys.string(ModelFileKeys.configuration)
        let maximum = ModelDirectory.maximumConfigurationByteCount
        guard text.utf8.count <= maximum else {
            throw keys.fault(
                ModelFileKeys.configuration,
                "has \(text.utf8.count) bytes, at most \(maximum) are allowed"
            )
        }
        var configuration = try ModelDirectory.configuration(
            Array(text.utf8),
            in: "\(path): key `\(ModelFileKeys.configuration)`"
        )
        if let templates = try keys.optionalString(ModelFileKeys.templates) {
            configuration.templates = try TemplateDocument.decode(
                Array(templates.utf8),
                in: "\(path): key `\(ModelFileKeys.templates)`",
                for: configuration.language
            )
        }
        return configuration
    }

    private static func formats(
        _ keys: ModelFileKeyReader
    ) throws(ModelDirectoryError) -> FormatPolicy? {
        guard let name = try keys.optionalString(ModelFileKeys.profile) else { return nil }
        guard let profile = FormatPolicy.Profile(rawValue: name) else {
            let known = FormatPolicy.Profile.allCases.map(\.rawValue).joined(separator: ", ")
            throw keys.fault(ModelFileKeys.profile, "is `\(name)`, known are \(known)")
        }
        var policy = FormatPolicy(profile)
        for text in try keys.strings(ModelFileKeys.overrides) {
            guard let override = FormatPolicy.Override(text: text) else {
                throw keys.fault(ModelFileKeys.overrides, "holds `\(text)`, no NAME=FORMAT")
            }
            policy.overrides.append(override)
        }
        return policy
    }

    /// Names of the tensors that are stored rotated.
    private static func rotated(
        _ keys: ModelFileKeyReader
    ) throws(ModelDirectoryError) -> [String] {
        let names = try keys.strings(ModelFileKeys.rotatedTensors)
        let groups = try keys.integers(ModelFileKeys.rotationGroups)
        guard names.isEmpty || groups == RotationGroup.sizes else {
            throw keys.fault(
                ModelFileKeys.rotationGroups,
                "holds \(groups), \(RotationGroup.sizes) are expected"
            )
        }
        return names
    }

    /// Checks that the names which the file gives its tensors, if it does, are those that they have here.
    private static func requireNames(
        _ keys: ModelFileKeyReader,
        of weights: ModelFileWeights
    ) throws(ModelDirectoryError) {
        let names = try keys.strings(ModelFileKeys.tensorNames)
        guard !names.isEmpty else { return }
        if let name = names.first(where: { weights.tensors[$0] == nil }) {
            throw keys.fault(ModelFileKeys.tensorNames, "names `\(name)`, which is no tensor")
        }
        let given = Set(names)
        if let name = weights.tensorNames.first(where: { !given.contains($0) }) {
            throw keys.fault(ModelFileKeys.tensorNames, "lacks `\(name)`, which is a tensor")
        }
    }

    /// Loads the tokenizer and checks that its ids are the model's.
    ///
    /// - Throws: ``ModelDirectoryError`` if it is none, or another model's.
    package func tokenizer() throws(ModelDirectoryError) -> Tokenizer {
        let place = "\(path): key `\(ModelFileKeys.tokenizer)`"
        let tokenizer: Tokenizer
        do throws(TokenizationError) {
            tokenizer = try Tokenizer(modelBytes: tokenizerBytes)
        } catch {
            throw ModelDirectoryError(path: place, detail: error.detail)
        }
        try configuration.vocabulary.requireFit(tokenizer, place)
        return tokenizer
    }

    /// The weights, once they are known to be exactly the model's.
    ///
    /// - Throws: ``ParameterMismatch``, ``ModelConfigurationError``.
    package func openWeights() throws -> any CheckpointReader {
        try weights.requireParameters(of: configuration)
        return weights
    }

    /// The formats that the weights get: the file's own, or those that are asked for where it does not say.
    ///
    /// - Parameter asked: ``FormatPolicy/f32`` asks for none.
    /// - Returns: The formats.
    /// - Throws: ``ModelDirectoryError`` if the file's formats are others than those that are asked for.
    func formats(asking asked: FormatPolicy) throws(ModelDirectoryError) -> FormatPolicy {
        guard let own = formats else { return asked }
        guard asked == .f32 || asked.profile == own.profile else {
            let (own, other) = (own.profile.rawValue, asked.profile.rawValue)
            throw ModelDirectoryError(
                path: path,
                detail: "is of profile \(own), and cannot be loaded as \(other)"
            )
        }
        return own
    }

    /// Loads the model.
    ///
    /// - Parameters:
    ///   - formats: What formats are asked for.
    ///   - progress: Told how far it is before each weight, and at the end.
    /// - Returns: The model, its weights in memory.
    /// - Throws: as ``openWeights()`` and ``formats(asking:)``.
    func load(
        formats: FormatPolicy,
        progress: @escaping (LoadProgress) -> Void
    ) throws -> InterleavedModel {
        let formats = try self.formats(asking: formats)
        return try InterleavedModel(
            configuration,
            try openWeights(),
            ModelFileParameters(weights),
            formats: formats,
            progress: progress
        )
    }
}
