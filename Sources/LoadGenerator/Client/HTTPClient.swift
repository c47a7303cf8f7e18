internal import HTTPWire
internal import Locking
package import Sockets

/// A blocking HTTP/1.1 client that keeps connections for later requests.
///
/// Threads: every member may be called from any thread; each call occupies its thread until it returns.
package final class HTTPClient: Sendable {
    /// An answer; the body went to the caller as it arrived.
    package struct Answer: Sendable {
        /// The status.
        package let status: Int
        /// When to try again, if the server says so.
        package let retryAfter: Duration?
    }

    /// Why there is no answer.
    package struct Fault: Error, Hashable, Sendable, CustomStringConvertible {
        /// What went wrong.
        package let description: String
    }

    /// Where the server is.
    package let server: ServerAddress
    /// What a key adds to a request's head.
    private let authorization: String
    private let tls: Result<TLSContext, TLSError>
    private let idle = Mutex<[ClientConnection]>([])

    /// Whom all clients of this process trust unless told otherwise.
    private static let trusted = Result { () throws(TLSError) in try TLSContext.client() }

    /// A client of one server.
    ///
    /// - Parameters:
    ///   - server: Where the server is.
    ///   - key: The key that it asks for, visible characters alone; nil for none.
    ///   - tls: Whom to trust; nil for whom this machine trusts.
    package init(_ server: ServerAddress, key: String? = nil, tls: TLSContext? = nil) {
        self.server = server
        self.tls = tls.map { .success($0) } ?? Self.trusted
        authorization = key.map { "Authorization: Bearer \($0)\r\n" } ?? ""
    }

    /// Sends a request and hands over the body as it arrives.
    ///
    /// - Parameters:
    ///   - method: The method.
    ///   - path: The path on the server.
    ///   - body: A JSON document; nil for none.
    ///   - deadline: When to give up.
    ///   - arrived: Told each piece of the body, with the status of the response and whether the body is
    ///     a stream of events.
    /// - Returns: What is known of the answer besides its body.
    /// - Throws: ``Fault``, or what `arrived` throws.
    package func exchange(
        _ method: String,
        _ path: String,
        body: [UInt8]? = nil,
        deadline: ContinuousClock.Instant,
        arrived: (ArraySlice<UInt8>, _ status: Int, _ isEventStream: Bool) throws -> Void
    ) throws -> Answer {
        let connection = try self.connection(deadline)
        var reader = ResponseReader()
        do {
            try connection.send(message(method, path, body), deadline: deadline)
            var buffer = [UInt8](repeating: 0, count: Self.bufferByteCount)
            while !reader.isComplete {
                // Also where bytes come without end, so that nobody waits for them.
                guard .now < deadline else {
                    throw Fault(description: "\(server): no whole answer in time")
                }
                let count = try connection.receive(into: &buffer, deadline: deadline)
                guard count > 0 else {
                    try reader.end()
                    break
                }
                for piece in try reader.read(buffer[..<count]) {
                    try arrived(piece, reader.status, Self.isEventStream(reader.fields))
                }
            }
        } catch let error as SocketError {
            throw Fault(description: "\(error)")
        } catch let error as ResponseReader.Fault {
            throw Fault(description: error.description)
        }
        if reader.isReusable { idle.withLock { $0.append(connection) } }
        return Answer(
            status: reader.status,
            retryAfter: reader.fields["retry-after-ms"].flatMap { Int($0) }
                .map { .milliseconds($0) }
        )
    }

    /// Reads a whole small document.
    ///
    /// - Throws: ``Fault``, also if the status is not 200.
    package func get(_ path: String, timeout: Duration = .seconds(10)) throws -> [UInt8] {
        var document: [UInt8] = []
        let answer = try exchange("GET", path, deadline: .now.advanced(by: timeout)) {
            piece,
            _,
            _ in
            document += piece
        }
        guard answer.status == 200 else {
            throw Fault(description: "\(server)\(path): status \(answer.status)")
        }
        return document
    }

    /// An idle connection, or a new one.
    private func connection(_ deadline: ContinuousClock.Instant) throws(Fault) -> ClientConnection {
        // One that the server closed in the meantime is no reason to fail.
        while let connection = idle.withLock({ $0.popLast() }) {
            if !connection.isClosed { return connection }
        }
        do {
            return try ClientConnection(server, tls, deadline: deadline)
        } catch {
            throw Fault(description: "\(server): no daemon answers: \(error)")
        }
    }

    private func message(_ method: String, _ path: String, _ body: [UInt8]?) -> [UInt8] {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: \(server.authority)\r\n\(authorization)"
        if let body {
            head += "Content-Type: application/json\r\nContent-Length: \(body.count)\r\n"
        }
        return Array((head + "\r\n").utf8) + (body ?? [])
    }

    private static func isEventStream(_ fields: HeaderFields) -> Bool {
        fields["content-type"]?.hasPrefix("text/event-stream") == true
    }

    private static let bufferByteCount = 64 * 1024
}
