internal import Glibc

/// The bytes of a connection: those of a socket, or the text of TLS over it.
///
/// No call waits. With TLS there may be bytes to send that nobody has written, such as those of a handshake: after every
/// call ``unsentByteCount`` tells whether to ``flush()`` when the socket can be written to.
package struct ByteTransport: ~Copyable, Sendable {
    private let socket: ConnectedSocket
    private let session: TLSSession?

    /// Takes over a socket, over which bytes go as they are.
    package init(_ socket: consuming ConnectedSocket) {
        self.socket = socket
        session = nil
    }

    /// Takes over a socket, over which TLS is spoken.
    package init(_ socket: consuming ConnectedSocket, _ session: TLSSession) {
        self.socket = socket
        self.session = session
    }

    /// TLS, if it is spoken here and by the other end.
    private var tls: TLSSession? {
        guard let session, !session.isPlain else { return nil }
        return session
    }

    /// The open socket.
    package var descriptor: Int32 { socket.descriptor.rawValue }

    /// Who is at the other end; nil if the system did not say.
    package var remoteAddress: SocketAddress? { socket.remoteAddress }

    /// Whether bytes can be sent: both ends have agreed how, if they must.
    package var isEstablished: Bool { tls?.isEstablished ?? true }

    /// Whether the other end speaks plainly where TLS is expected.
    package var isMisaddressed: Bool { session?.isPlain == true }

    // MARK: - Reading

    /// Reads what has arrived into the beginning of a buffer.
    ///
    /// A stream that ends without TLS saying so (RFC 8446 §6.1) has ended: a request says itself where it ends, and one
    /// that was cut is not complete.
    ///
    /// - Throws: ``SocketError`` if the connection is broken.
    /// - Precondition: `buffer` is not empty.
    package func receive(
        into buffer: inout MutableSpan<UInt8>
    ) throws(SocketError) -> ConnectedSocket.Received {
        guard let tls else { return try socket.receive(into: &buffer) }
        if !tls.hasInput {
            // No more than the next record needs: what is not asked for stays with the system.
            let received = try socket.receive(into: &buffer, atMost: TLSSession.inputByteCount)
            guard case .bytes(let count) = received else { return received }
            tls.take(buffer.span.extracting(0..<count))
            if tls.isPlain { return received }
        }
        let found: TLSSession.Found
        do throws(TLSError) {
            found = try tls.read(into: &buffer)
        } catch {
            // The alert that says what was wrong; whether it arrives is the other end's loss.
            _ = try? flush()
            throw SocketError(operation: "TLS: the other end \(error)", code: EPROTO)
        }
        _ = try flush()
        return switch found {
        case .bytes(let count): .bytes(count)
        case .needsInput: .nothingYet
        case .end: .endOfStream
        }
    }

    /// Whether the other end has closed or the connection has failed, even behind bytes not yet read.
    package var isClosedByPeer: Bool {
        socket.isClosedByPeer || tls?.isAtEnd == true
    }

    /// Waits until a read would find something, be it the end.
    ///
    /// - Returns: Whether it would; false when the time is over.
    package func waitUntilReadable(timeout: Duration) throws(SocketError) -> Bool {
        if let tls, tls.hasInput { return true }
        return try socket.waitUntilReadable(timeout: timeout)
    }

    // MARK: - Writing

    /// Waits until the system takes bytes to send, or the connection has failed.
    ///
    /// - Returns: Whether it does; false when the time is over.
    package func waitUntilWritable(timeout: Duration) throws(SocketError) -> Bool {
        try socket.waitUntilWritable(timeout: timeout)
    }

    /// Bytes of records beyond which the system is asked to take some.
    private static let gatheredByteCount = 64 * 1024

    /// Hands bytes to the system; with TLS, those of a few records more than it takes are kept.
    ///
    /// - Parameters:
    ///   - bytes: What to send.
    ///   - moreFollows: Whether another call comes at once, so that both may share a packet.
    /// - Returns: How many bytes are on their way, or that none can be taken at the moment.
    /// - Throws: ``SocketError`` if the connection is broken.
    package func send(
        _ bytes: Span<UInt8>,
        moreFollows: Bool = false
    ) throws(SocketError) -> ConnectedSocket.Sent {
        guard let tls else { return try socket.send(bytes, moreFollows: moreFollows) }
        guard try flush() else { return .wouldBlock }
        var count = 0
        do throws(TLSError) {
            while count < bytes.count, tls.outputByteCount < Self.gatheredByteCount {
                count += try tls.write(bytes.extracting(count...))
            }
        } catch {
            throw SocketError(operation: "TLS: the other end \(error)", code: EPROTO)
        }
        _ = try flush(moreFollows: moreFollows)
        return .bytes(count)
    }

    /// Bytes that are kept for the system.
    package var unsentByteCount: Int { tls?.outputByteCount ?? 0 }

    /// Bytes sent that the other end's system has not confirmed, those that are kept included.
    package var unconfirmedByteCount: Int { socket.unconfirmedByteCount + unsentByteCount }

    /// Hands what is kept to the system.
    ///
    /// - Returns: Whether it took all.
    /// - Throws: ``SocketError`` if the connection is broken.
    package func flush(moreFollows: Bool = false) throws(SocketError) -> Bool {
        guard let tls else { return true }
        while tls.outputByteCount > 0 {
            var isFull = false
            try tls.withOutput { bytes throws(SocketError) in
                guard case .bytes(let count) = try socket.send(bytes, moreFollows: moreFollows)
                else {
                    isFull = true
                    return 0
                }
                return count
            }
            if isFull { return false }
        }
        return true
    }

    // MARK: - The end

    /// Says that no more bytes will be sent; reading goes on.
    ///
    /// Call it when everything is sent.
    package func shutdownSending() {
        endText()
        socket.shutdownSending()
    }

    /// Has TLS say that the text is complete; without TLS there is nothing to say.
    package func endText() {
        guard let tls else { return }
        tls.end()
        // Where the system takes not even these few bytes the end of the stream must do.
        _ = try? flush()
    }
}
