internal import Glibc

/// An open file that is closed with its owner.
struct Descriptor: ~Copyable {
    let rawValue: Int32

    /// Opens a file.
    ///
    /// - Throws: ``FileError`` that says what could not be done in the words of `action`.
    init(_ path: String, _ flags: Int32, mode: mode_t = 0, action: String) throws(FileError) {
        var descriptor: Int32
        repeat {
            descriptor = unsafe open(path, flags | O_CLOEXEC, mode)
        } while descriptor < 0 && errno == EINTR
        guard descriptor >= 0 else { throw FileError(path: path, failed: action) }
        rawValue = descriptor
    }

    /// Opens a file to be read, without waiting for anybody: a regular one, or a pipe where that is as good.
    ///
    /// - Throws: ``FileError``, also for folders, devices and other things.
    static func toRead(_ path: String, mayBePipe: Bool) throws(FileError) -> Descriptor {
        // A pipe would otherwise be waited for until somebody writes to it.
        let descriptor = try Descriptor(path, O_RDONLY | O_NONBLOCK, action: "cannot be read")
        let reason: String
        switch try descriptor.kind(path) {
        case S_IFREG: return descriptor
        case S_IFIFO where mayBePipe: return descriptor
        case S_IFIFO: reason = "Is a pipe"
        case S_IFDIR: reason = FileError.reason(EISDIR)
        default: reason = "Is a device"
        }
        throw FileError(path: path, detail: "cannot be read: \(reason)")
    }

    /// What sort of file it is, as bits of `st_mode`.
    func kind(_ path: String) throws(FileError) -> mode_t {
        var status = stat()
        guard unsafe fstat(rawValue, &status) == 0 else {
            throw FileError(path: path, failed: "cannot be read")
        }
        return status.st_mode & S_IFMT
    }

    /// Takes standard input, which stays open.
    init(standardInput: Void) throws(FileError) {
        let descriptor = dup(STDIN_FILENO)
        guard descriptor >= 0 else { throw FileError(path: "-", failed: "cannot be read") }
        rawValue = descriptor
    }

    deinit { close(rawValue) }
}
