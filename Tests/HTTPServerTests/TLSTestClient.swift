import HTTPServer
import HTTPWire
import Sockets
import TestSupport
import Testing

/// A blocking client that speaks TLS and sends exactly the text that it is told to.
final class TLSTestClient {
    private let transport: ByteTransport
    private let session: TLSSession
    private var input: [UInt8] = []

    /// Connects and shakes hands.
    init(port: UInt16, trusting certificate: [UInt8] = TestCertificates.root) throws {
        let context = try TLSContext.client()
        try context.trust(certificates: certificate)
        session = try TLSSession(context, host: "127.0.0.1")
        try session.begin()
        let address = try SocketAddress(host: "127.0.0.1", port: port)
        transport = ByteTransport(try .connect(to: address, timeout: .seconds(5)), session)
        _ = try transport.flush()
        while !transport.isEstablished {
            guard try receiveMore() else { throw TestClientError.connectionClosed }
        }
    }

    /// Whether the server has said that its text is complete.
    var hasCleanEnd: Bool { session.isAtEnd }

    func send(_ text: String) throws {
        let bytes = Array(text.utf8)
        var start = 0
        while start < bytes.count {
            if case .bytes(let count) = try transport.send(bytes.span.extracting(start...)) {
                start += count
            } else {
                _ = try transport.waitUntilWritable(timeout: .seconds(5))
            }
        }
        while try !transport.flush() { _ = try transport.waitUntilWritable(timeout: .seconds(5)) }
    }

    /// Says that no more text will come.
    func end() { transport.endText() }

    /// Sends a request and reads the answer's head and so many bytes of its body as the head says.
    func exchange(_ text: String) throws -> String {
        try send(text)
        return try receiveAnswer()
    }

    func receiveAnswer() throws -> String {
        // Byte by byte, which is fast enough for a head.
        var head: [UInt8] = []
        while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) { head += try receive(1) }
        let text = String(decoding: head, as: UTF8.self)
        let field = try #require(text.firstRange(of: "content-length: "))
        let length = try #require(Int(text[field.upperBound...].prefix { $0.isNumber }))
        return text + String(decoding: try receive(length), as: UTF8.self)
    }

    private func receive(_ count: Int) throws -> [UInt8] {
        while input.count < count {
            guard try receiveMore() else { throw TestClientError.connectionClosed }
        }
        defer { input.removeFirst(count) }
        return Array(input[..<count])
    }

    /// Everything up to the end of the stream.
    func receiveToEnd() throws -> String {
        while try receiveMore() {}
        defer { input = [] }
        return String(decoding: input, as: UTF8.self)
    }

    private func receiveMore() throws -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            var span = buffer.mutableSpan
            switch try transport.receive(into: &span) {
            case .bytes(let count):
                input += buffer[..<count]
                return true
            case .nothingYet: if transport.isEstablished { return true }
            case .endOfStream: return false
            case .wouldBlock:
                guard try transport.waitUntilReadable(timeout: .seconds(10)) else {
                    throw TestClientError.timedOut
                }
            }
        }
    }
}

extension TLSContext {
    /// The certificate of tests for 127.0.0.1.
    static func test(
        _ certificates: [UInt8] = TestCertificates.server,
        _ key: [UInt8] = TestCertificates.serverKey
    ) throws -> TLSContext {
        try TLSContext(certificates: certificates, key: key)
    }
}
