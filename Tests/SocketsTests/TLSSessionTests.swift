import COpenSSL
import Sockets
import TestSupport
import Testing

@Suite("TLS sessions")
struct TLSSessionTests {
    private static func context() throws -> TLSContext {
        try TLSContext(certificates: TestCertificates.server, key: TestCertificates.serverKey)
    }

    private static let versions = [TLS1_2_VERSION, TLS1_3_VERSION]

    /// A session and the text that came out of it.
    private final class Server {
        let session: TLSSession
        var text: [UInt8] = []
        var hasEnd = false
        var error: TLSError?

        init() throws { session = try TLSSession(context()) }

        /// Takes bytes of the wire in pieces of a size, and reads what there is.
        func take(_ bytes: [UInt8], piece: Int = 16_384) {
            var buffer = [UInt8](repeating: 0, count: 4096)
            do throws(TLSError) {
                for start in stride(from: 0, to: bytes.count, by: piece) {
                    session.take(bytes[start..<min(start + piece, bytes.count)].span)
                    reading: while true {
                        var span = buffer.mutableSpan
                        switch try session.read(into: &span) {
                        case .bytes(let count): text += buffer[..<count]
                        case .needsInput: break reading
                        case .end:
                            hasEnd = true
                            return
                        }
                    }
                }
            } catch {
                self.error = error
            }
        }

        func takeOutput() -> [UInt8] {
            var bytes: [UInt8] = []
            if session.outputByteCount > 0 {
                session.withOutput { span in
                    for index in span.indices { bytes.append(span[index]) }
                    return span.count
                }
            }
            return bytes
        }

        func write(_ text: [UInt8]) throws {
            var start = 0
            while start < text.count { start += try session.write(text.span.extracting(start...)) }
        }
    }

    /// Carries bytes to and fro until nobody has any; who will not have an answer could go on for ever.
    private static func carry(_ peer: TLSPeer, _ server: Server, piece: Int = 16_384) {
        for _ in 0..<100 {
            let there = peer.takeOutput()
            server.take(there, piece: piece)
            let back = server.takeOutput()
            peer.take(back)
            if there.isEmpty, back.isEmpty { return }
        }
    }

    private static func agreed(_ version: Int32) throws -> (TLSPeer, Server) {
        let (peer, server) = (try TLSPeer(version...version), try Server())
        carry(peer, server)
        try #require(peer.isEstablished && server.session.isEstablished)
        return (peer, server)
    }

    @Test("Text goes both ways in either version, and its end is said", arguments: versions)
    func carriesText(_ version: Int32) throws {
        let (peer, server) = try Self.agreed(version)
        let text = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        peer.write(text)
        try server.write(text)
        Self.carry(peer, server)
        #expect(server.text == text && peer.text == text)
        #expect(!server.hasEnd && !peer.hasEnd && !server.session.isAtEnd)
        peer.end()
        Self.carry(peer, server)
        #expect(server.hasEnd && server.session.isAtEnd)
        server.session.end()
        server.session.end()
        Self.carry(peer, server)
        #expect(peer.hasEnd && peer.failure == nil)
    }

    @Test("Bytes that come one by one mean the same", arguments: versions)
    func takesSingleBytes(_ version: Int32) throws {
        let (peer, server) = (try TLSPeer(version...version), try Server())
        Self.carry(peer, server, piece: 1)
        peer.write(Array("hello".utf8))
        Self.carry(peer, server, piece: 1)
        #expect(server.text == Array("hello".utf8))
    }

    @Test("A part of a record waits for the rest", arguments: versions)
    func waitsForRest(_ version: Int32) throws {
        let (peer, server) = try Self.agreed(version)
        peer.write(Array("hello".utf8))
        let record = peer.takeOutput()
        server.take(Array(record[..<9]))
        #expect(!server.session.hasInput && server.text.isEmpty)
        server.take(Array(record[9...]))
        #expect(server.text == Array("hello".utf8))
    }

    @Test("Keys are exchanged by curves and ciphers authenticated", arguments: versions)
    func choosesCiphers(_ version: Int32) throws {
        let (peer, _) = try Self.agreed(version)
        #expect(peer.version == (version == TLS1_3_VERSION ? "TLSv1.3" : "TLSv1.2"))
        #expect(peer.cipher.contains("GCM") || peer.cipher.contains("CHACHA20"))
        #expect(version == TLS1_3_VERSION || peer.cipher.hasPrefix("ECDHE-"))
    }

    @Test(
        "Versions before 1.2 are refused with an alert",
        arguments: [TLS1_VERSION, TLS1_1_VERSION]
    )
    func refusesOldVersions(_ version: Int32) throws {
        let (peer, server) = (try TLSPeer(version...version), try Server())
        Self.carry(peer, server)
        #expect(server.error?.detail.contains("unsupported protocol") == true)
        #expect(peer.failure?.contains("protocol version") == true)
        #expect(!peer.isEstablished)
    }

    @Test("HTTP/1.1 is chosen among protocols")
    func choosesProtocol() throws {
        let (peer, server) = (try TLSPeer(protocols: ["h2", "http/1.1"]), try Server())
        Self.carry(peer, server)
        #expect(peer.isEstablished && peer.chosenProtocol == "http/1.1")
    }

    @Test("A client that has only other protocols gets the alert of RFC 7301")
    func refusesOtherProtocols() throws {
        let (peer, server) = (try TLSPeer(protocols: ["h2", "http/1.0"]), try Server())
        Self.carry(peer, server)
        #expect(peer.failure?.contains("no application protocol") == true)
        #expect(server.error != nil)
    }

    @Test("No second handshake, however often it is asked for; whoever does not listen is given up")
    func refusesRenegotiation() throws {
        let (peer, server) = try Self.agreed(TLS1_2_VERSION)
        peer.renegotiate()
        Self.carry(peer, server)
        peer.write(Array("still here".utf8))
        Self.carry(peer, server)
        // The client of OpenSSL takes the refusal for the end.
        #expect(peer.failure?.contains("no renegotiation") == true)
        #expect(server.text.isEmpty)
    }

    @Test("Keys may be changed now and then; who does it without end is given up, listening or not")
    func boundsKeyUpdates() throws {
        for listens in [false, true] {
            let (peer, server) = try Self.agreed(TLS1_3_VERSION)
            for count in 1...65 {
                peer.updateKeys()
                server.take(peer.takeOutput())
                if listens { Self.carry(peer, server) }
                #expect((server.error == nil) == (count < 65), "change \(count), \(listens)")
            }
            #expect(server.error?.detail == "changes its keys too often")
            #expect(server.text.isEmpty)
        }
    }

    @Test("There is nothing to resume", arguments: versions)
    func hasNoTickets(_ version: Int32) throws {
        let (peer, server) = try Self.agreed(version)
        try server.write([1])
        Self.carry(peer, server)
        #expect(peer.text == [1])
        #expect(!peer.canResume)
    }

    @Test("Bytes that are no TLS are refused with an alert")
    func refusesGarbage() throws {
        let server = try Server()
        server.take([0x16, 0x03, 0x01, 0x00, 0x04, 1, 2, 3, 4])
        #expect(server.error?.subject == .peer)
        #expect(server.takeOutput().first == 0x15)
    }

    @Test("A record that was changed on the way is refused", arguments: versions)
    func refusesChangedRecord(_ version: Int32) throws {
        let (peer, server) = try Self.agreed(version)
        peer.write(Array("hello".utf8))
        var record = peer.takeOutput()
        record[record.count - 1] ^= 1
        server.take(record)
        #expect(server.error != nil && server.text.isEmpty)
        peer.take(server.takeOutput())
        #expect(peer.failure?.contains("bad record mac") == true)
    }

    @Test("Nothing is sent before both have agreed")
    func waitsForHandshake() throws {
        let server = try Server()
        #expect(throws: TLSError.self) { try server.write([1]) }
        server.session.end()
        #expect(server.session.outputByteCount == 0)
    }
}
