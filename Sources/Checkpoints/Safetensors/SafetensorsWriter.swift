internal import Digests
internal import Files
import Glibc

/// Writes a safetensors file tensor by tensor, visible under its name only when it is complete.
///
/// The tensors are declared first; their bytes are appended in that order, whole or in pieces, and nothing
/// is kept in memory. The bytes go to a sibling file, which `finish()` flushes to the disk and renames; a
/// writer that goes away without `finish()` removes it. The SHA-256 of every tensor goes to a text file beside it
/// (``TensorChecksums``).
///
/// Layout: the header is padded with spaces to a multiple of 8 bytes, so data starts 8-byte aligned.
/// Threads: one at a time.
package final class SafetensorsWriter {
    private let path: String
    private let temporaryPath: String
    private let tensors: [TensorDescription]
    /// -1 once closed.
    private var descriptor: Int32
    private var tensorIndex = 0
    private var writtenByteCount = 0
    private var hash = SHA256()
    private var checksums = TensorChecksums()

    /// Creates the temporary file and writes the header.
    ///
    /// - Parameters:
    ///   - path: The file, which appears once it is complete.
    ///   - tensors: All of them, in the order in which their bytes will come.
    ///   - metadata: Texts of the header.
    /// - Throws: ``CheckpointError`` of kind `duplicateName`, `limitExceeded`, `invalidShape` or `systemCall`.
    package init(
        path: String,
        tensors: [TensorDescription],
        metadata: [String: String] = [:]
    ) throws(CheckpointError) {
        let header = try locatingErrors(in: path) { () throws(CheckpointError) in
            try Self.encodeHeader(tensors, metadata: metadata)
        }
        let temporaryPath = "\(path).partial-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        let descriptor = unsafe open(
            temporaryPath,
            O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
            mode_t(0o644)
        )
        guard descriptor >= 0 else {
            throw CheckpointError(
                .systemCall,
                path: temporaryPath,
                "cannot be written: \(FileError.reason(errno))"
            )
        }
        self.path = path
        self.temporaryPath = temporaryPath
        self.tensors = tensors
        self.descriptor = descriptor
        try writeAll(unsafe header.span.bytes)
        skipEmptyTensors()
    }

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        unsafe _ = unlink(temporaryPath)
    }

    /// Appends bytes of the tensor that is due.
    ///
    /// Types: contiguous, row-major, little endian elements of the declared type. A tensor may come in
    /// any number of pieces; the next one is due as soon as its last byte is here. Tensors without bytes
    /// need no call.
    ///
    /// - Throws: ``CheckpointError`` of kind `wrongOrder` if another tensor is due, `sizeMismatch` if there are
    ///   more bytes than declared, `systemCall`. The writer cannot be finished after an error.
    package func append(_ bytes: RawSpan, to name: String) throws(CheckpointError) {
        guard descriptor >= 0, tensorIndex < tensors.count else {
            throw CheckpointError(
                .wrongOrder,
                path: path,
                tensor: name,
                "no tensor is due any more"
            )
        }
        let due = tensors[tensorIndex]
        guard due.name == name else {
            throw CheckpointError(
                .wrongOrder,
                path: path,
                tensor: name,
                "the tensor that is due is `\(due.name)`"
            )
        }
        guard bytes.byteCount <= due.byteCount - writtenByteCount else {
            abandon()
            throw CheckpointError(
                .sizeMismatch,
                path: path,
                tensor: name,
                "\(writtenByteCount + bytes.byteCount) bytes for \(due.elementType) \(due.shape), "
                    + "which takes \(due.byteCount)"
            )
        }
        try writeAll(bytes)
        hash.update(bytes)
        writtenByteCount += bytes.byteCount
        if writtenByteCount == due.byteCount { endTensor() }
    }

    /// Makes the file durable and gives it its name, replacing an older one.
    ///
    /// - Throws: ``CheckpointError`` of kind `wrongOrder` if bytes are missing, `systemCall`.
    package func finish() throws(CheckpointError) {
        guard descriptor >= 0 else {
            throw CheckpointError(.wrongOrder, path: path, "the writer is closed already")
        }
        guard tensorIndex == tensors.count else {
            let due = tensors[tensorIndex]
            throw CheckpointError(
                .wrongOrder,
                path: path,
                tensor: due.name,
                "only \(writtenByteCount) of \(due.byteCount) bytes were written"
            )
        }
        guard fsync(descriptor) == 0 else { throw failure("cannot be written") }
        do throws(CheckpointError) {
            try checksums.write(beside: path)
        } catch {
            abandon()
            throw error
        }
        guard unsafe rename(temporaryPath, path) == 0 else { throw failure("cannot be written") }
        close(descriptor)
        descriptor = -1
        syncDirectory()
    }

    private func skipEmptyTensors() {
        while tensorIndex < tensors.count, tensors[tensorIndex].byteCount == 0 { endTensor() }
    }

    private func endTensor() {
        checksums.add(hash.finish(), of: tensors[tensorIndex].name)
        hash = SHA256()
        tensorIndex += 1
        writtenByteCount = 0
        skipEmptyTensors()
    }

    /// Closes and removes the temporary file.
    private func abandon() {
        guard descriptor >= 0 else { return }
        close(descriptor)
        descriptor = -1
        unsafe _ = unlink(temporaryPath)
    }

    private func failure(_ action: String) -> CheckpointError {
        let text = FileError.reason(errno)
        abandon()
        return CheckpointError(.systemCall, path: temporaryPath, "\(action): \(text)")
    }

    private func writeAll(_ bytes: RawSpan) throws(CheckpointError) {
        let isWritten = unsafe bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset < buffer.count {
                // Linux writes at most 2 GiB at once anyway; smaller pieces keep one call short.
                let count = min(buffer.count - offset, 1 << 26)
                guard let base = buffer.baseAddress else { return true }
                let written = unsafe write(descriptor, base + offset, count)
                if written < 0 {
                    if errno == EINTR { continue }
                    return false
                }
                offset += written
            }
            return true
        }
        guard isWritten else { throw failure("cannot be written") }
    }

    /// Makes the rename durable; the file is complete whether or not this succeeds.
    private func syncDirectory() {
        let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let descriptor = unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = fsync(descriptor)
        close(descriptor)
    }
}

// MARK: - Header

extension SafetensorsWriter {
    /// The length field and the padded JSON.
    private static func encodeHeader(
        _ tensors: [TensorDescription],
        metadata: [String: String]
    ) throws(CheckpointError) -> [UInt8] {
        var members: [String] = []
        var names: Set<String> = ["__metadata__"]
        var offset = 0
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }
                .map { "\(quoted($0.key)):\(quoted($0.value))" }
            members.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
        }
        for tensor in tensors {
            guard names.insert(tensor.name).inserted else {
                throw CheckpointError(
                    .duplicateName,
                    tensor: tensor.name,
                    "declared twice or reserved"
                )
            }
            let (end, overflow) = offset.addingReportingOverflow(tensor.byteCount)
            guard !overflow else {
                throw CheckpointError(
                    .invalidShape,
                    tensor: tensor.name,
                    "the file would have more bytes than can be counted"
                )
            }
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            members.append(
                "\(quoted(tensor.name)):{\"dtype\":\"\(tensor.elementType.safetensorsName)\","
                    + "\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}"
            )
            offset = end
        }
        var json = Array("{\(members.joined(separator: ","))}".utf8)
        while json.count % 8 != 0 { json.append(UInt8(ascii: " ")) }
        guard json.count <= CheckpointLimits.maximumHeaderByteCount else {
            throw CheckpointError(.limitExceeded, "a header of \(json.count) bytes")
        }
        let length = UInt64(json.count)
        return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * UInt64($0))) } + json
    }

    /// A JSON string literal (RFC 8259 §7).
    private static func quoted(_ text: String) -> String {
        var literal = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": literal += "\\\""
            case "\\": literal += "\\\\"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                literal += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: literal.unicodeScalars.append(scalar)
            }
        }
        return literal + "\""
    }
}
