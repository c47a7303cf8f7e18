import HTTPWire
import TestSupport
import Testing

@Suite("Request parser")
struct RequestParserTests {
    @Test("Reads method, target, version and fields as they were sent")
    func readsHead() throws {
        let text =
            "GET /a/b?c=d&e HTTP/1.1\r\nHost: h:80\r\nX-Two:  a b\t\r\nx-two: c\r\nEmpty:\r\n\r\n"
        let request = try #require(parse(text).first)
        #expect(request.head.method == .get)
        #expect(request.head.target == "/a/b?c=d&e")
        #expect(request.head.path == "/a/b")
        #expect(request.head.query == "c=d&e")
        #expect(request.head.version == .http11)
        #expect(request.head.fields.map(\.name) == ["Host", "X-Two", "x-two", "Empty"])
        #expect(request.head.fields.values(of: "X-TWO") == ["a b", "c"])
        #expect(request.head.fields["empty"] == "")
        #expect(request.head.framing == .none)
        #expect(request.isComplete)
    }

    @Test("Reads a body of announced length and leaves nothing behind")
    func readsLength() throws {
        let request = try #require(
            parse("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello").first
        )
        #expect(request.text == "hello")
        #expect(request.isComplete)
    }

    @Test("A Content-Length of zero is a complete request")
    func readsZeroLength() throws {
        let request = try #require(
            parse("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 000\r\n\r\n").first
        )
        #expect(request.isComplete)
        #expect(request.head.framing == .length(0))
    }

    @Test("Joins chunks, ignores their extensions and keeps trailers apart (RFC 9112 §7.1)")
    func readsChunks() throws {
        let text =
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: CHUNKED\r\n\r\n"
            + "5;a=b;c=\"d\"\r\nhello\r\n00A ; x\r\n0123456789\r\n0\r\nDigest: x\r\n\r\n"
        let request = try #require(parse(text).first)
        #expect(request.text == "hello0123456789")
        #expect(request.trailers["digest"] == "x")
        #expect(!request.head.fields.contains("digest"))
        #expect(request.isComplete)
    }

    @Test("Stops at the end of each pipelined request and says how far it went")
    func readsPipelined() throws {
        let first = "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n"
        let bytes = Array((first + "GET /2 HTTP/1.1\r\nHost: h\r\n\r\n").utf8)
        var parser = RequestParser()
        let head = try parser.consume(bytes.span)
        #expect(head.consumedByteCount == first.utf8.count)
        let end = try parser.consume(bytes.span.extracting(head.consumedByteCount...))
        #expect(end.consumedByteCount == 0)
        #expect(end.event == .end(trailers: HeaderFields()))
        #expect(parser.isBetweenRequests)
        #expect(try parse([bytes]).map(\.head.path) == ["/1", "/2"])
    }

    @Test("Gives the same result however the input is split", arguments: Samples.valid)
    func isIndependentOfSplits(_ sample: Sample) throws {
        let expected = try parse([sample.bytes])
        let isComplete = expected.allSatisfy(\.isComplete)
        #expect(isComplete)
        feedEverySplit(sample.bytes) { pieces in
            #expect(outcome(pieces) == .success(expected))
        }
    }

    @Test("Refuses hostile input with the right status", arguments: Samples.hostile)
    func refusesHostileInput(_ sample: Sample) {
        #expect(throws: ParseError.self) { try parse([sample.bytes]) }
        if case .failure(let error) = outcome([sample.bytes]) {
            #expect(error.status.code == sample.status, "\(error)")
        }
    }

    @Test("Refuses hostile input in whatever pieces it comes", arguments: Samples.hostile)
    func refusesHostileInputInPieces(_ sample: Sample) {
        guard sample.bytes.count < 2_000 else { return }
        feedEverySplit(sample.bytes) { pieces in
            guard case .failure(let error) = outcome(pieces) else {
                Issue.record("accepted in \(pieces.count) pieces")
                return
            }
            #expect(error.status.code == sample.status, "\(error)")
        }
    }

    @Test("Fails for good: every later call throws the same error")
    func staysFailed() {
        var parser = RequestParser()
        let bad = Array("GET  / HTTP/1.1\r\n".utf8)
        let good = Array("GET / HTTP/1.1\r\nHost: h\r\n\r\n".utf8)
        let first = #expect(throws: ParseError.self) { try parser.consume(bad.span) }
        let second = #expect(throws: ParseError.self) { try parser.consume(good.span) }
        #expect(first == second)
    }

    @Test("Skips one empty line before a request, not two (RFC 9112 §2.2)")
    func skipsOneEmptyLine() throws {
        #expect(try parse("\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n").count == 1)
        #expect(throws: ParseError.self) { try parse("\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n") }
    }

    @Test("Reads a higher minor version as HTTP/1.1 (RFC 9110 §2.5)")
    func readsHigherMinorVersion() throws {
        #expect(try parse("GET / HTTP/1.7\r\nHost: h\r\n\r\n").first?.head.version == .http11)
    }

    @Test("HTTP/1.0 needs no Host (RFC 9112 §3.2)")
    func acceptsOldRequestWithoutHost() throws {
        #expect(try parse("GET / HTTP/1.0\r\n\r\n").first?.head.version == .http10)
    }

    @Test("Takes the path out of the absolute form (RFC 9112 §3.2.2)")
    func readsAbsoluteForm() throws {
        let request = try #require(
            parse("GET HTTP://example.org:80/a?b HTTP/1.1\r\nHost: h\r\n\r\n").first
        )
        #expect(request.head.path == "/a")
        #expect(request.head.query == "b")
        let bare = try #require(
            parse("GET http://example.org HTTP/1.1\r\nHost: example.org\r\n\r\n").first
        )
        #expect(bare.head.path == "/")
    }

    @Test("Takes the asterisk form with OPTIONS and the authority form with CONNECT only")
    func readsOtherForms() throws {
        #expect(try parse("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n").first?.head.path == "*")
        #expect(try parse("CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n").first?.head.path == "")
        #expect(throws: ParseError.self) { try parse("GET * HTTP/1.1\r\nHost: h\r\n\r\n") }
    }

    @Test("Reads a value that is no UTF-8 as ISO 8859-1 (RFC 9110 §5.5)")
    func readsOldText() throws {
        var bytes = Array("GET / HTTP/1.1\r\nHost: h\r\nA: caf".utf8)
        bytes += [0xE9] + Array("\r\nB: café\r\n\r\n".utf8)
        let fields = try #require(parse([bytes]).first).head.fields
        #expect(fields["a"] == "café")
        #expect(fields["b"] == "café")
    }

    @Test("Makes the expectation of a client visible, unless there is no body to wait for")
    func seesExpectation() throws {
        let post = "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: "
        #expect(try parse(post + "1\r\n\r\nx").first?.head.expectsContinue == true)
        #expect(try parse(post + "0\r\n\r\n").first?.head.expectsContinue == false)
        let old = "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx"
        #expect(try parse(old).first?.head.expectsContinue == false)
    }

    @Test(
        "Decides on keep-alive by RFC 9112 §9.3",
        arguments: [
            ("HTTP/1.1", "", true), ("HTTP/1.1", "close", false),
            ("HTTP/1.1", "x, Close", false), ("HTTP/1.1", "keep-alive", true),
            ("HTTP/1.0", "", false), ("HTTP/1.0", "Keep-Alive", true),
            ("HTTP/1.0", "keep-alive, close", false),
        ]
    )
    func decidesOnKeepAlive(_ version: String, _ connection: String, _ expected: Bool) throws {
        let text = "GET / \(version)\r\nHost: h\r\nConnection: \(connection)\r\n\r\n"
        #expect(try parse(text).first?.head.allowsKeepAlive == expected)
    }
}
