import Glibc
import Sockets
import TestSupport
import Testing

@Suite("Byte transports")
struct ByteTransportTests {
    private func listen() throws -> ListeningSocket {
        try ListeningSocket(address: SocketAddress(host: "127.0.0.1", port: 0), backlog: 8)
    }

    private func accept(_ listener: borrowing ListeningSocket) throws -> ByteTransport {
        guard let socket = try listener.accept() else { throw TestClientError.connectionClosed }
        let context = try TLSContext(
            certificates: TestCertificates.server,
            key: TestCertificates.serverKey
        )
        return ByteTransport(socket, try TLSSession(context))
    }

    private func connect(
        _ address: SocketAddress,
        _ host: String = "localhost",
        trusting certificate: [UInt8] = TestCertificates.root
    ) throws -> ByteTransport {
        let context = try TLSContext.client()
        try context.trust(certificates: certificate)
        let session = try TLSSession(context, host: host)
        try session.begin()
        return ByteTransport(try .connect(to: address, timeout: .seconds(5)), session)
    }

    /// Reads until there is something to tell of.
    private func receive(_ transport: borrowing ByteTransport) throws -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            var span = buffer.mutableSpan
            switch try transport.receive(into: &span) {
            case .bytes(let count): return Array(buffer[..<count])
            case .nothingYet: continue
            case .endOfStream: return nil
            case .wouldBlock:
                guard try transport.waitUntilReadable(timeout: .seconds(5)) else {
                    throw TestClientError.timedOut
                }
            }
        }
    }

    /// Lets both ends shake hands.
    private func agree(
        _ client: borrowing ByteTransport,
        _ server: borrowing ByteTransport
    ) throws {
        var nothing = [UInt8](repeating: 0, count: 16_384)
        _ = try client.flush()
        let deadline = ContinuousClock.now + .seconds(10)
        while !client.isEstablished || !server.isEstablished {
            guard ContinuousClock.now < deadline else { throw TestClientError.timedOut }
            var span = nothing.mutableSpan
            _ = try server.receive(into: &span)
            _ = try client.receive(into: &span)
        }
    }

    @Test(
        "Text goes over a socket in either direction, and its end after it",
        arguments: ["localhost", "127.0.0.1"]
    )
    func carriesText(_ host: String) throws {
        let listener = try listen()
        let client = try connect(listener.address, host)
        let server = try accept(listener)
        try agree(client, server)
        let question = Array("question".utf8)
        #expect(try client.send(question.span) == .bytes(8))
        #expect(try receive(server) == question)
        #expect(try server.send(question.span) == .bytes(8))
        #expect(try receive(client) == question)
        let isClosed = server.isClosedByPeer
        #expect(!isClosed)
        client.endText()
        let hasNoted = try server.waitUntilReadable(timeout: .seconds(5))
        #expect(hasNoted)
        #expect(try receive(server) == nil)
        server.shutdownSending()
        #expect(try receive(client) == nil)
    }

    @Test("A stream that ends without a word of TLS has ended")
    func endsWithoutNotice() throws {
        let listener = try listen()
        let server: ByteTransport
        do {
            let client = try connect(listener.address)
            server = try accept(listener)
            try agree(client, server)
            _ = try client.send([1, 2].span)
        }
        #expect(try receive(server) == [1, 2])
        #expect(try receive(server) == nil)
    }

    @Test("A server whose certificate nobody vouches for is not talked to")
    func distrustsServer() throws {
        let listener = try listen()
        let client = try connect(listener.address, trusting: TestCertificates.other)
        let server = try accept(listener)
        let error = #expect(throws: SocketError.self) { try agree(client, server) }
        #expect(error?.description.contains("has a certificate that is not trusted") == true)
    }

    @Test("A certificate of another host is not taken", arguments: ["example.org", "127.0.0.2"])
    func distrustsOtherHost(_ host: String) throws {
        let listener = try listen()
        let client = try connect(listener.address, host)
        let server = try accept(listener)
        let error = #expect(throws: SocketError.self) { try agree(client, server) }
        #expect(error?.description.contains("mismatch") == true)
    }

    @Test("Plain HTTP passes as it is, and is known for what it is")
    func passesPlainText() throws {
        let listener = try listen()
        let client = try HTTPTestClient(port: listener.address.port)
        let server = try accept(listener)
        let isEarly = server.isMisaddressed
        #expect(!isEarly)
        client.send("GET / HTTP/1.1\r\n")
        #expect(try receive(server) == Array("GET / HTTP/1.1\r\n".utf8))
        let isMisaddressed = server.isMisaddressed
        #expect(isMisaddressed)
        let isReady = server.isEstablished
        #expect(isReady)
        _ = try server.send(Array("no".utf8).span)
        server.shutdownSending()
        #expect(try client.receiveToEnd() == Array("no".utf8))
    }

    @Test("A client that does not read makes nothing grow")
    func boundsOutput() throws {
        let listener = try listen()
        let client = try connect(listener.address)
        let server = try accept(listener)
        try agree(client, server)
        let block = [UInt8](repeating: 1, count: 1 << 20)
        var outcome = ConnectedSocket.Sent.bytes(0)
        var most = 0
        for _ in 0..<10_000 where outcome != .wouldBlock {
            outcome = try server.send(block.span)
            most = max(most, server.unsentByteCount)
        }
        #expect(outcome == .wouldBlock)
        #expect(most > 0 && most <= 96 * 1024)
        let unconfirmed = server.unconfirmedByteCount
        #expect(unconfirmed >= most)
    }

    @Test("Bytes that are no TLS end the connection, after an alert")
    func refusesGarbage() throws {
        let listener = try listen()
        let client = try HTTPTestClient(port: listener.address.port)
        let server = try accept(listener)
        client.send([0x16, 3, 1, 0, 4, 1, 2, 3, 4])
        let error = #expect(throws: SocketError.self) { try receive(server) }
        #expect(error?.code == EPROTO)
        let isReady = server.isEstablished
        #expect(!isReady)
    }
}
