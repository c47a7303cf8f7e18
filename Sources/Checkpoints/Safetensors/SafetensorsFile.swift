internal import Digests
internal import Files

/// A single safetensors file.
package final class SafetensorsFile: CheckpointReader {
    package let path: String
    package let tensorNames: [String]
    package let tensors: [String: TensorDescription]
    package let metadata: [String: String]
    private let file: MappedFile
    /// Where each tensor's bytes are, counted from the start of the file.
    private let ranges: [String: Range<Int>]

    /// Validates the header of a mapped file.
    init(file: MappedFile) throws(CheckpointError) {
        let header: SafetensorsHeader
        let dataStart: Int
        do {
            let headerByteCount = try Self.headerByteCount(of: file)
            dataStart = 8 + headerByteCount
            header = try SafetensorsHeader(
                json: file.copyBytes(in: 8..<dataStart),
                dataByteCount: file.byteCount - dataStart
            )
        } catch {
            throw error.located(in: file.path)
        }
        self.path = file.path
        self.file = file
        self.metadata = header.metadata
        self.tensorNames = header.entries.map(\.description.name)
        var tensors: [String: TensorDescription] = [:]
        var ranges: [String: Range<Int>] = [:]
        for entry in header.entries {
            let name = entry.description.name
            guard tensors.updateValue(entry.description, forKey: name) == nil else {
                throw CheckpointError.equalNames(name).located(in: file.path)
            }
            ranges[name] =
                entry.range.lowerBound + dataStart..<entry.range.upperBound + dataStart
        }
        self.tensors = tensors
        self.ranges = ranges
    }

    private static func headerByteCount(of file: MappedFile) throws(CheckpointError) -> Int {
        guard file.byteCount >= 8 else {
            throw CheckpointError(
                .truncated,
                offset: 0,
                "\(file.byteCount) bytes, a header length alone takes 8"
            )
        }
        var length: UInt64 = 0
        for (index, byte) in file.copyBytes(in: 0..<8).enumerated() {
            length |= UInt64(byte) << (8 * UInt64(index))
        }
        guard length <= CheckpointLimits.maximumHeaderByteCount else {
            throw CheckpointError(
                .limitExceeded,
                offset: 0,
                "a header of \(length) bytes, at most \(CheckpointLimits.maximumHeaderByteCount) are allowed "
                    + "(is this a safetensors file?)"
            )
        }
        guard Int(length) <= file.byteCount - 8 else {
            throw CheckpointError(
                .truncated,
                offset: 0,
                "a header of \(length) bytes in a file of \(file.byteCount) bytes"
            )
        }
        return Int(length)
    }

    package func withBytes<Result>(
        of name: String,
        _ body: (RawSpan) throws -> Result
    ) throws -> Result {
        guard let range = ranges[name] else { throw missingTensor(name) }
        return try file.withBytes(in: range, body)
    }

    package var hasChecksums: Bool { Folder.hasEntry(TensorChecksums.path(of: path)) }

    /// Compares every tensor with the digests beside the file, if there are any.
    ///
    /// - Throws: ``CheckpointError`` of kind `checksumMismatch` that names the first tensors whose bytes differ or that
    ///   have no digest.
    package func verifyChecksums() throws(CheckpointError) {
        try TensorChecksums.verify(path, tensorNames) { (name, hash) throws(CheckpointError) in
            guard let range = ranges[name] else { throw missingTensor(name) }
            file.withBytes(in: range, hash.update)
            file.releaseResidentPages(in: range)
        }
    }

    package func releaseResidentPages(of name: String) {
        if let range = ranges[name] { file.releaseResidentPages(in: range) }
    }

    package func prefetch(_ name: String) -> Int {
        guard let range = ranges[name] else { return 0 }
        file.prefetch(range)
        return range.count
    }
}
