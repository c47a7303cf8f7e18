import Foundation
import Locking
import Testing

@testable import Tracing

@Suite struct SpanExporterTests {
    private struct Refusal: Error {}

    private static func span(_ name: String, parent: String? = nil) -> Span {
        Span(
            trace: Span.randomTrace(),
            parent: parent,
            name: name,
            kind: .server,
            start: 1_700_000_000_000_000_001,
            end: 1_700_000_000_000_000_002,
            attributes: [
                ("http.response.status_code", .integer(200)), ("url.path", .text("/v1/\"x\"")),
            ],
            failure: "late"
        )
    }

    @Test("Spans arrive as the protocol's JSON has them")
    func writesDocuments() throws {
        let sent = Mutex<[[UInt8]]>([])
        let exporter = SpanExporter(
            service: "interleaved",
            version: "1",
            send: { body in
                sent.withLock { $0.append(body) }
            },
            lost: { _, _ in }
        )
        let span = Self.span("POST /v1/interleave", parent: "00f067aa0ba902b7")
        exporter.export([span])
        exporter.end(limit: .seconds(60))
        let bodies = sent.withLock { $0 }
        let body = try #require(bodies.first)
        let object = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
        let resources = try #require(object?["resourceSpans"] as? [[String: Any]])
        let scopes = try #require(resources.first?["scopeSpans"] as? [[String: Any]])
        let spans = try #require(scopes.first?["spans"] as? [[String: Any]])
        let told = try #require(spans.first)
        #expect(told["traceId"] as? String == span.trace)
        #expect(told["spanId"] as? String == span.identifier)
        #expect(told["parentSpanId"] as? String == "00f067aa0ba902b7")
        #expect(told["kind"] as? Int == 2)
        #expect(told["startTimeUnixNano"] as? String == "1700000000000000001")
        #expect((told["status"] as? [String: Any])?["code"] as? Int == 2)
        let attributes = try #require(told["attributes"] as? [[String: Any]])
        #expect((attributes[0]["value"] as? [String: String])?["intValue"] == "200")
        #expect((attributes[1]["value"] as? [String: String])?["stringValue"] == "/v1/\"x\"")
    }

    @Test("What finds no room is lost and counted; the rest arrives")
    func boundsTheQueue() {
        let sent = Mutex(0)
        let exporter = SpanExporter(service: "a", version: "1", capacity: 3, pause: .seconds(60)) {
            _ in
            sent.withLock { $0 += 1 }
        } lost: { _, _ in
        }
        exporter.export((0..<5).map { Self.span("\($0)") })
        #expect(exporter.lostCount == 2)
        exporter.end(limit: .seconds(60))
        #expect(sent.withLock { $0 } == 1)
    }

    @Test("What the collector does not take is lost and counted, and told with the reason")
    func countsRefusals() {
        let told = Mutex(0)
        let exporter = SpanExporter(service: "a", version: "1") { _ in
            throw Refusal()
        } lost: { count, error in
            if error is Refusal { told.withLock { $0 += count } }
        }
        exporter.export([Self.span("a"), Self.span("b")])
        exporter.end(limit: .seconds(60))
        #expect(exporter.lostCount == 2)
        #expect(told.withLock { $0 } == 2)
    }

    @Test("At the end a collector that refuses is asked once, whatever waits")
    func endsEarly() {
        let asked = Mutex(0)
        let exporter = SpanExporter(service: "a", version: "1", pause: .seconds(60)) { _ in
            asked.withLock { $0 += 1 }
            throw Refusal()
        } lost: { _, _ in
        }
        exporter.export((0..<5_000).map { Self.span("\($0)") })
        exporter.end(limit: .seconds(60))
        #expect(asked.withLock { $0 } == 1)
        #expect(exporter.lostCount == 5_000)
    }
}
