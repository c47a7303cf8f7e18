import Engine
import HTTPServer
import Keys
import Locking
import Logging
import Sockets
import TestSupport
import Testing

@testable import ServiceAPI

/// A log whose lines a test reads.
final class TestLog: Sendable {
    /// A line: its words, and what belongs to it as texts.
    struct Line: Sendable {
        let message: String
        let metadata: [String: String]
    }

    private let lines = Mutex<[Line]>([])

    fileprivate func add(_ line: Line) { lines.withLock { $0.append(line) } }

    /// What writes into it.
    var logger: Logger {
        Logger(label: "test") { [self] _ in Handler(log: self) }
    }

    /// The line of the request with a name, which is written about when its answer arrives.
    func line(of request: String) throws -> [String: String] {
        var found: Line?
        _ = eventually {
            found = lines.withLock { $0.first { $0.metadata["request"] == request } }
            return found != nil
        }
        return try #require(found).metadata
    }

    /// The first line that begins with some words.
    func line(beginning words: String) throws -> [String: String] {
        var found: Line?
        _ = eventually {
            found = lines.withLock { $0.first { $0.message.hasPrefix(words) } }
            return found != nil
        }
        return try #require(found).metadata
    }

    private struct Handler: LogHandler {
        let log: TestLog
        var logLevel = Logger.Level.debug
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let metadata = (event.metadata ?? [:]).mapValues { "\($0)" }
            log.add(Line(message: "\(event.message)", metadata: metadata))
        }
    }
}

extension ServiceTests {
    @Suite("The log's line of a request")
    struct RequestLineTests {
        private static let words =
            "{\"input\":[\(InterleaveTests.text)],\"mode\":\"text\",\"text\":{\"max_tokens\":3}}"
        private static let endless =
            "{\"input\":[\(InterleaveTests.text)],\"mode\":\"image\","
            + "\"image\":{\"steps\":900,\"n\":4}}"

        private static func name(_ name: String) -> String { "X-Request-Id: \(name)\r\n" }

        @Test(
            "It tells the client, the bytes both ways and why the generation ended",
            arguments: [false, true]
        )
        func answered(isStreamed: Bool) throws {
            let log = TestLog()
            try withService(logger: log.logger) { service in
                let accept = isStreamed ? "Accept: text/event-stream\r\n" : ""
                let response = try service.post(
                    "/v1/interleave",
                    Self.words,
                    Self.name("one") + accept
                )
                #expect(response.status == 200)
                let line = try log.line(of: "one")
                #expect(line["client_address"] == "127.0.0.1")
                #expect(line["bytes_received"] == "\(Self.words.utf8.count)")
                #expect(line["bytes_sent"] == "\(response.body.count)")
                #expect(["stop", "length", "image"].contains(line["finish_reason"]))
                #expect(line["mode"] == "text")
                #expect(line["error"] == nil && line["cancelled_by"] == nil)
                #expect(!line.values.contains { $0.contains("red circle") })
            }
        }

        @Test(
            "Behind a proxy that is trusted the client is whom it names, also where a request is refused"
        )
        func proxied() throws {
            let log = TestLog()
            let proxy = try AddressRange("127.0.0.1")
            try withService(
                logger: log.logger,
                configureServer: { $0.trustedProxies = [proxy] }
            ) { service in
                let forwarded = "X-Forwarded-For: 203.0.113.9\r\n"
                _ = try service.get("/v1/models", Self.name("served") + forwarded)
                #expect(try log.line(of: "served")["client_address"] == "203.0.113.9")
                let refused = try service.get("/v1/nothing", Self.name("refused") + forwarded)
                let line = try log.line(of: "refused")
                #expect(line["client_address"] == "203.0.113.9")
                #expect(line["bytes_received"] == "0")
                #expect(line["bytes_sent"] == "\(refused.body.count)")
                #expect(line["finish_reason"] == nil && line["error"] == "not_found")
                _ = try service.exchange("nonsense\r\n\r\n")
                #expect(try log.line(beginning: "refused:")["client_address"] == "127.0.0.1")
            }
        }

        @Test("Who asked for the end of a request is told by the name of the key")
        func cancelled() throws {
            let log = TestLog()
            let key = TestKey("painter")
            let admin = TestKey("operator", [.admin])
            try withService(keys: KeyRing(key, admin), logger: log.logger) { service in
                let client = try HTTPTestClient(port: service.port, timeLimitSeconds: 60)
                client.send(
                    TestService.request(
                        "/v1/interleave",
                        Self.endless,
                        key.field + Self.name("long")
                    )
                )
                let isCancelled = eventually {
                    let request =
                        "DELETE /v1/interleave/long HTTP/1.1\r\nHost: h\r\n\(admin.field)\r\n"
                    return (try? service.exchange(request).status) == 200
                }
                #expect(isCancelled)
                #expect(try client.receiveResponse().status == 499)
                let line = try log.line(of: "long")
                #expect(line["finish_reason"] == "cancelled")
                #expect(line["cancelled_by"] == "operator" && line["key"] == "painter")
            }
        }

        @Test("A client that went away and a time that is over are the ends that they are")
        func ended() throws {
            let log = TestLog()
            try withService(logger: log.logger) { service in
                let client = try HTTPTestClient(port: service.port)
                client.send(
                    TestService.request("/v1/interleave", Self.endless, Self.name("gone"))
                )
                #expect(service.runs(stage: "denoise"))
                client.close()
                let gone = try log.line(of: "gone")
                #expect(gone["finish_reason"] == "client_gone" && gone["bytes_sent"] == "0")
                let late = Self.endless.dropLast() + ",\"timeout_ms\":150}"
                _ = try service.post("/v1/interleave", String(late), Self.name("late"))
                #expect(try log.line(of: "late")["finish_reason"] == "deadline_exceeded")
            }
        }

        @Test("Where programs read the log, what its words say are fields as well")
        func structured() throws {
            let log = TestLog()
            try withService(
                logger: log.logger,
                configure: { $0.hasStructuredLog = true }
            ) { service in
                _ = try service.post("/v1/interleave", Self.words, Self.name("one"))
                let line = try log.line(of: "one")
                #expect(line["method"] == "POST" && line["path"] == "/v1/interleave")
                #expect(line["status"] == "200")
                #expect(Double(line["duration_ms"] ?? "") ?? 0 > 0)
                #expect(Int(line["prompt_tokens"] ?? "") ?? 0 > 0)
                #expect(line["input_images"] == "0" && line["output_images"] == "0")
                #expect(line["tokens"] == nil && line["images"] == nil)
            }
        }
    }
}
