import Dispatch
import Engine
import Foundation
import HTTPServer
import Jobs
import Keys
import TestSupport
import Testing

@testable import ServiceAPI

extension ServiceTests {
    @Suite("Requests with a key, sent again")
    struct IdempotencyTests {
        private static let words = ",\"mode\":\"text\",\"text\":{\"min_tokens\":3,\"max_tokens\":6}"
        private static let key = "Idempotency-Key: \"one\"\r\n"

        private func post(
            _ service: TestService,
            _ fields: String = words,
            _ header: String = key
        ) throws -> ReceivedResponse {
            try service.post("/v1/interleave", JobTests.body(fields), header)
        }

        private func admitted(_ service: TestService) throws -> Int {
            let line = try service.get("/metrics").text.split(separator: "\n").filter {
                $0.hasPrefix("interleaved_requests_admitted_total")
            }
            return line.compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.reduce(
                0,
                +
            )
        }

        @Test("Get the answer of the first, byte for byte, and are not computed again")
        func repeats() throws {
            try withService { service in
                let first = try post(service)
                #expect(first.status == 200)
                let again = try post(service, Self.words, "Idempotency-Key: one\r\n")
                #expect(
                    again.status == 200 && again.body == first.body,
                    "also the seed that was drawn"
                )
                #expect(again["x-request-id"] != first["x-request-id"])
                let other = try post(service, Self.words, "Idempotency-Key: two\r\n")
                #expect(other.body != first.body)
                #expect(try admitted(service) == 2)
                let id = try #require(try first.document()["id"] as? String)
                #expect(try service.job(id)["status"] as? String == "completed")
            }
        }

        @Test("Wait for the first together with its client, or in its place")
        func joins() throws {
            let engine = try TinyModel.makeEngine()
            try withService(engine: engine) { service in
                let drawing = ",\"mode\":\"image\",\"image\":{\"steps\":300}"
                let request = TestService.request(
                    "/v1/interleave",
                    JobTests.body(drawing),
                    Self.key
                )
                let first = try HTTPTestClient(port: service.port, timeLimitSeconds: 60)
                first.send(request)
                let isRunning = eventually { engine.status.runningCount == 1 }
                #expect(isRunning)
                first.close()
                let clients = try (0..<3).map { _ in
                    try HTTPTestClient(port: service.port, timeLimitSeconds: 60)
                }
                for client in clients { client.send(request) }
                let answers = try clients.map { try $0.receiveResponse() }
                #expect(answers.allSatisfy { $0.status == 200 && $0.body == answers[0].body })
                #expect(try admitted(service) == 1)
            }
        }

        @Test("Get the events of the first again, with their places")
        func repeatsStreams() throws {
            try withService { service in
                let fields = Self.words + ",\"stream\":true"
                let first = try post(service, fields).events()
                #expect(first.first?.name == "interleave.created" && first.first?.id == "1.0")
                let again = try post(service, fields).events()
                #expect(again.map(\.id) == first.map(\.id))
                let pairs = zip(first, again)
                #expect(pairs.allSatisfy { ($0.data as NSDictionary).isEqual($1.data) })
                let id = try #require(first.first?.data["id"] as? String)
                let rest = try service.get("/v1/interleave/\(id)/events?starting_after=0").events()
                #expect(rest.map(\.id) == first.dropFirst().map(\.id))
            }
        }

        @Test("In the background get the name of the first")
        func repeatsBackground() throws {
            try withService { service in
                let fields = Self.words + ",\"background\":true"
                let first = try post(service, fields)
                let again = try post(service, fields)
                #expect(first.status == 202 && again.status == 202)
                #expect(again["location"] == first["location"])
            }
        }

        @Test("With another document are refused; another tenant's key is another one")
        func refusesOthers() throws {
            let (mine, other) = (TestKey("mine"), TestKey("other"))
            try withService(keys: KeyRing(mine, other)) { service in
                let first = try post(service, Self.words, Self.key + mine.field)
                #expect(first.status == 200)
                let second = try post(service, Self.words + ",\"seed\":1", Self.key + mine.field)
                #expect(second.status == 422)
                #expect(try second.error()["code"] as? String == "idempotency_key_reused")
                #expect(try second.error()["param"] as? String == "idempotency-key")
                let theirs = try post(service, Self.words + ",\"seed\":1", Self.key + other.field)
                #expect(theirs.status == 200)
                let id = try #require(try first.document()["id"] as? String)
                #expect(try service.delete(id, mine.field).status == 200)
                #expect(
                    try post(service, Self.words + ",\"seed\":1", Self.key + mine.field).status
                        == 200
                )
            }
        }

        @Test("Are refused where the key is none")
        func refusesKeys() throws {
            try withService { service in
                let long = String(repeating: "a", count: 256)
                for value in [
                    "", "\"\"", "\"a", "\"a\"b", "\"a\\b\"", "a b", long, "\"\(long)\"",
                    "a\r\nIdempotency-Key: a",
                ] {
                    let response = try post(service, Self.words, "Idempotency-Key: \(value)\r\n")
                    #expect(response.status == 400, "\(value)")
                    #expect(try response.error()["param"] as? String == "idempotency-key")
                }
                let escaped = try post(service, Self.words, "Idempotency-Key: \"a \\\"b\\\\\"\r\n")
                #expect(escaped.status == 200)
            }
        }

        @Test("Get the same error where it would be the same, and another try where it would not")
        func repeatsErrors() throws {
            let engine = try TinyModel.makeEngine(maximumRunningCount: 1, maximumWaitingCount: 0)
            try withService(engine: engine) { service in
                let picture = TestPictures.part(Array("none".utf8))
                let body = "{\"input\":[\(picture)]}"
                for _ in 0..<2 {
                    let response = try service.post(
                        "/v1/interleave",
                        body,
                        "Idempotency-Key: bad\r\n"
                    )
                    #expect(response.status == 422)
                    #expect(try response.error()["code"] as? String == "unreadable_image")
                }
                #expect(try admitted(service) == 1)
                let busy = try service.postBackground(JobTests.long)
                let isRunning = service.waits(for: busy, toBe: "in_progress")
                #expect(isRunning)
                for fields in [Self.words, Self.words + ",\"stream\":true"] {
                    let refused = try post(service, fields)
                    #expect(refused.status == 429 && refused["retry-after"] != nil)
                    #expect(try refused.error()["code"] as? String == "queue_full")
                }
                #expect(try service.delete(busy).status == 200)
                let isIdle = eventually { engine.status.runningCount == 0 }
                #expect(isIdle)
                #expect(try post(service).status == 200)
                let late = JobTests.long + ",\"timeout_ms\":50"
                for _ in 0..<2 {
                    let response = try post(service, late, "Idempotency-Key: late\r\n")
                    #expect(response.status == 504)
                    #expect(response["x-should-retry"] == "false")
                }
            }
        }
    }
}
