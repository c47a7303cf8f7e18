import HTTPWire
import LoadGenerator
import Sockets
import TestSupport
import Testing

@Suite("Streams of events, read")
struct EventReaderTests {
    private func events(_ pieces: [[UInt8]]) -> [String] {
        var reader = EventReader()
        var found: [String] = []
        for piece in pieces {
            reader.read(piece) {
                found.append("\($0.name)=\(String(decoding: $0.data, as: UTF8.self))")
            }
        }
        return found
    }

    @Test("Come out the same however the bytes are cut")
    func readsEverySplit() {
        let stream =
            ": comment\n\nevent: a\ndata: 1\n\ndata:x\r\ndata: y\r\n\r\nevent:b\rdata\r\r"
            + "event: no data\n\nid: 7\ndata: [DONE]\n\ndata: cut off"
        feedEverySplit(Array(stream.utf8)) { pieces in
            #expect(events(pieces) == ["a=1", "message=x\ny", "b=", "message=[DONE]"])
        }
    }

    @Test("Are what the server's encoder wrote")
    func readsEncoded() {
        let event = ServerSentEvent(event: "text.delta", data: "a\nb\r\nc")
        #expect(events([event.encoded]) == ["text.delta=a\nb\nc"])
    }
}

@Suite("Responses, read")
struct ResponseReaderTests {
    private struct Result: Equatable {
        var status = 0
        var body: [UInt8] = []
        var isComplete = false
        var isReusable = false
    }

    private func read(_ pieces: [[UInt8]], ends: Bool = false) throws -> Result {
        var reader = ResponseReader()
        var result = Result()
        for piece in pieces {
            for part in try reader.read(piece[...]) { result.body += part }
        }
        if ends { try reader.end() }
        result.status = reader.status
        result.isComplete = reader.isComplete
        result.isReusable = reader.isReusable
        return result
    }

    @Test(
        "Have their body whole however the bytes are cut",
        arguments: [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello", true),
            ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "", true),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nT: x\r\n\r\n", "hello", true
            ),
            (
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 429 No\r\nConnection: close\r\n"
                    + "Content-Length: 2\r\n\r\n{}", "{}", false
            ),
            ("HTTP/1.1 204 No Content\r\n\r\n", "", true),
        ]
    )
    func readsEverySplit(text: String, body: String, isReusable: Bool) throws {
        try feedEverySplit(Array(text.utf8)) { pieces in
            let result = try read(pieces)
            #expect(result.body == Array(body.utf8) && result.isComplete)
            #expect(result.isReusable == isReusable)
        }
    }

    @Test("Without a length end with the connection")
    func readsToEnd() throws {
        let text = Array("HTTP/1.1 200 OK\r\n\r\nabc".utf8)
        #expect(try !read([text]).isComplete)
        let result = try read([text], ends: true)
        #expect(result.isComplete && result.body == Array("abc".utf8) && !result.isReusable)
    }

    @Test(
        "That end early are no answer",
        arguments: [
            "", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        ]
    )
    func refusesEarlyEnd(text: String) {
        #expect(throws: ResponseReader.Fault.self) { try read([Array(text.utf8)], ends: true) }
    }

    @Test(
        "That are none are refused",
        arguments: [
            "SSH-2.0\r\n", "HTTP/1.1 abc\r\n", "HTTP/1.1 9999 X\r\n",
            "HTTP/1.1 200 OK\r\nno colon\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab",
            "HTTP/1.1 200 OK\r\nX: " + String(repeating: "a", count: 70_000),
            "HTTP/1.1 200 OK\r\n" + String(repeating: "a: b\r\n", count: 300),
        ]
    )
    func refuses(text: String) {
        #expect(throws: ResponseReader.Fault.self) { try read([Array(text.utf8)]) }
    }

    @Test("Damaged in any way, never trap", arguments: 0..<2)
    func survivesMutations(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let sample = Array(
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nA: b\r\n\r\n"
                + "5\r\nhello\r\n0\r\n\r\n").utf8
        )
        let deadline = ContinuousClock.now + .milliseconds(300)
        var (count, refusedCount) = (0, 0)
        while ContinuousClock.now < deadline, count < 20_000 {
            count += 1
            do { _ = try read([mutated(sample, using: &random)], ends: true) } catch {
                refusedCount += 1
            }
        }
        #expect(refusedCount > 0 && refusedCount < count)
    }
}

@Suite("Addresses of daemons")
struct ServerAddressTests {
    @Test(
        "Are URLs; names are looked up when they are connected to",
        arguments: [
            ("http://127.0.0.1:8080", "127.0.0.1:8080"), ("http://localhost/", "127.0.0.1:80"),
            ("HTTP://[::1]:99", "[::1]:99"), ("http://[::1]", "[::1]:80"),
            ("https://[::1]", "[::1]:443"), ("https://127.0.0.1:8443/", "127.0.0.1:8443"),
        ]
    )
    func reads(url: String, address: String) throws {
        #expect(try ServerAddress(url).addresses().first?.description == address)
    }

    @Test(
        "Are not",
        arguments: [
            "", "127.0.0.1:80", "ftp://127.0.0.1", "http://", "http://127.0.0.1:",
            "http://127.0.0.1:70000", "http://127.0.0.1/v1", "http://user@127.0.0.1", "http://a..b",
            "http://-a", "http://a b", "http://[::1",
        ]
    )
    func refuses(url: String) {
        #expect(throws: ServerAddress.Fault.self) { try ServerAddress(url) }
    }

    @Test("Of a name that nobody knows are none")
    func unknownName() throws {
        let server = try ServerAddress("https://nowhere.invalid:8443")
        #expect(server.description == "https://nowhere.invalid:8443")
        #expect(throws: SocketError.self) { try server.addresses() }
    }
}
