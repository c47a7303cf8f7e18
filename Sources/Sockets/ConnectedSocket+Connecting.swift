internal import Glibc

extension ConnectedSocket {
    /// Connects to a server.
    ///
    /// Waits at most `timeout` for it to answer.
    ///
    /// - Throws: ``SocketError``, with the address in its text; ETIMEDOUT when the time is over.
    package static func connect(
        to address: SocketAddress,
        timeout: Duration
    ) throws(SocketError) -> ConnectedSocket {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let number = Int32(try systemCall("socket") { Int(socket(address.family, type, 0)) })
        let connected = ConnectedSocket(Descriptor(owning: number), remoteAddress: address)
        let operation = "connect \(address)"
        do throws(SocketError) {
            _ = try systemCall("connect") {
                unsafe address.withSystemAddress { pointer, length in
                    unsafe Int(Glibc.connect(number, pointer, length))
                }
            }
            return connected
        } catch {
            guard error.code == EINPROGRESS else {
                throw SocketError(operation: operation, code: error.code)
            }
        }
        guard try connected.waitUntilWritable(timeout: timeout) else {
            throw SocketError(operation: operation, code: ETIMEDOUT)
        }
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        _ = try systemCall("getsockopt") {
            unsafe Int(getsockopt(number, SOL_SOCKET, SO_ERROR, &code, &size))
        }
        guard code == 0 else { throw SocketError(operation: operation, code: code) }
        return connected
    }

    /// Waits until a read would find something, be it the end.
    ///
    /// - Returns: Whether it would; false when the time is over.
    package func waitUntilReadable(timeout: Duration) throws(SocketError) -> Bool {
        try wait(for: Int16(POLLIN), timeout)
    }

    /// Waits until the system takes bytes to send, or the connection has failed.
    ///
    /// - Returns: Whether it does; false when the time is over.
    package func waitUntilWritable(timeout: Duration) throws(SocketError) -> Bool {
        try wait(for: Int16(POLLOUT), timeout)
    }

    private func wait(for events: Int16, _ timeout: Duration) throws(SocketError) -> Bool {
        let milliseconds = (timeout / .milliseconds(1)).rounded(.up)
        let limit = Int32(min(max(milliseconds, 0), Double(Int32.max)))
        var entry = pollfd(fd: descriptor.rawValue, events: events, revents: 0)
        let count = try systemCall("poll") { unsafe Int(poll(&entry, 1, limit)) }
        return count > 0
    }
}
