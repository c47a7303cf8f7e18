internal import Glibc

/// Which file has a name now: another one of the same name is not the same.
package struct FileIdentity: Hashable, Sendable {
    private let device: UInt
    private let number: UInt

    /// The file of a name; nil if there is none.
    package init?(_ path: String) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        device = UInt(status.st_dev)
        number = UInt(status.st_ino)
    }
}
