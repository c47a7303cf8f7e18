import HTTPWire
import TestSupport
import Testing

@Suite("Request limits: the last value allowed and the first refused")
struct RequestLimitTests {
    private func status(_ text: String, _ limits: RequestLimits) -> Int {
        switch outcome([Array(text.utf8)], limits: limits) {
        case .success(let requests): requests.allSatisfy(\.isComplete) ? 200 : 100
        case .failure(let error): error.status.code
        }
    }

    @Test("Target length", arguments: [(9, 200), (10, 200), (11, 414)])
    func boundsTarget(_ count: Int, _ expected: Int) {
        var limits = RequestLimits()
        limits.maximumTargetByteCount = 10
        let target = "/" + String(repeating: "a", count: count - 1)
        #expect(status("GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n", limits) == expected)
    }

    @Test("Method length", arguments: [(32, 200), (33, 501)])
    func boundsMethod(_ count: Int, _ expected: Int) {
        let method = String(repeating: "M", count: count)
        #expect(status("\(method) / HTTP/1.1\r\nHost: h\r\n\r\n", RequestLimits()) == expected)
    }

    @Test("Bytes of all fields, line ends included", arguments: [(39, 200), (40, 200), (41, 431)])
    func boundsFieldBytes(_ count: Int, _ expected: Int) {
        var limits = RequestLimits()
        limits.maximumFieldByteCount = 40
        // "Host: h" and "A: " with their ends
        let value = String(repeating: "b", count: count - 9 - 5)
        #expect(status("GET / HTTP/1.1\r\nHost: h\r\nA: \(value)\r\n\r\n", limits) == expected)
    }

    @Test("Number of fields", arguments: [(3, 200), (4, 431)])
    func boundsFieldCount(_ count: Int, _ expected: Int) {
        var limits = RequestLimits()
        limits.maximumFieldCount = 3
        let fields = String(repeating: "A: b\r\n", count: count - 1)
        #expect(status("GET / HTTP/1.1\r\nHost: h\r\n\(fields)\r\n", limits) == expected)
    }

    @Test("Body length", arguments: [(5, 200), (6, 413)])
    func boundsBody(_ count: Int, _ expected: Int) {
        var limits = RequestLimits()
        limits.maximumBodyByteCount = 5
        let body = String(repeating: "x", count: count)
        let start = "POST / HTTP/1.1\r\nHost: h\r\n"
        #expect(status("\(start)Content-Length: \(count)\r\n\r\n\(body)", limits) == expected)
        let chunks = body.map { "1\r\n\($0)\r\n" }.joined()
        #expect(
            status("\(start)Transfer-Encoding: chunked\r\n\r\n\(chunks)0\r\n\r\n", limits)
                == expected
        )
    }

    @Test("A limit set between head and body holds for that request alone")
    func limitsOneBody() throws {
        let text = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n"
        let bytes = Array(text.utf8)
        var parser = RequestParser()
        _ = try parser.consume(bytes.span)
        let error = #expect(throws: ParseError.self) { try parser.limitBody(to: 2) }
        #expect(error?.kind == .bodyTooLarge)

        var other = RequestParser()
        _ = try other.consume(bytes.span)
        try other.limitBody(to: 3)
        _ = try other.consume([1, 2, 3].span)
        _ = try other.consume([UInt8]().span)
        _ = try other.consume(Array((text.replacing("3", with: "9")).utf8).span)
        #expect(try other.consume([1].span).event == .body(0..<1))
    }

    @Test("Keeps no more of an endless line than the limit, whatever the pieces")
    func boundsPartialLines() {
        var parser = RequestParser()
        let piece = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000)
        #expect(throws: ParseError.self) {
            for _ in 0..<10 { _ = try parser.consume(piece.span) }
        }
    }
}
