internal import Checkpoints
internal import Files
internal import Foundation
internal import MMInterleaved
package import Tensors

/// A release that cannot be imported: names the file and what is wrong with it.
package struct ImportError: Error, Hashable, CustomStringConvertible {
    /// The file or directory.
    package let path: String
    /// What is wrong.
    package let detail: String

    package var description: String { "\(path): \(detail)" }
}

/// Turns a release of the reference implementation into a model directory.
///
/// Tensors are copied one after the other, so memory is bounded by the largest of them. The directory
/// appears under its name only once it is complete.
package struct ReferenceImporter {
    private let layout: ReferenceLayout
    private let format: FloatFormat?
    private let checksValues: Bool

    /// What an import did.
    package struct Report: Sendable {
        /// Bytes of the weights file's tensors.
        package var byteCount = 0
        /// Number of tensors written.
        package var tensorCount = 0
        /// Tensors of the checkpoint that inference has no use for.
        package var unusedNames: [String] = []
    }

    /// Prepares an import.
    ///
    /// - Parameters:
    ///   - layout: Where the release's files are.
    ///   - format: Element type to store, or nil to keep each tensor's own.
    ///   - checksValues: Whether to refuse wrong checksums, and tensors with NaN or infinity in them.
    package init(_ layout: ReferenceLayout, format: FloatFormat?, checksValues: Bool) {
        self.layout = layout
        self.format = format
        self.checksValues = checksValues
    }

    /// Writes the model directory.
    ///
    /// - Parameters:
    ///   - name: Under which the model is served.
    ///   - output: Must not exist yet.
    ///   - progress: Told the share of the elements that has been written, from 0 to 1.
    /// - Returns: What was written, and what was left out.
    /// - Throws: ``ImportError``, `FileError`, `CheckpointError`, `ModelConfigurationError`, `ModelDirectoryError` if
    ///   `output` exists.
    package func run(
        name: String,
        output: String,
        progress: (Double) -> Void
    ) throws -> Report {
        try layout.requireFiles()
        let configuration = try layout.configuration(name: name)
        let parameters = try InterleavedModel.parameters(of: configuration)
        let sources = try Sources(layout)
        try sources.check(parameters)
        if checksValues { try sources.verifyChecksums() }

        var report = Report()
        try ModelDirectory.create(at: output, configuration, tokenizer: tokenizer()) { path in
            report = try writeWeights(parameters, from: sources, to: path, progress)
        }
        report.unusedNames = sources.unusedNames(parameters)
        return report
    }

    /// Largest SentencePiece model that is copied.
    private static let maximumTokenizerByteCount = 64 << 20

    private func tokenizer() throws -> [UInt8] {
        try File.read(
            layout.tokenizerPath,
            maximumByteCount: Self.maximumTokenizerByteCount
        )
    }

    private func writeWeights(
        _ parameters: [ParameterDescription],
        from sources: Sources,
        to path: String,
        _ progress: (Double) -> Void
    ) throws -> Report {
        let descriptions = try parameters.map { parameter in
            try TensorDescription(
                name: parameter.name,
                elementType: format?.elementType ?? sources.stored(parameter).elementType,
                shape: parameter.shape
            )
        }
        let writer = try SafetensorsWriter.begin(
            path: path,
            tensors: descriptions,
            metadata: ["format": "pt"]
        )
        let total = parameters.reduce(0) { $0 + $1.count }
        var report = Report()
        var done = 0
        for (parameter, description) in zip(parameters, descriptions) {
            try sources.withBytes(of: parameter) { bytes, stored in
                if checksValues { try check(bytes, stored) }
                if stored.elementType == description.elementType {
                    try writer.append(bytes, to: parameter.name)
                } else if let from = FloatFormat(stored.elementType), let to = format {
                    let numbers = Matrix(rows: 1, columns: parameter.count)
                    numbers.copy(from: bytes, format: from)
                    let converted = numbers.bytes(as: to)
                    try unsafe writer.append(converted.span.bytes, to: parameter.name)
                }
            }
            done += parameter.count
            report.tensorCount += 1
            report.byteCount += description.byteCount
            progress(Double(done) / Double(max(1, total)))
        }
        try writer.finish()
        return report
    }

    private func check(_ bytes: RawSpan, _ stored: TensorDescription) throws {
        let found = countNonFinite(in: bytes, of: stored.elementType)
        guard !found.isEmpty else { return }
        throw ImportError(
            path: layout.checkpoint,
            detail:
                "\(stored.name) has \(found.nanCount) NaN and \(found.infinityCount) infinite values, "
                + "the first at element \(found.firstIndex ?? 0)"
        )
    }
}

/// Where each parameter of a release is stored.
private struct Sources {
    private let checkpoint: any CheckpointReader
    /// Pictures are decoded with the autoencoder of the assets, as the reference does.
    private let autoencoder: any CheckpointReader

    private static let autoencoderPrefix = "image_decoder.decoder.vae."

    init(_ layout: ReferenceLayout) throws {
        checkpoint = try openCheckpoint(at: layout.checkpoint)
        autoencoder = try openCheckpoint(at: layout.autoencoderPath)
    }

    /// Reports everything that is missing or has another shape, at once.
    func check(_ parameters: [ParameterDescription]) throws {
        var problems: [String] = []
        for parameter in parameters {
            let (reader, name) = locate(parameter.name)
            guard let stored = reader.tensors[name] else {
                problems.append("\(name) \(parameter.shape) is missing in \(reader.path)")
                continue
            }
            if Self.withoutOnes(stored.shape) != Self.withoutOnes(parameter.shape) {
                problems.append("\(name): expected \(parameter.shape), found \(stored.shape)")
            } else if FloatFormat(stored.elementType) == nil {
                problems.append("\(name): expected F32, F16 or BF16, found \(stored.elementType)")
            }
        }
        guard !problems.isEmpty else { return }
        let shown = problems.prefix(20).joined(separator: "\n  ")
        let rest = problems.count > 20 ? "\n  and \(problems.count - 20) more" : ""
        throw ImportError(
            path: checkpoint.path,
            detail: "\(problems.count) tensors do not fit the configuration "
                + "(give the model's own with --config):\n  \(shown)\(rest)"
        )
    }

    func verifyChecksums() throws(CheckpointError) {
        try checkpoint.verifyChecksums()
        try autoencoder.verifyChecksums()
    }

    func stored(_ parameter: ParameterDescription) throws -> TensorDescription {
        let (reader, name) = locate(parameter.name)
        return try reader.description(of: name)
    }

    func withBytes(
        of parameter: ParameterDescription,
        _ body: (RawSpan, TensorDescription) throws -> Void
    ) throws {
        let (reader, name) = locate(parameter.name)
        let description = try reader.description(of: name)
        try reader.withBytes(of: name) { try body($0, description) }
        reader.releaseResidentPages()
    }

    func unusedNames(_ parameters: [ParameterDescription]) -> [String] {
        let used = Set(parameters.map(\.name))
        return checkpoint.tensorNames.filter { !used.contains($0) }
    }

    private func locate(_ name: String) -> (any CheckpointReader, String) {
        guard name.hasPrefix(Self.autoencoderPrefix) else { return (checkpoint, name) }
        let inner = String(name.dropFirst(Self.autoencoderPrefix.count))
        return (autoencoder, autoencoder.tensors[inner] == nil ? Self.formerName(inner) : inner)
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
