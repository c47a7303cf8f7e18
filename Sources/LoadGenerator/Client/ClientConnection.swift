internal import Sockets

/// One connection to a server, used by one thread at a time.
final class ClientConnection: Sendable {
    private let socket: ConnectedSocket

    /// Connects.
    ///
    /// - Throws: `SocketError`; ETIMEDOUT at the deadline.
    init(_ address: SocketAddress, deadline: ContinuousClock.Instant) throws(SocketError) {
        socket = try .connect(to: address, timeout: ContinuousClock.now.duration(to: deadline))
    }

    /// Whether the server has closed it.
    var isClosed: Bool { socket.isClosedByPeer }

    /// Sends all bytes.
    ///
    /// - Throws: `SocketError`, or ``HTTPClient/Fault`` at the deadline.
    func send(_ bytes: [UInt8], deadline: ContinuousClock.Instant) throws {
        var start = 0
        while start < bytes.count {
            switch try socket.send(bytes.span.extracting(start...)) {
            case .bytes(let count): start += count
            case .wouldBlock:
                let left = ContinuousClock.now.duration(to: deadline)
                guard left > .zero, try socket.waitUntilWritable(timeout: left) else {
                    throw HTTPClient.Fault(description: "out of time while sending")
                }
            }
        }
    }

    /// Waits for bytes and reads them.
    ///
    /// - Returns: How many came; 0 at the end of the stream.
    /// - Throws: `SocketError`, or ``HTTPClient/Fault`` at the deadline.
    func receive(into buffer: inout [UInt8], deadline: ContinuousClock.Instant) throws -> Int {
        while true {
            var span = buffer.mutableSpan
            switch try socket.receive(into: &span) {
            case .bytes(let count): return count
            case .endOfStream: return 0
            case .wouldBlock:
                let left = ContinuousClock.now.duration(to: deadline)
                guard left > .zero, try socket.waitUntilReadable(timeout: left) else {
                    throw HTTPClient.Fault(description: "out of time while waiting for the answer")
                }
            }
        }
    }
}
