internal import CLinux
internal import Glibc

/// A non-blocking TCP socket that accepts connections.
package struct ListeningSocket: ~Copyable, Sendable {
    /// The open socket.
    package let descriptor: Descriptor
    /// Where it listens, with the port the system chose if 0 was asked for.
    package let address: SocketAddress

    /// Listens on an address.
    ///
    /// SO_REUSEADDR lets a restarted daemon take its port back while old connections linger in TIME_WAIT. An
    /// IPv6 socket takes IPv6 connections only.
    ///
    /// - Parameters:
    ///   - address: Where to listen; port 0 lets the system choose one.
    ///   - backlog: How many connections may wait to be accepted; the system caps it.
    ///   - sendBufferByteCount: Bytes that the system keeps for a client that does not read (SO_SNDBUF,
    ///     inherited by the connections); nil leaves it to the system.
    /// - Throws: ``SocketError``, with the address in its text.
    package init(
        address: SocketAddress,
        backlog: Int32,
        sendBufferByteCount: Int32? = nil
    ) throws(SocketError) {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = Descriptor(
            owning: Int32(try systemCall("socket") { Int(socket(address.family, type, 0)) })
        )
        let number = descriptor.rawValue
        try setOption(number, SOL_SOCKET, SO_REUSEADDR)
        if let sendBufferByteCount {
            try setOption(number, SOL_SOCKET, SO_SNDBUF, to: sendBufferByteCount)
        }
        if case .ipv6 = address { try setOption(number, Int32(IPPROTO_IPV6), IPV6_V6ONLY) }
        do throws(SocketError) {
            _ = try systemCall("bind") {
                unsafe address.withSystemAddress { pointer, length in
                    unsafe Int(bind(number, pointer, length))
                }
            }
            _ = try systemCall("listen") { Int(listen(number, backlog)) }
        } catch {
            throw SocketError(operation: "\(error.operation) \(address)", code: error.code)
        }
        var storage = sockaddr_storage()
        _ = try systemCall("getsockname") {
            unsafe withSystemStorage(&storage) { unsafe Int(getsockname(number, $0, $1)) }
        }
        self.descriptor = descriptor
        self.address = SocketAddress(storage) ?? address
    }

    /// Accepts one waiting connection.
    ///
    /// - Returns: The connection, non-blocking, closed on exec and with Nagle's algorithm off; nil if none is waiting.
    /// - Throws: ``SocketError``; see its `isOutOfResources` and `isTransientAcceptFailure`.
    package func accept() throws(SocketError) -> ConnectedSocket? {
        let number = descriptor.rawValue
        let flags = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        var storage = sockaddr_storage()
        do throws(SocketError) {
            let accepted = try systemCall("accept4") {
                unsafe withSystemStorage(&storage) {
                    unsafe Int(ilv_accept4(number, $0, $1, flags))
                }
            }
            return ConnectedSocket(
                Descriptor(owning: Int32(accepted)),
                remoteAddress: SocketAddress(storage)
            )
        } catch {
            if error.isWouldBlock { return nil }
            throw error
        }
    }
}

private func withSystemStorage(
    _ storage: inout sockaddr_storage,
    _ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int
) -> Int {
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return unsafe withUnsafeMutablePointer(to: &storage) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe body($0, &length)
        }
    }
}

/// Sets an integer option to 1.
func setOption(
    _ descriptor: Int32,
    _ level: Int32,
    _ option: Int32,
    to value: Int32 = 1
) throws(SocketError) {
    var value = value
    _ = try systemCall("setsockopt") {
        unsafe Int(
            setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
        )
    }
}
