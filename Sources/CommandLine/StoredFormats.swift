import Checkpoints

/// How many tensors are stored in each format, and their bytes.
struct StoredFormats: CustomStringConvertible {
    private var counts: [String: Int] = [:]
    /// Numbers of all tensors.
    private(set) var elementCount = 0
    /// Bytes of all tensors.
    private(set) var byteCount = 0

    /// Of no tensor.
    init() {}

    /// Of tensors in a GGUF file.
    init(_ tensors: some Sequence<GGUFTensor>) {
        for tensor in tensors { add(tensor) }
    }

    /// Counts a tensor as a GGUF file stores it.
    mutating func add(_ tensor: GGUFTensor) {
        counts["\(tensor.type)", default: 0] += 1
        elementCount += tensor.description.elementCount
        byteCount += tensor.range.count
    }

    /// Counts a tensor whose numbers are stored one by one.
    mutating func add(_ tensor: TensorDescription) {
        counts["\(tensor.elementType)", default: 0] += 1
        elementCount += tensor.elementCount
        byteCount += tensor.byteCount
    }

    /// The part of a model that a tensor belongs to: `mm_decoder.layers`.
    static func part(of name: String) -> String {
        name.split(separator: ".").prefix(2).joined(separator: ".")
    }

    /// What a model file holds, in a line: its tensors, their bytes and formats.
    ///
    /// - Throws: `CheckpointError`.
    static func summary(ofFile path: String) throws -> String {
        let file = try GGUFFile(path: path)
        let formats = StoredFormats(file.stored.values)
        return "\(path): \(file.tensorNames.count) tensors, \(formats.byteCount) bytes (\(formats))"
    }

    /// Number of tensors.
    var tensorCount: Int { counts.values.reduce(0, +) }

    /// The formats, the most frequent first: `60 Q8_0, 12 F32`.
    var description: String {
        counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }
            .joined(separator: ", ")
    }
}
