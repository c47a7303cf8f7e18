internal import Digests
internal import Files
import Glibc

/// Writes a file of tensors behind a head, visible under its name only when it is complete.
///
/// The tensors are declared first; their bytes are appended in that order, whole or in pieces, and nothing
/// is kept in memory. The bytes go to a sibling file, which `finish()` flushes to the disk and renames; a
/// writer that goes away without `finish()` removes it. The SHA-256 of every tensor goes to a text file beside it
/// (``TensorChecksums``).
///
/// Threads: one at a time.
package final class TensorFileWriter {
    /// A tensor whose bytes will come.
    struct Entry {
        /// Its name.
        let name: String
        /// Type and shape, for messages.
        let form: String
        /// How many bytes.
        let byteCount: Int
    }

    private let path: String
    private let temporaryPath: String
    private let tensors: [Entry]
    private let alignment: Int
    /// -1 once closed.
    private var descriptor: Int32
    private var tensorIndex = 0
    private var writtenByteCount = 0
    private var hash = SHA256()
    private var checksums = TensorChecksums()

    /// Creates the temporary file and writes the head.
    ///
    /// - Parameters:
    ///   - path: The file, which appears once it is complete.
    ///   - head: What comes before the tensors.
    ///   - tensors: All of them, in the order in which their bytes will come.
    ///   - alignment: Multiple of bytes to which each tensor is filled up with zeros.
    /// - Throws: ``CheckpointError`` of kind `systemCall`, or `noRoom` if the disk has not as many bytes free.
    init(
        path: String,
        head: [UInt8],
        tensors: [Entry],
        alignment: Int = 1
    ) throws(CheckpointError) {
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
        self.alignment = alignment
        self.descriptor = descriptor
        try requireRoom(headByteCount: head.count)
        try writeAll(unsafe head.span.bytes)
        skipEmptyTensors()
    }

    /// Makes sure that the disk has room for the whole file, rather than to find out after minutes that it has not.
    private func requireRoom(headByteCount: Int) throws(CheckpointError) {
        // No disk has as many bytes as can be counted, whatever is beyond.
        let needed = tensors.reduce(headByteCount) { sum, tensor in
            let (next, isTooLarge) = sum.addingReportingOverflow(tensor.byteCount)
            return isTooLarge ? .max : next
        }
        guard let free = Folder.freeByteCount(temporaryPath), free < needed else { return }
        abandon()
        throw CheckpointError(
            .noRoom,
            path: path,
            "would have \(needed) bytes, and the disk has \(free) free"
        )
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
                "\(writtenByteCount + bytes.byteCount) bytes for \(due.form), "
                    + "which takes \(due.byteCount)"
            )
        }
        try writeAll(bytes)
        hash.update(bytes)
        writtenByteCount += bytes.byteCount
        if writtenByteCount == due.byteCount {
            let fill = (alignment - writtenByteCount % alignment) % alignment
            try writeAll(unsafe [UInt8](repeating: 0, count: fill).span.bytes)
            endTensor()
        }
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
