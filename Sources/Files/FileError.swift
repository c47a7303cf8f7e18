internal import Glibc

/// A file or folder that the system refused, or that is larger than it may be.
package struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file or folder, as it was named.
    package let path: String
    /// What could not be done, and why.
    package let detail: String

    /// Names the file and what is wrong with it.
    package init(path: String, detail: String) {
        self.path = path
        self.detail = detail
    }

    /// A failed system call, with the reason in words; reads the calling thread's `errno`.
    init(path: String, failed action: String) {
        self.init(path: path, detail: "\(action): \(Self.reason(errno))")
    }

    package var description: String { "\(path.isEmpty ? "\"\"" : path): \(detail)" }

    /// What the system calls an error, by the number in `errno`.
    package static func reason(_ code: Int32) -> String {
        guard let text = unsafe strerror(code) else { return "error \(code)" }
        return unsafe String(cString: text)
    }
}
