internal import CLinux
internal import Glibc

/// One end of a TCP connection, non-blocking.
///
/// No call here waits and none raises SIGPIPE.
package struct ConnectedSocket: ~Copyable, Sendable {
    /// The open socket.
    package let descriptor: Descriptor
    /// Who is at the other end; nil if the system did not say.
    package let remoteAddress: SocketAddress?

    /// What a read found.
    package enum Received: Hashable, Sendable {
        /// This many bytes, at least one.
        case bytes(Int)
        /// Nothing at the moment.
        case wouldBlock
        /// Bytes, but none for the reader, such as those of a handshake: to be asked again at once.
        case nothingYet
        /// The other end will send no more.
        case endOfStream
    }

    /// What became of bytes to send.
    package enum Sent: Hashable, Sendable {
        /// The system took this many of them, perhaps not all.
        case bytes(Int)
        /// The system's buffer is full.
        case wouldBlock
    }

    /// Takes over a non-blocking stream socket and switches Nagle's algorithm off where there is one.
    package init(_ descriptor: consuming Descriptor, remoteAddress: SocketAddress? = nil) {
        // Fails for sockets that are not TCP, which have nothing to switch off.
        try? setOption(descriptor.rawValue, Int32(IPPROTO_TCP), TCP_NODELAY)
        self.descriptor = descriptor
        self.remoteAddress = remoteAddress
    }

    /// Reads what has arrived into the beginning of a buffer.
    ///
    /// - Parameters:
    ///   - buffer: Where the bytes go.
    ///   - limit: Most of them.
    /// - Returns: How many there are, or why there are none.
    /// - Throws: ``SocketError`` if the connection is broken.
    /// - Precondition: There is room for a byte: a read of nothing looks like the end of the stream.
    package func receive(
        into buffer: inout MutableSpan<UInt8>,
        atMost limit: Int = .max
    ) throws(SocketError) -> Received {
        precondition(!buffer.isEmpty && limit > 0, "a read needs room")
        let number = descriptor.rawValue
        return try unsafe buffer.withUnsafeMutableBytes { bytes throws(SocketError) in
            do throws(SocketError) {
                let count = try systemCall("recv") {
                    unsafe recv(number, bytes.baseAddress, min(bytes.count, limit), 0)
                }
                return count == 0 ? .endOfStream : .bytes(count)
            } catch {
                if error.isWouldBlock { return .wouldBlock }
                throw error
            }
        }
    }

    /// Hands bytes to the system.
    ///
    /// - Parameters:
    ///   - bytes: What to send.
    ///   - moreFollows: Whether another call comes at once, so that both may share a packet.
    /// - Returns: How many bytes the system took, or that it takes none at the moment.
    /// - Throws: ``SocketError`` if the connection is broken.
    package func send(_ bytes: Span<UInt8>, moreFollows: Bool = false) throws(SocketError) -> Sent {
        let number = descriptor.rawValue
        let flags = Int32(MSG_NOSIGNAL) | (moreFollows ? Int32(MSG_MORE) : 0)
        return try unsafe bytes.withUnsafeBytes { bytes throws(SocketError) in
            do throws(SocketError) {
                return .bytes(
                    try systemCall("send") {
                        unsafe Glibc.send(number, bytes.baseAddress, bytes.count, flags)
                    }
                )
            } catch {
                if error.isWouldBlock { return .wouldBlock }
                throw error
            }
        }
    }

    /// Says that no more bytes will be sent; reading goes on.
    package func shutdownSending() {
        // Fails if the other end is gone already, which the next read reports.
        _ = shutdown(descriptor.rawValue, Int32(SHUT_WR))
    }

    /// Bytes sent that the other end's system has not confirmed.
    package var unconfirmedByteCount: Int {
        Int(ilv_unconfirmed_byte_count(descriptor.rawValue))
    }

    /// Whether the other end has closed or the connection has failed, even behind bytes not yet read.
    package var isClosedByPeer: Bool {
        ilv_has_peer_closed(descriptor.rawValue) != 0
    }
}
