internal import Sockets

/// One connection to a server, used by one thread at a time.
final class ClientConnection: Sendable {
    private let transport: ByteTransport

    /// Connects, and shakes hands where TLS is spoken.
    ///
    /// - Parameters:
    ///   - server: The server.
    ///   - tls: Whom to trust.
    ///   - deadline: When to give up.
    /// - Throws: `SocketError`, ETIMEDOUT at the deadline; ``HTTPClient/Fault`` if the server is not trusted.
    init(
        _ server: ServerAddress,
        _ tls: Result<TLSContext, TLSError>,
        deadline: ContinuousClock.Instant
    ) throws {
        let socket = try Self.connect(server.addresses(), deadline)
        guard server.isSecure else {
            transport = ByteTransport(socket)
            return
        }
        do throws(TLSError) {
            let session = try TLSSession(tls.get(), host: server.host)
            try session.begin()
            transport = ByteTransport(socket, session)
        } catch {
            throw HTTPClient.Fault(description: "TLS: \(error)")
        }
        try shakeHands(deadline)
    }

    /// Connects to the first of some addresses that answers.
    private static func connect(
        _ addresses: [SocketAddress],
        _ deadline: ContinuousClock.Instant
    ) throws(SocketError) -> ConnectedSocket {
        for address in addresses.dropLast() {
            let timeout = ContinuousClock.now.duration(to: deadline) / addresses.count
            if let socket = try? ConnectedSocket.connect(to: address, timeout: timeout) {
                return socket
            }
        }
        let timeout = ContinuousClock.now.duration(to: deadline)
        return try ConnectedSocket.connect(to: addresses[addresses.count - 1], timeout: timeout)
    }

    /// Whether the server has closed it.
    var isClosed: Bool { transport.isClosedByPeer }

    private func shakeHands(_ deadline: ContinuousClock.Instant) throws {
        // The server does not speak before it is asked something.
        var nothing = [UInt8](repeating: 0, count: 16_384)
        while !transport.isEstablished {
            var span = nothing.mutableSpan
            switch try transport.receive(into: &span) {
            case .nothingYet, .bytes: break
            case .wouldBlock: try waitUntilReadable(deadline)
            case .endOfStream:
                throw HTTPClient.Fault(description: "the server ended the handshake of TLS")
            }
        }
    }

    /// Sends all bytes.
    ///
    /// - Throws: `SocketError`, or ``HTTPClient/Fault`` at the deadline.
    func send(_ bytes: [UInt8], deadline: ContinuousClock.Instant) throws {
        var start = 0
        while start < bytes.count {
            switch try transport.send(bytes.span.extracting(start...)) {
            case .bytes(let count): start += count
            case .wouldBlock: try waitUntilWritable(deadline)
            }
        }
        while try !transport.flush() { try waitUntilWritable(deadline) }
    }

    /// Waits for bytes and reads them.
    ///
    /// - Returns: How many came; 0 at the end of the stream.
    /// - Throws: `SocketError`, or ``HTTPClient/Fault`` at the deadline.
    func receive(into buffer: inout [UInt8], deadline: ContinuousClock.Instant) throws -> Int {
        while true {
            var span = buffer.mutableSpan
            switch try transport.receive(into: &span) {
            case .bytes(let count): return count
            case .endOfStream: return 0
            case .nothingYet: break
            case .wouldBlock: try waitUntilReadable(deadline)
            }
        }
    }

    private func waitUntilWritable(_ deadline: ContinuousClock.Instant) throws {
        let left = ContinuousClock.now.duration(to: deadline)
        guard left > .zero, try transport.waitUntilWritable(timeout: left) else {
            throw HTTPClient.Fault(description: "out of time while sending")
        }
    }

    private func waitUntilReadable(_ deadline: ContinuousClock.Instant) throws {
        // What TLS has to say by itself, such as its part of a handshake, is said first.
        while try !transport.flush() { try waitUntilWritable(deadline) }
        let left = ContinuousClock.now.duration(to: deadline)
        guard left > .zero, try transport.waitUntilReadable(timeout: left) else {
            throw HTTPClient.Fault(description: "out of time while waiting for the answer")
        }
    }
}
