internal import Glibc

/// Whole files: read up to a limit, written so that they appear complete or not at all.
package enum File {
    /// Reads a regular file, or standard input if the path is `-`.
    ///
    /// Nothing is waited for but a pipe that somebody has open to write to it.
    ///
    /// - Parameters:
    ///   - path: Where it is.
    ///   - maximumByteCount: Bytes beyond which it is refused.
    ///   - mayBePipe: Whether a pipe is as good, as shells make it of `<(command)`: where a person named the path.
    /// - Returns: All of its bytes.
    /// - Throws: ``FileError`` if it cannot be read, is too large, or something else, such as a folder or device.
    package static func read(
        _ path: String,
        maximumByteCount: Int,
        mayBePipe: Bool = false
    ) throws(FileError) -> [UInt8] {
        let descriptor =
            path == "-"
            ? try Descriptor(standardInput: ())
            : try Descriptor.toRead(path, mayBePipe: mayBePipe)
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = unsafe Glibc.read(descriptor.rawValue, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN {
                var entry = pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0)
                unsafe _ = poll(&entry, 1, -1)
                continue
            }
            guard count >= 0 else { throw FileError(path: path, failed: "cannot be read") }
            if count == 0 {
                if bytes.isEmpty, path != "-", try descriptor.kind(path) == S_IFIFO {
                    throw FileError(
                        path: path,
                        detail: "cannot be read: Nobody writes to this pipe"
                    )
                }
                return bytes
            }
            guard bytes.count + count <= maximumByteCount else {
                throw FileError(path: path, detail: "is larger than \(maximumByteCount) bytes")
            }
            bytes += piece[..<count]
        }
    }

    /// Reads a regular file piece by piece, however large it is.
    ///
    /// - Parameters:
    ///   - path: Where it is.
    ///   - take: Gets each piece.
    /// - Throws: ``FileError`` if it cannot be read, or is something else.
    package static func read(_ path: String, _ take: (RawSpan) -> Void) throws(FileError) {
        let descriptor = try Descriptor.toRead(path, mayBePipe: false)
        var piece = [UInt8](repeating: 0, count: 1024 * 1024)
        while true {
            let count = unsafe Glibc.read(descriptor.rawValue, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileError(path: path, failed: "cannot be read") }
            if count == 0 { return }
            unsafe take(piece.span.bytes.extracting(first: count))
        }
    }

    /// Reads the beginning of a regular file.
    ///
    /// - Parameters:
    ///   - path: Where it is.
    ///   - byteCount: How much.
    /// - Returns: As many bytes, or all.
    /// - Throws: ``FileError`` if it cannot be read, or is something else.
    package static func prefix(of path: String, byteCount: Int) throws(FileError) -> [UInt8] {
        let descriptor = try Descriptor.toRead(path, mayBePipe: false)
        var bytes = [UInt8](repeating: 0, count: byteCount)
        let count = unsafe pread(descriptor.rawValue, &bytes, byteCount, 0)
        guard count >= 0 else { throw FileError(path: path, failed: "cannot be read") }
        return Array(bytes[..<count])
    }

    /// Makes sure that a file or folder that is there may be read and written in its place.
    ///
    /// - Throws: ``FileError`` if the system would refuse.
    package static func checkAccess(_ path: String) throws(FileError) {
        guard unsafe access(path, R_OK | W_OK) == 0 else {
            throw FileError(path: path, failed: "cannot be written")
        }
    }

    /// Reads a file of UTF-8 text, or standard input if the path is `-`.
    ///
    /// - Parameters:
    ///   - path: Where it is.
    ///   - maximumByteCount: Bytes beyond which it is refused.
    ///   - mayBePipe: Whether a pipe is as good, see ``read(_:maximumByteCount:mayBePipe:)``.
    /// - Returns: The text, with its line ends as they are.
    /// - Throws: ``FileError``, also if the file is no UTF-8.
    package static func readText(
        _ path: String,
        maximumByteCount: Int,
        mayBePipe: Bool = false
    ) throws(FileError) -> String {
        let bytes = try read(path, maximumByteCount: maximumByteCount, mayBePipe: mayBePipe)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw FileError(path: path, detail: "is no UTF-8 text")
        }
        return text
    }

    /// Writes a file that appears under its name once it is complete; one of that name is replaced.
    ///
    /// What is no regular file, such as a terminal or a pipe, is written to as it is.
    ///
    /// - Throws: ``FileError`` if the system refuses; nothing stays behind then.
    package static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
        try replace(path, with: bytes, mode: 0o666, isKept: false)
    }

    /// Writes a file as ``write(_:to:)`` does, that its owner alone may read and write.
    ///
    /// It belongs to the owner of the replaced one, or of the folder, where the system lets it be, and a group that could
    /// read the replaced one still can. It is on the disk when it appears: after a loss of power the old one is there, or
    /// the new one.
    ///
    /// - Throws: ``FileError`` if the system refuses; nothing stays behind then.
    package static func writePrivately(_ bytes: [UInt8], to path: String) throws(FileError) {
        try replace(path, with: bytes, mode: 0o600, isKept: true)
    }

    /// Makes sure that a file is there, empty if it is new, and that its owner alone may read and write it.
    ///
    /// - Throws: ``FileError`` if the system refuses.
    package static func makePrivate(_ path: String) throws(FileError) {
        let action = "cannot be written"
        let descriptor = try Descriptor(
            path,
            O_RDWR | O_CREAT | O_NONBLOCK,
            mode: 0o600,
            action: action
        )
        guard try descriptor.kind(path) == S_IFREG else {
            throw FileError(path: path, detail: "cannot be written: it is no file")
        }
        guard fchmod(descriptor.rawValue, 0o600) == 0 else {
            throw FileError(path: path, failed: action)
        }
    }

    private static func replace(
        _ path: String,
        with bytes: [UInt8],
        mode: mode_t,
        isKept: Bool
    ) throws(FileError) {
        let action = "cannot be written"
        // A link stays one: what it points to is replaced.
        let path = Folder.target(ofLink: path) ?? path
        var status = stat()
        let exists = unsafe stat(path, &status) == 0
        if exists, status.st_mode & S_IFMT != S_IFREG {
            let descriptor = try Descriptor(path, O_WRONLY, action: action)
            return try writeAll(bytes, descriptor, path)
        }
        let partial = "\(path).partial-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        do throws(FileError) {
            let descriptor = try Descriptor(
                partial,
                O_WRONLY | O_CREAT | O_EXCL,
                mode: mode,
                action: action
            )
            if isKept { keep(descriptor, like: exists ? status : nil, path) }
            try writeAll(bytes, descriptor, path)
            guard !isKept || fsync(descriptor.rawValue) == 0 else {
                throw FileError(path: path, failed: action)
            }
        } catch {
            unsafe _ = unlink(partial)
            throw FileError(path: path, detail: error.detail)
        }
        guard unsafe Glibc.rename(partial, path) == 0 else {
            let error = FileError(path: path, failed: action)
            unsafe _ = unlink(partial)
            throw error
        }
    }

    /// Gives a new file the owner of the one that it replaces, or of its folder, and lets the same group read it.
    ///
    /// What the system does not let be is no reason to fail.
    private static func keep(
        _ descriptor: borrowing Descriptor,
        like replaced: stat?,
        _ path: String
    ) {
        if let replaced {
            _ = fchown(descriptor.rawValue, replaced.st_uid, replaced.st_gid)
            _ = fchmod(descriptor.rawValue, 0o600 | (replaced.st_mode & 0o040))
        } else {
            var folder = stat()
            guard unsafe stat(Folder.parent(of: path) ?? ".", &folder) == 0 else { return }
            _ = fchown(descriptor.rawValue, folder.st_uid, folder.st_gid)
        }
    }

    /// Makes sure that a file can probably be written, before the work whose result it is to hold.
    ///
    /// - Throws: ``FileError`` as ``write(_:to:)`` would.
    package static func checkWritable(_ path: String) throws(FileError) {
        let action = "cannot be written"
        guard !Folder.isFolder(path) else {
            throw FileError(path: path, detail: "\(action): \(FileError.reason(EISDIR))")
        }
        var status = stat()
        let isSpecial = unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
        // A regular file is replaced by one that is made beside it.
        let place = isSpecial || path.isEmpty ? path : Folder.parent(of: path) ?? "."
        guard unsafe access(place, W_OK) == 0 else { throw FileError(path: path, failed: action) }
    }

    /// Gives a file another name in the same file system; one of that name is replaced.
    ///
    /// - Throws: ``FileError`` if the system refuses.
    package static func rename(_ path: String, to other: String) throws(FileError) {
        guard unsafe Glibc.rename(path, other) == 0 else {
            throw FileError(path: path, failed: "cannot be renamed")
        }
    }

    /// Removes a file, or a link and not what it points to.
    ///
    /// - Throws: ``FileError`` if the system refuses.
    package static func remove(_ path: String) throws(FileError) {
        guard unsafe unlink(path) == 0 else {
            throw FileError(path: path, failed: "cannot be removed")
        }
    }

    private static func writeAll(
        _ bytes: [UInt8],
        _ descriptor: borrowing Descriptor,
        _ path: String
    ) throws(FileError) {
        var offset = 0
        while offset < bytes.count {
            let count = unsafe bytes[offset...].withUnsafeBytes {
                unsafe Glibc.write(descriptor.rawValue, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw FileError(path: path, failed: "cannot be written") }
            offset += count
        }
    }
}
