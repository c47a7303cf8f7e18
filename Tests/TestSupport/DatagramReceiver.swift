internal import Glibc

/// A UNIX socket of datagrams, as service managers have one to be told what their services do.
package final class DatagramReceiver: Sendable {
    private let descriptor: Int32

    /// Nothing came in time, or the socket cannot be made.
    package struct Failed: Error {}

    /// Listens.
    ///
    /// - Parameter name: The path of a file that is not there yet, or `@` and a name that is no file.
    /// - Throws: ``Failed`` if it is taken.
    package init(_ name: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(name.utf8)
        if bytes.first == UInt8(ascii: "@") { bytes[0] = 0 }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { path in
            for (index, byte) in bytes.enumerated() { unsafe path[index] = byte }
        }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let descriptor = descriptor
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, length)
            }
        }
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        unsafe setsockopt(
            descriptor,
            SOL_SOCKET,
            SO_RCVTIMEO,
            &limit,
            socklen_t(MemoryLayout<timeval>.size)
        )
        guard result == 0 else { throw Failed() }
    }

    deinit { close(descriptor) }

    /// Waits for the next message.
    ///
    /// - Returns: Its lines.
    /// - Throws: ``Failed`` if none comes in ten seconds.
    package func next() throws -> [String] {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = unsafe recv(descriptor, &bytes, bytes.count, 0)
        guard count >= 0 else { throw Failed() }
        return String(decoding: bytes.prefix(count), as: UTF8.self).split(separator: "\n").map(
            String.init
        )
    }
}
