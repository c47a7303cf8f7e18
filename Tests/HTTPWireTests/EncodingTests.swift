import HTTPWire
import Testing

@Suite("Response encoder")
struct ResponseEncoderTests {
    private func encoded(
        _ head: ResponseHead,
        _ framing: ResponseFraming,
        keepsAlive: Bool = true,
        version: ProtocolVersion = .http11
    ) throws -> String {
        var bytes: [UInt8] = []
        try ResponseEncoder.encode(
            head,
            framing: framing,
            keepsAlive: keepsAlive,
            requestVersion: version,
            into: &bytes
        )
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("Writes status line, fields and framing")
    func writesHead() throws {
        let head = ResponseHead(status: .ok, fields: ["a": "b", "a": "c"])
        #expect(
            try encoded(head, .length(3))
                == "HTTP/1.1 200 OK\r\na: b\r\na: c\r\ncontent-length: 3\r\n\r\n"
        )
        #expect(
            try encoded(head, .chunked, keepsAlive: false)
                == "HTTP/1.1 200 OK\r\na: b\r\na: c\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
        )
    }

    @Test("Says keep-alive to HTTP/1.0 clients only")
    func saysKeepAlive() throws {
        let head = ResponseHead(status: .noContent)
        #expect(try encoded(head, .none) == "HTTP/1.1 204 No Content\r\n\r\n")
        #expect(
            try encoded(head, .none, version: .http10)
                == "HTTP/1.1 204 No Content\r\nconnection: keep-alive\r\n\r\n"
        )
    }

    @Test("Leaves out framing fields of a handler, which could contradict the body")
    func leavesOutFraming() throws {
        let head = ResponseHead(
            status: .ok,
            fields: ["Content-Length": "9", "TRANSFER-ENCODING": "x", "Connection": "x", "c": "d"]
        )
        #expect(
            try encoded(head, .length(0)) == "HTTP/1.1 200 OK\r\nc: d\r\ncontent-length: 0\r\n\r\n"
        )
    }

    @Test(
        "Refuses fields that would break out of their line, and writes nothing",
        arguments: [
            ("a", "b\r\nSet-Cookie: c"), ("a", "b\nc"), ("a", "b\0"), ("a b", "c"), ("", "c"),
            ("a:", "c"), ("a\r\n", "c"),
        ]
    )
    func refusesSplitting(_ name: String, _ value: String) {
        var bytes: [UInt8] = [1]
        let error = #expect(throws: ResponseEncodingError.self) {
            try ResponseEncoder.encode(
                ResponseHead(status: .ok, fields: HeaderFields(dictionaryLiteral: (name, value))),
                framing: .none,
                keepsAlive: true,
                into: &bytes
            )
        }
        #expect(error?.fieldName == name)
        #expect(bytes == [1])
    }

    @Test("Chunks that the encoder writes are read back by the parser")
    func roundTripsChunks() throws {
        let pieces: [[UInt8]] = [
            [1], Array(repeating: 0x0D, count: 300), Array("\r\n0\r\n".utf8),
        ]
        var bytes = Array("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
        for piece in pieces {
            ChunkedCoding.appendChunkStart(byteCount: piece.count, to: &bytes)
            bytes += piece + ChunkedCoding.chunkEnd
        }
        bytes += ChunkedCoding.end
        let request = try #require(parse([bytes]).first)
        #expect(request.body == Array(pieces.joined()))
        #expect(request.isComplete)
    }

    @Test("An empty chunk, which would end the body, is refused")
    func refusesEmptyChunk() async {
        await #expect(processExitsWith: .failure) {
            var bytes: [UInt8] = []
            ChunkedCoding.appendChunkStart(byteCount: 0, to: &bytes)
        }
    }
}

@Suite("Server-sent events")
struct ServerSentEventTests {
    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test(
        "Makes a data line of every line, whatever ends it",
        arguments: [
            ("a", "data: a\n\n"), ("", "data: \n\n"), ("a\nb", "data: a\ndata: b\n\n"),
            ("a\r\nb", "data: a\ndata: b\n\n"), ("a\rb", "data: a\ndata: b\n\n"),
            ("a\n", "data: a\ndata: \n\n"), ("\n\n", "data: \ndata: \ndata: \n\n"),
            ("a\r", "data: a\ndata: \n\n"), ("é\r\n\r\n€", "data: é\ndata: \ndata: €\n\n"),
        ]
    )
    func splitsData(_ data: String, _ expected: String) {
        #expect(text(ServerSentEvent(data: data).encoded) == expected)
    }

    @Test("Puts name and id before the data and lets neither break out of its line")
    func writesNameAndID() {
        let event = ServerSentEvent(event: "a\nb", id: "1\r\n\u{0}2", data: "{}")
        #expect(text(event.encoded) == "event: ab\nid: 12\ndata: {}\n\n")
    }

    @Test("A comment is one line that clients ignore")
    func writesComment() {
        #expect(text(ServerSentEvent.comment("x\ny")) == ": xy\n\n")
    }
}
