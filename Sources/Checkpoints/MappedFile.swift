import Dispatch
internal import Files
import Glibc

/// A whole file mapped read-only, unmapped when the last reference goes.
///
/// The length is that at opening. If another process shortens the file afterwards, reading the lost part
/// ends this process with SIGBUS, as for every mapping: model files are replaced by renaming, not in place.
@safe
package final class MappedFile {
    /// The path it was opened by.
    package let path: String
    /// The length at opening; at least 1.
    package let byteCount: Int
    private let base: UnsafeRawPointer

    /// Opens and maps a regular file.
    ///
    /// - Throws: ``CheckpointError`` of kind `systemCall`, or `notACheckpoint` for an empty file, a
    ///   directory, a device or a pipe.
    package init(path: String) throws(CheckpointError) {
        // Non-blocking, so that a named pipe is refused below instead of waited for here.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw CheckpointError(
                .systemCall,
                path: path,
                "cannot be read: \(FileError.reason(errno))"
            )
        }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw CheckpointError(
                .systemCall,
                path: path,
                "cannot be read: \(FileError.reason(errno))"
            )
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw CheckpointError(.notACheckpoint, path: path, "not a regular file")
        }
        guard let byteCount = Int(exactly: status.st_size), byteCount > 0 else {
            throw CheckpointError(.notACheckpoint, path: path, "the file is empty")
        }
        let address = unsafe mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0)
        guard let address = unsafe address, unsafe address != MAP_FAILED else {
            throw CheckpointError(
                .systemCall,
                path: path,
                "cannot map \(byteCount) bytes: \(FileError.reason(errno))"
            )
        }
        self.path = path
        self.byteCount = byteCount
        unsafe self.base = UnsafeRawPointer(address)
    }

    deinit {
        unsafe munmap(UnsafeMutableRawPointer(mutating: base), byteCount)
    }

    /// Lends the bytes of a range.
    ///
    /// - Throws: What `body` throws.
    /// - Precondition: `range` lies in `0..<byteCount`.
    package func withBytes<Result, Failure: Error>(
        in range: Range<Int>,
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= byteCount,
            "bytes \(range) of a file of \(byteCount)"
        )
        let buffer = unsafe UnsafeRawBufferPointer(
            start: base + range.lowerBound,
            count: range.count
        )
        return try body(unsafe buffer.bytes)
    }

    /// Copies the bytes of a range.
    ///
    /// - Precondition: `range` lies in `0..<byteCount`.
    package func copyBytes(in range: Range<Int>) -> [UInt8] {
        withBytes(in: range) { bytes in unsafe bytes.withUnsafeBytes { unsafe [UInt8]($0) } }
    }

    /// Drops the resident pages of a range from this process; they are read again when touched, from the system's
    /// memory where they are still there.
    ///
    /// - Precondition: `range` lies in `0..<byteCount`.
    package func releaseResidentPages(in range: Range<Int>) {
        advise(range, MADV_DONTNEED)
    }

    /// Has the system begin to read a range, without waiting for it.
    ///
    /// - Precondition: `range` lies in `0..<byteCount`.
    package func prefetch(_ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
        // Finding memory for what is read takes time of a processor, and a full queue of the device takes more.
        Self.readAhead.async { [self] in
            for piece in Self.readAheadPieces(of: range) {
                advise(piece, MADV_WILLNEED)
            }
        }
    }

    /// The parts of a range of bytes that the system is asked to read, in their order and without a gap.
    ///
    /// None is longer than what Linux reads at least of a range that it is advised of: the device's `read_ahead_kb`, which
    /// is 128 unless somebody has set it. Of a longer range it leaves out the rest without a word (`force_page_cache_ra`
    /// in its mm/readahead.c).
    static func readAheadPieces(of range: Range<Int>) -> [Range<Int>] {
        stride(from: range.lowerBound, to: range.upperBound, by: readAheadByteCount).map { start in
            start..<min(start + readAheadByteCount, range.upperBound)
        }
    }

    private func advise(_ range: Range<Int>, _ advice: Int32) {
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
        // Advice is for whole pages, and changes nothing where it is refused.
        let start = range.lowerBound & ~(Self.pageSize - 1)
        let address = unsafe UnsafeMutableRawPointer(mutating: base + start)
        unsafe _ = madvise(address, range.upperBound - start, advice)
    }

    private static let readAhead = DispatchQueue(label: "interleaved.read-ahead")
    private static let pageSize = 4096
    private static let readAheadByteCount = 128 << 10
}

// Sendable: the mapping is read-only and all fields are constants until `deinit`.
extension MappedFile: @unchecked Sendable {}
