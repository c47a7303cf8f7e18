/// A state dictionary written by `torch.save` (zip format, PyTorch 1.6 and later).
///
/// The pickle is read as data by ``PickleMachine``; storages are lent from the mapped file. Values that are not
/// tensors (numbers, strings, none) are left out. A dictionary that holds no tensor itself but a state dictionary
/// under `state_dict`, `module` or `model` stands for that one.
package final class PyTorchFile: CheckpointReader {
    package let path: String
    package let tensorNames: [String]
    package let tensors: [String: TensorDescription]
    package let metadata: [String: String] = [:]
    private let archive: ZipArchive
    private let views: [String: StridedTensor]
    /// The archive's storage records by their key.
    private let storages: [String: ZipArchive.Entry]

    /// Reads the pickle of a mapped file and checks every tensor against its storage.
    ///
    /// - Throws: ``CheckpointError``.
    init(file: MappedFile) throws(CheckpointError) {
        do throws(CheckpointError) {
            let archive = try ZipArchive(file: file)
            let root = try Self.rootName(of: archive)
            let storages = Self.storages(of: archive, root: root)
            let state = try Self.readState(of: archive, root: root)
            var names: [String] = []
            var tensors: [String: TensorDescription] = [:]
            for (name, view) in state {
                let description = try TensorDescription(
                    name: name,
                    elementType: view.storage.elementType,
                    shape: view.shape
                )
                try view.checkBounds(description)
                try Self.checkStorage(view.storage, storages[view.storage.key], tensor: name)
                guard tensors.updateValue(description, forKey: name) == nil else {
                    throw CheckpointError(
                        .duplicateName,
                        tensor: name,
                        "appears twice in the state dictionary"
                    )
                }
                names.append(name)
            }
            self.path = file.path
            self.archive = archive
            self.storages = storages
            self.tensorNames = names
            self.tensors = tensors
            self.views = Dictionary(uniqueKeysWithValues: state)
        } catch {
            throw error.located(in: file.path)
        }
    }

    package func withBytes<Result>(
        of name: String,
        _ body: (RawSpan) throws -> Result
    ) throws -> Result {
        guard let view = views[name], let description = tensors[name], let range = range(of: name)
        else { throw missingTensor(name) }
        guard !view.isContiguous, description.byteCount > 0 else {
            return try archive.file.withBytes(in: range, body)
        }
        let gathered = archive.file.withBytes(in: range) {
            view.gather(from: $0, elementCount: description.elementCount)
        }
        return try body(unsafe gathered.span.bytes)
    }

    /// Where a tensor's bytes lie: its own, or if it is a strided view those of all its storage.
    private func range(of name: String) -> Range<Int>? {
        guard let view = views[name], let description = tensors[name],
            let entry = storages[view.storage.key]
        else { return nil }
        guard !view.isContiguous, description.byteCount > 0 else {
            let start = entry.range.lowerBound + view.offset * view.storage.elementType.byteCount
            return start..<start + description.byteCount
        }
        return entry.range
    }

    package func releaseResidentPages(of name: String) {
        if let range = range(of: name) { archive.file.releaseResidentPages(in: range) }
    }

    package func prefetch(_ name: String) -> Int {
        guard let range = range(of: name) else { return 0 }
        archive.file.prefetch(range)
        return range.count
    }

    /// Reads every storage and compares its CRC-32 with the archive's.
    ///
    /// - Throws: ``CheckpointError`` of kind `checksumMismatch`.
    package var hasChecksums: Bool { true }

    package func verifyChecksums() throws(CheckpointError) {
        for entry in archive.entries where entry.method == .stored {
            try archive.file.withBytes(in: entry.range) { (bytes) throws(CheckpointError) in
                do throws(CheckpointError) {
                    try archive.checkChecksum(of: bytes, entry)
                } catch {
                    throw error.located(in: path)
                }
            }
            archive.file.releaseResidentPages(in: entry.range)
        }
    }
}

// MARK: - Archive layout

extension PyTorchFile {
    /// The folder of the archive that holds `data.pkl`.
    private static func rootName(of archive: ZipArchive) throws(CheckpointError) -> String {
        let roots = archive.entries.map(\.name).filter {
            $0.hasSuffix("/data.pkl") && $0.count(where: { $0 == "/" }) == 1
        }
        guard roots.count == 1, let root = roots.first else {
            throw CheckpointError(
                .malformed,
                "a zip archive with \(roots.count) entries `<name>/data.pkl`, expected one"
            )
        }
        return String(root.dropLast("/data.pkl".count))
    }

    private static func storages(
        of archive: ZipArchive,
        root: String
    ) -> [String: ZipArchive.Entry] {
        let prefix = "\(root)/data/"
        var storages: [String: ZipArchive.Entry] = [:]
        for entry in archive.entries where entry.name.hasPrefix(prefix) {
            storages[String(entry.name.dropFirst(prefix.count))] = entry
        }
        return storages
    }

    private static func checkStorage(
        _ storage: StorageReference,
        _ entry: ZipArchive.Entry?,
        tensor: String
    ) throws(CheckpointError) {
        guard let entry else {
            throw CheckpointError(
                .truncated,
                tensor: tensor,
                "the archive has no storage `data/\(storage.key)`"
            )
        }
        guard entry.method == .stored else {
            throw CheckpointError(
                .unsupportedFormat,
                tensor: tensor,
                "its storage `\(entry.name)` is compressed"
            )
        }
        let (byteCount, overflow) = storage.elementCount.multipliedReportingOverflow(
            by: storage.elementType.byteCount
        )
        guard !overflow, byteCount == entry.byteCount else {
            throw CheckpointError(
                .sizeMismatch,
                tensor: tensor,
                "storage `\(entry.name)` has \(entry.byteCount) bytes, the pickle says "
                    + "\(storage.elementCount) of \(storage.elementType)"
            )
        }
    }

    /// Runs the pickle and takes the named tensors out of its root.
    private static func readState(
        of archive: ZipArchive,
        root: String
    ) throws(CheckpointError) -> [(String, StridedTensor)] {
        for entry in archive.entries {
            switch entry.name {
            case "\(root)/byteorder":
                let order = try archive.contents(of: entry, maximumByteCount: 64)
                guard order == Array("little".utf8) else {
                    throw CheckpointError(
                        .unsupportedFormat,
                        "byte order `\(String(decoding: order, as: UTF8.self))`"
                    )
                }
            case "\(root)/data.pkl":
                let pickle = try archive.contents(
                    of: entry,
                    maximumByteCount: CheckpointLimits.maximumPickleByteCount
                )
                do {
                    return try StateDictionary.tensors(in: try PickleMachine.run(pickle))
                } catch {
                    throw CheckpointError(
                        error.kind,
                        offset: error.offset,
                        tensor: error.tensor,
                        "\(entry.name): \(error.detail)"
                    )
                }
            default: break
            }
        }
        throw CheckpointError(.malformed, "no `\(root)/data.pkl`")
    }
}
