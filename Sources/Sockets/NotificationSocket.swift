internal import Glibc

/// The socket on which a service manager hears what a service tells of itself.
///
/// Source: sd_notify(3), "Notes": one datagram per message, lines of the form `NAME=value`.
package struct NotificationSocket: Hashable, Sendable {
    private let name: String

    /// Takes the address as `NOTIFY_SOCKET` has it: the path of a file, or `@` and a name that is no file.
    ///
    /// - Returns: Nil if it is neither, or longer than an address can be.
    package init?(_ name: String) {
        guard name.hasPrefix("/") || name.hasPrefix("@"),
            (2...SocketAddress.maximumPathByteCount).contains(name.utf8.count),
            !name.utf8.contains(0)
        else { return nil }
        self.name = name
    }

    /// Sends a message; never waits.
    ///
    /// - Parameter lines: What to tell, a line each.
    /// - Throws: ``SocketError`` if nobody listens there, or too many messages wait.
    package func send(_ lines: [String]) throws(SocketError) {
        let type = Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = Descriptor(
            owning: Int32(try systemCall("socket") { Int(socket(AF_UNIX, type, 0)) })
        )
        let number = descriptor.rawValue
        let message = Array(lines.joined(separator: "\n").utf8)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // A name that is no file begins with a zero (unix(7), "Abstract sockets").
        var bytes = Array(name.utf8)
        if bytes.first == UInt8(ascii: "@") { bytes[0] = 0 }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { path in
            for (index, byte) in bytes.enumerated() { unsafe path[index] = byte }
        }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        _ = try systemCall("sendto") {
            unsafe withUnsafePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe sendto(number, message, message.count, 0, $0, length)
                }
            }
        }
    }
}
