internal import Checkpoints
internal import Files
package import MMInterleaved
package import Tensors
internal import Tokenization

/// A release that cannot be imported: names the file and what is wrong with it.
package struct ImportError: Error, Hashable, CustomStringConvertible {
    /// The file or directory.
    package let path: String
    /// What is wrong.
    package let detail: String

    package var description: String { "\(path): \(detail)" }
}

/// Turns a release of the reference implementation into a model directory or a model file.
///
/// Tensors are copied or rounded one after the other, so memory is bounded by the largest of them. The directory, or the file,
/// appears under its name only once it is complete.
package struct ReferenceImporter {
    private let layout: ReferenceLayout
    private let format: FloatFormat?
    private let checksValues: Bool

    /// What an import did.
    package struct Report: Sendable {
        /// Bytes of all tensors.
        package var byteCount = 0
        /// Number of tensors written.
        package var tensorCount = 0
        /// Tensors of the release that the model does not get.
        package var leftOut: [LeftOut] = []
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
    ///   - begin: Told before anything is written how many bytes the weights will have.
    ///   - progress: Told the share of the elements that has been written, from 0 to 1.
    /// - Returns: What was written, and what was left out.
    /// - Throws: ``ImportError``, also where the disk has too little room; `FileError`, `CheckpointError`,
    ///   `ModelConfigurationError`, `ModelDirectoryError` if `output` exists.
    package func run(
        name: String,
        output: String,
        begin: (Int) -> Void = { _ in },
        progress: (Double) -> Void
    ) throws -> Report {
        let configuration = try requireConfiguration(name)
        let weights = try openWeights(of: configuration)
        let byteCount = try descriptions(weights).reduce(0) { $0 + $1.byteCount }
        try requireRoom(for: byteCount, output)
        begin(byteCount)
        if checksValues { try weights.verifyChecksums() }
        var report = Report()
        try ModelDirectory.create(at: output, configuration, tokenizer: tokenizer()) { path in
            report = try write(weights, to: path, progress)
        }
        report.leftOut = weights.leftOut
        return report
    }

    /// Writes a model file, its weights rounded.
    ///
    /// - Parameters:
    ///   - name: Under which the model is served.
    ///   - output: Must not exist yet.
    ///   - formats: The formats of the weights; the importer's own is of no account.
    ///   - begin: Told before anything is written how many bytes the file will have.
    ///   - progress: Told the share of the elements that has been written, from 0 to 1.
    /// - Returns: Tensors of the release that the model does not get.
    /// - Throws: as ``run(name:output:begin:progress:)``, but ``ImportError`` if `output` exists; `ModelDirectoryError`
    ///   for weights that cannot be rounded.
    package func run(
        name: String,
        output: String,
        formats: FormatPolicy,
        begin: (Int) -> Void = { _ in },
        progress: (Double) -> Void
    ) throws -> [LeftOut] {
        guard !Folder.hasEntry(output) else {
            throw ImportError(path: output, detail: "already exists")
        }
        let configuration = try requireConfiguration(name)
        let weights = try openWeights(of: configuration)
        let writer = try ModelFileWriter(
            configuration,
            weights,
            tokenizerPath: layout.tokenizerPath,
            formats: formats
        )
        let byteCount = try writer.byteCount()
        try requireRoom(for: byteCount, output)
        begin(byteCount)
        if checksValues { try weights.verifyChecksums() }
        try writer.write(to: output, progress: progress)
        return weights.leftOut
    }

    /// Makes sure that the disk has room, before minutes go into reading.
    private func requireRoom(for byteCount: Int, _ output: String) throws(ImportError) {
        guard let free = Folder.freeByteCount(Folder.parent(of: output) ?? "."), free < byteCount
        else { return }
        throw ImportError(
            path: output,
            detail:
                "would have \(byteCount) bytes, and the disk has \(free) free; nothing was written"
        )
    }

    private func requireConfiguration(_ name: String) throws -> ModelConfiguration {
        try layout.requireFiles()
        var configuration = try layout.configuration(name: name)
        configuration.templates = ReleasedTemplates.all
        return configuration
    }

    private func openWeights(of configuration: ModelConfiguration) throws -> ReleasedWeights {
        try ReleasedWeights(
            layout,
            InterleavedModel.parameters(of: configuration),
            requiresFiniteNumbers: checksValues
        )
    }

    private func tokenizer() throws -> [UInt8] {
        try File.read(
            layout.tokenizerPath,
            maximumByteCount: Tokenizer.maximumModelByteCount
        )
    }

    /// The tensors as they are written.
    private func descriptions(_ weights: ReleasedWeights) throws -> [TensorDescription] {
        try weights.tensorNames.map { name in
            let stored = try weights.description(of: name)
            return try TensorDescription(
                name: name,
                elementType: format?.elementType ?? stored.elementType,
                shape: stored.shape
            )
        }
    }

    private func write(
        _ weights: ReleasedWeights,
        to path: String,
        _ progress: (Double) -> Void
    ) throws -> Report {
        let descriptions = try descriptions(weights)
        let writer = try SafetensorsWriter.begin(
            path: path,
            tensors: descriptions,
            metadata: ["format": "pt"]
        )
        let total = descriptions.reduce(0) { $0 + $1.elementCount }
        var report = Report()
        var done = 0
        for description in descriptions {
            let stored = try weights.description(of: description.name)
            try weights.withBytes(of: description.name) { bytes in
                if stored.elementType == description.elementType {
                    try writer.append(bytes, to: description.name)
                } else if let from = FloatFormat(stored.elementType), let to = format {
                    let numbers = Matrix(rows: 1, columns: description.elementCount)
                    numbers.copy(from: bytes, format: from)
                    let converted = numbers.bytes(as: to)
                    try unsafe writer.append(converted.span.bytes, to: description.name)
                }
            }
            weights.releaseResidentPages(of: description.name)
            done += description.elementCount
            report.tensorCount += 1
            report.byteCount += description.byteCount
            progress(Double(done) / Double(max(1, total)))
        }
        try writer.finish()
        return report
    }
}
