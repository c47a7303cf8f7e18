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

    /// Takes standard input, which stays open.
    init(standardInput: Void) throws(FileError) {
        let descriptor = dup(STDIN_FILENO)
        guard descriptor >= 0 else { throw FileError(path: "-", failed: "cannot be read") }
        rawValue = descriptor
    }

    deinit { close(rawValue) }
}
