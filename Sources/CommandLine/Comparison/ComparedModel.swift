import ArgumentParser
import JSON
import MMInterleaved
import Tokenization

/// A model as it is named on the command line: its name or path, and the profile it is loaded in, `nano=w8a8`.
struct ModelArgument {
    let model: String
    let profile: FormatPolicy.Profile

    /// Reads `MODEL` or `MODEL=PROFILE`.
    ///
    /// - Throws: `ValidationError` if what stands behind the last `=` of a name is no profile.
    init(_ argument: String) throws(ValidationError) {
        guard let sign = argument.lastIndex(of: "="), !argument[sign...].contains("/") else {
            (model, profile) = (argument, .f32)
            return
        }
        let name = String(argument[argument.index(after: sign)...])
        guard let profile = FormatPolicy.Profile(rawValue: name) else {
            throw ValidationError(
                "\(argument): \"\(name)\" is none of the profiles \(FormatPolicy.Profile.names)"
            )
        }
        (model, self.profile) = (String(argument[..<sign]), profile)
    }
}

/// One of two models that are compared.
struct ComparedModel {
    /// What it is called in reports.
    let name: String
    let stored: StoredModel
    /// What is asked for when it is loaded.
    let profile: FormatPolicy.Profile
    /// The formats of its weights.
    let formats: FormatPolicy
    let tokenizer: Tokenizer

    /// Opens a model.
    ///
    /// - Parameters:
    ///   - name: What it is called in reports.
    ///   - stored: The model.
    ///   - profile: Formats of the weights, unless the model is a file that says so itself.
    /// - Throws: as `StoredModel`.
    init(_ name: String, _ stored: StoredModel, profile: FormatPolicy.Profile) throws {
        self.name = name
        self.stored = stored
        self.profile = profile
        formats = try stored.formats(asking: FormatPolicy(profile))
        tokenizer = try stored.tokenizer()
    }

    /// Opens a model that is named on the command line.
    ///
    /// - Throws: as ``ModelArgument`` and `ModelCatalog`.
    init(argument: String) throws {
        let parsed = try ModelArgument(argument)
        try self.init(argument, ModelCatalog.model(parsed.model), profile: parsed.profile)
    }

    var configuration: ModelConfiguration { stored.configuration }

    /// Checks that another model has the same configuration, but for its name, and the same vocabulary.
    ///
    /// - Throws: ``CommandError`` that names the first field that differs.
    func requireComparable(_ other: ComparedModel) throws {
        var renamed = other.configuration
        renamed.name = configuration.name
        let own = try JSON(encoding: configuration)
        if let difference = own.firstDifference(from: try JSON(encoding: renamed)) {
            throw CommandError(
                """
                \(other.name) is another model than \(name): \(difference.path) is \(difference.other), \
                not \(difference.own)
                """
            )
        }
        for identifier in 0..<tokenizer.totalVocabularySize {
            let (own, others) = (
                tokenizer.piece(of: identifier), other.tokenizer.piece(of: identifier)
            )
            guard own != others else { continue }
            throw CommandError(
                """
                \(other.name) has another vocabulary than \(name): piece \(identifier) is \
                "\(others ?? "")", not "\(own ?? "")"
                """
            )
        }
    }
}

extension JSON {
    /// The first member that another document has otherwise, in the order of this one.
    ///
    /// - Returns: Where it stands, such as `language_model.hidden_size`, and both values; nil if nothing differs.
    func firstDifference(
        from other: JSON,
        at path: String = ""
    ) -> (path: String, own: String, other: String)? {
        guard case .object(let members) = self, case .object(let others) = other else {
            guard encoded != other.encoded else { return nil }
            return (
                path, String(decoding: encoded, as: UTF8.self),
                String(decoding: other.encoded, as: UTF8.self)
            )
        }
        let names = members.map(\.name)
        for name in names + others.map(\.name).filter({ !names.contains($0) }) {
            let own = members.first { $0.name == name }?.value ?? .null
            let theirs = others.first { $0.name == name }?.value ?? .null
            let place = path.isEmpty ? name : "\(path).\(name)"
            if let difference = own.firstDifference(from: theirs, at: place) { return difference }
        }
        return nil
    }
}
