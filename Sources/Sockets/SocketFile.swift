internal import CLinux
internal import Glibc

/// The file of a UNIX socket, known by its inode: a successor may have put its own in its place.
struct SocketFile: Hashable, Sendable {
    private let path: String
    private let device: UInt
    private let inode: UInt

    /// Nil if there is no socket at the path.
    init?(_ path: String) {
        var info = stat()
        guard unsafe lstat(path, &info) == 0, info.st_mode & S_IFMT == S_IFSOCK else { return nil }
        self.path = path
        device = UInt(info.st_dev)
        inode = UInt(info.st_ino)
    }

    /// Removes the file unless another has taken its place.
    func remove() {
        // Somebody else may have removed it already.
        if SocketFile(path) == self { _ = unsafe unlink(path) }
    }

    /// Removes a socket that nobody listens on any more.
    ///
    /// - Throws: ``SocketError``: EADDRINUSE if somebody does, EEXIST if the file is no socket.
    static func removeStale(_ path: String) throws(SocketError) {
        var info = stat()
        guard unsafe lstat(path, &info) == 0 else { return }
        guard info.st_mode & S_IFMT == S_IFSOCK else {
            throw SocketError(operation: "listen on unix:\(path), which is no socket", code: EEXIST)
        }
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let probe = Descriptor(
            owning: Int32(try systemCall("socket") { Int(socket(AF_UNIX, type, 0)) })
        )
        let number = probe.rawValue
        do throws(SocketError) {
            _ = try systemCall("connect") {
                unsafe SocketAddress.unix(path).withSystemAddress { pointer, length in
                    unsafe Int(connect(number, pointer, length))
                }
            }
        } catch {
            if error.code == ECONNREFUSED {
                _ = unsafe unlink(path)
                return
            }
            // A full backlog is somebody who listens; whatever else is wrong, `bind` will say.
            guard error.isWouldBlock else { return }
        }
        throw SocketError(operation: "listen on unix:\(path)", code: EADDRINUSE)
    }
}
