internal import Checkpoints
internal import Foundation
internal import MMInterleaved
internal import Tensors

/// The weights of a release under the names and in the shapes of the model's parameters.
struct ReleasedWeights: CheckpointReader {
    let tensorNames: [String]
    let tensors: [String: TensorDescription]

    private let checkpoint: any CheckpointReader
    /// Pictures are decoded with the autoencoder of the assets, as the reference does.
    private let autoencoder: any CheckpointReader
    private let requiresFiniteNumbers: Bool

    private static let autoencoderPrefix = "image_decoder.decoder.vae."

    /// Opens a release and finds every parameter in it.
    ///
    /// - Parameters:
    ///   - layout: Where the release's files are.
    ///   - parameters: The parameters of the model.
    ///   - requiresFiniteNumbers: Whether reading a tensor with NaN or infinity in it is an error.
    /// - Throws: `CheckpointError`; ``ImportError`` that names everything that is missing or has another shape.
    init(
        _ layout: ReferenceLayout,
        _ parameters: [ParameterDescription],
        requiresFiniteNumbers: Bool
    ) throws {
        checkpoint = try openCheckpoint(at: layout.checkpoint)
        autoencoder = try openCheckpoint(at: layout.autoencoderPath)
        self.requiresFiniteNumbers = requiresFiniteNumbers
        tensorNames = parameters.map(\.name)
        var tensors: [String: TensorDescription] = [:]
        var problems: [String] = []
        for parameter in parameters {
            let (reader, name) = Self.locate(parameter.name, checkpoint, autoencoder)
            guard let stored = reader.tensors[name] else {
                problems.append("\(name) \(parameter.shape) is missing in \(reader.path)")
                continue
            }
            if Self.withoutOnes(stored.shape) != Self.withoutOnes(parameter.shape) {
                problems.append("\(name): expected \(parameter.shape), found \(stored.shape)")
            } else if FloatFormat(stored.elementType) == nil {
                problems.append("\(name): expected F32, F16 or BF16, found \(stored.elementType)")
            }
            tensors[parameter.name] = try TensorDescription(
                name: parameter.name,
                elementType: stored.elementType,
                shape: parameter.shape
            )
        }
        self.tensors = tensors
        guard !problems.isEmpty else { return }
        let shown = problems.prefix(20).joined(separator: "\n  ")
        let rest = problems.count > 20 ? "\n  and \(problems.count - 20) more" : ""
        throw ImportError(
            path: checkpoint.path,
            detail: "\(problems.count) tensors do not fit the configuration "
                + "(give the model's own with --config):\n  \(shown)\(rest)"
        )
    }

    var path: String { checkpoint.path }
    var metadata: [String: String] { [:] }
    var hasChecksums: Bool { checkpoint.hasChecksums && autoencoder.hasChecksums }

    /// Tensors of the release that are no parameters of the model.
    var leftOut: [LeftOut] {
        let used = Set(tensorNames.map { Self.locate($0, checkpoint, autoencoder).1 })
        return LeftOut.groups(
            of: checkpoint.tensorNames.filter { !used.contains($0) },
            autoencoderNames: autoencoder.tensorNames.filter { !used.contains($0) },
            autoencoderPrefix: Self.autoencoderPrefix
        )
    }

    func withBytes<Result>(
        of name: String,
        _ body: (RawSpan) throws -> Result
    ) throws -> Result {
        let (reader, stored) = Self.locate(name, checkpoint, autoencoder)
        let elementType = try reader.description(of: stored).elementType
        return try reader.withBytes(of: stored) { bytes in
            if requiresFiniteNumbers { try requireFinite(bytes, elementType, stored) }
            return try body(bytes)
        }
    }

    func releaseResidentPages(of name: String) {
        let (reader, stored) = Self.locate(name, checkpoint, autoencoder)
        reader.releaseResidentPages(of: stored)
    }

    func prefetch(_ name: String) -> Int {
        let (reader, stored) = Self.locate(name, checkpoint, autoencoder)
        return reader.prefetch(stored)
    }

    func verifyChecksums() throws(CheckpointError) {
        try checkpoint.verifyChecksums()
        try autoencoder.verifyChecksums()
    }

    private func requireFinite(
        _ bytes: RawSpan,
        _ elementType: ElementType,
        _ name: String
    ) throws {
        let found = countNonFinite(in: bytes, of: elementType)
        guard !found.isEmpty else { return }
        throw ImportError(
            path: path,
            detail:
                "\(name) has \(found.nanCount) NaN and \(found.infinityCount) infinite values, "
                + "the first at element \(found.firstIndex ?? 0)"
        )
    }

    // MARK: - Names and shapes

    private static func locate(
        _ name: String,
        _ checkpoint: any CheckpointReader,
        _ autoencoder: any CheckpointReader
    ) -> (any CheckpointReader, String) {
        guard name.hasPrefix(autoencoderPrefix) else { return (checkpoint, name) }
        let inner = String(name.dropFirst(autoencoderPrefix.count))
        return (autoencoder, autoencoder.tensors[inner] == nil ? formerName(inner) : inner)
    }

    /// Published autoencoder files name their attention layers as diffusers did before version 0.17.
    private static func formerName(_ name: String) -> String {
        let renamed = [
            ".to_q.": ".query.", ".to_k.": ".key.", ".to_v.": ".value.",
            ".to_out.0.": ".proj_attn.",
        ]
        return renamed.reduce(name) { $0.replacingOccurrences(of: $1.key, with: $1.value) }
    }

    /// Files differ in whether a 1x1 convolution is stored as a matrix.
    private static func withoutOnes(_ shape: [Int]) -> [Int] { shape.filter { $0 != 1 } }
}
