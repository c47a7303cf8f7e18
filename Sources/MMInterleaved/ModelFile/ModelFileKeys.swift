internal import Checkpoints

/// Keys of a model file, and what they hold.
package enum ModelFileKeys {
    /// The architecture, ``architectureName``.
    package static let architecture = "general.architecture"
    /// The model's name.
    package static let name = "general.name"
    /// The version of ggml's blocks, which is 2 for those that are written here.
    package static let quantizationVersion = "general.quantization_version"
    /// The configuration: the text of a model directory's `config.json`.
    package static let configuration = "mm-interleaved.config"
    /// The prompt templates, if there are any: the text of a model directory's `templates.json`.
    package static let templates = "mm-interleaved.templates"
    /// The bytes of the SentencePiece model.
    package static let tokenizer = "mm-interleaved.tokenizer"
    /// The profile, which says in which format each layer is computed.
    package static let profile = "mm-interleaved.profile"
    /// What differs from the profile: strings `NAME=FORMAT`.
    package static let overrides = "mm-interleaved.profile.keep"
    /// The numbers of inputs that may be rotated together, the largest that divides the number of a pixel's inputs being
    /// taken.
    package static let rotationGroups = "mm-interleaved.rotation.groups"
    /// The tensors, by their names in the file, that are stored rotated, with the channels of a pixel side by side.
    package static let rotatedTensors = "mm-interleaved.rotation.tensors"
    /// Names of the tensors' parameters, in the order of the tensors.
    package static let tensorNames = "mm-interleaved.tensor_names"

    /// What ``architecture`` holds.
    package static let architectureName = "mm-interleaved"
}

/// Reads keys of a model file, and refuses what they should not hold.
struct ModelFileKeyReader {
    private let file: GGUFFile

    init(_ file: GGUFFile) {
        self.file = file
    }

    /// A key that must be there, as a string.
    func string(_ key: String) throws(ModelDirectoryError) -> String {
        guard let text = try optionalString(key) else { throw missing(key, "a string") }
        return text
    }

    /// A string; nil if there is no such key.
    func optionalString(_ key: String) throws(ModelDirectoryError) -> String? {
        switch file.keys[key] {
        case nil: nil
        case .string(let text): text
        case .some(let other): throw fault(key, "is \(other.kind), a string is expected")
        }
    }

    /// A key that must be there, as an array of bytes.
    func bytes(_ key: String, atMost maximum: Int) throws(ModelDirectoryError) -> [UInt8] {
        switch file.keys[key] {
        case nil: throw missing(key, "an array of bytes")
        case .bytes(let bytes) where bytes.count <= maximum: return bytes
        case .bytes(let bytes):
            throw fault(key, "has \(bytes.count) bytes, at most \(maximum) are allowed")
        case .some(let other): throw fault(key, "is \(other.kind), an array of bytes is expected")
        }
    }

    /// An array of strings; empty if there is no such key.
    func strings(_ key: String) throws(ModelDirectoryError) -> [String] {
        try elements(key, "strings") { if case .string(let text) = $0 { text } else { nil } }
    }

    /// An array of whole numbers; empty if there is no such key.
    func integers(_ key: String) throws(ModelDirectoryError) -> [Int] {
        try elements(key, "whole numbers") {
            if case .integer(let number) = $0 { number } else { nil }
        }
    }

    private func elements<Element>(
        _ key: String,
        _ what: String,
        _ element: (GGUFValue) -> Element?
    ) throws(ModelDirectoryError) -> [Element] {
        switch file.keys[key] {
        case nil: return []
        case .array(let values):
            var elements: [Element] = []
            for value in values {
                guard let found = element(value) else {
                    throw fault(key, "holds \(value.kind) among \(what)")
                }
                elements.append(found)
            }
            return elements
        case .some(let other): throw fault(key, "is \(other.kind), an array of \(what) is expected")
        }
    }

    /// An error about a key.
    func fault(_ key: String, _ detail: String) -> ModelDirectoryError {
        ModelDirectoryError(path: file.path, detail: "key `\(key)` \(detail)")
    }

    private func missing(_ key: String, _ what: String) -> ModelDirectoryError {
        fault(key, "is missing: a model file has it, \(what)")
    }
}
