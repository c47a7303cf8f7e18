import Engine
import Foundation
import HTTPServer
import ServiceAPI
import TestSupport
import Testing

extension ServiceTests {
    @Suite("Streams of events")
    struct StreamTests {
        private let long =
            "{\"input\":[{\"type\":\"text\",\"text\":\"a\"}],\"mode\":\"image\","
            + "\"stream\":true,\"image\":{\"steps\":900,\"n\":8,\"preview_every\":1}}"

        @Test("Come in the order of the contract, numbered without gaps")
        func ordersEvents() throws {
            try withService { service in
                let body = InterleaveTests.body(
                    ",\"stream\":true,\"image\":{\"steps\":3,\"preview_every\":1},"
                        + "\"text\":{\"min_tokens\":2}"
                )
                let response = try service.post("/v1/interleave", body)
                #expect(response.status == 200 && response.isComplete)
                #expect(response["content-type"] == "text/event-stream")
                #expect(response["cache-control"] == "no-store")
                #expect(response["x-request-id"] != nil)
                let events = try response.events()
                let numbers = events.dropLast().map { $0.data["sequence_number"] as? Int }
                #expect(numbers == Array(0..<(events.count - 1)))
                for event in events.dropLast() {
                    #expect(event.data["type"] as? String == event.name)
                }
                let picture = [
                    "interleave.created", "segment.started", "image.progress", "image.partial",
                    "image.progress", "image.partial", "image.progress", "segment.done",
                    "segment.started", "text.delta",
                ]
                #expect(Array(events.map(\.name).prefix(picture.count)) == picture)
                #expect(
                    events.map(\.name).suffix(3) == [
                        "segment.done", "interleave.completed", "[DONE]",
                    ]
                )
                let words = events.filter { $0.name == "text.delta" }
                    .compactMap { $0.data["text"] as? String }.joined()
                let segment = events[events.count - 3].data["segment"] as? Document
                #expect(segment?["text"] as? String == words)
                let completed = events[events.count - 2].data
                #expect(completed["usage"] is Document && completed["timings"] is Document)
                #expect(completed["finish_reason"] is String)
            }
        }

        @Test("Answer to the Accept field, unless the document says otherwise")
        func followsAccept() throws {
            try withService { service in
                let accept = "Accept: application/json;q=0.5, text/event-stream;q=0.9\r\n"
                let streamed = try service.post("/v1/interleave", InterleaveTests.body(), accept)
                #expect(streamed["content-type"] == "text/event-stream")
                let plain = try service.post(
                    "/v1/interleave",
                    InterleaveTests.body(",\"stream\":false"),
                    accept
                )
                #expect(plain["content-type"] == "application/json")
            }
        }

        @Test("Previews need a stream, which the Accept field may ask for")
        func refusesUnseenPreviews() throws {
            try withService { service in
                let body = InterleaveTests.body(",\"image\":{\"preview_every\":1}")
                let refused = try service.post("/v1/interleave", body)
                #expect(refused.status == 400)
                #expect(try refused.error()["param"] as? String == "image.preview_every")
                let accept = "Accept: text/event-stream\r\n"
                let streamed = try service.post("/v1/interleave", body, accept)
                #expect(streamed["content-type"] == "text/event-stream")
            }
        }

        @Test("Still give an unreadable picture its own status")
        func refusesBeforeStream() throws {
            try withService { service in
                let part = TestPictures.part(Array("no picture".utf8))
                let response = try service.post(
                    "/v1/interleave",
                    "{\"input\":[\(part)],\"stream\":true}"
                )
                #expect(response.status == 422)
                #expect(try response.error()["param"] as? String == "input[0].image")
            }
        }

        @Test("End with an error event if the request fails on its way")
        func failsOnTheWay() throws {
            try withService { service in
                let body = self.long.replacingOccurrences(
                    of: "{\"input\"",
                    with: "{\"timeout_ms\":300,\"input\""
                )
                let events = try service.post("/v1/interleave", body).events()
                #expect(events.first?.name == "interleave.created")
                let error = try #require(events.dropLast().last)
                #expect(error.name == "error" && events.last?.name == "[DONE]")
                #expect(
                    (error.data["error"] as? Document)?["code"] as? String == "deadline_exceeded"
                )
            }
        }

        @Test("Show that they are alive while the request waits in the queue")
        func beats() throws {
            let engine = try TinyModel.makeEngine()
            try withService(engine: engine, configure: { $0.heartbeat = .milliseconds(20) }) {
                service in
                let busy = try HTTPTestClient(port: service.port)
                busy.send(TestService.request("/v1/interleave", self.long))
                let isBusy = eventually { engine.status.runningCount == 1 }
                #expect(isBusy)
                let client = try HTTPTestClient(port: service.port)
                client.send(
                    TestService.request("/v1/interleave", InterleaveTests.body(",\"stream\":true"))
                )
                let received = try client.receive(through: "\n: ")
                #expect(received.contains("event: interleave.created"))
                busy.close()
            }
        }

        @Test("Cancel the request when the client goes away")
        func cancelsOnDisconnect() throws {
            let engine = try TinyModel.makeEngine()
            try withService(engine: engine) { service in
                let client = try HTTPTestClient(port: service.port)
                client.send(TestService.request("/v1/interleave", self.long))
                let isRunning = eventually { engine.status.runningCount == 1 }
                #expect(isRunning)
                client.close()
                let isIdle = eventually { engine.status.runningCount == 0 }
                #expect(isIdle)
            }
        }

        @Test("Are cut, and their request cancelled, when a client reads too slowly")
        func cutsSlowReaders() throws {
            let engine = try TinyModel.makeEngine()
            try withService(
                engine: engine,
                configure: { $0.maximumBacklogByteCount = 1 << 16 },
                configureServer: {
                    $0.responseHighWaterMark = 1 << 16
                    $0.sendBufferByteCount = 1 << 14
                }
            ) { service in
                let client = try HTTPTestClient(
                    port: service.port,
                    timeLimitSeconds: 60,
                    receiveBufferByteCount: 4096
                )
                client.send(TestService.request("/v1/interleave", self.long))
                let isRunning = eventually { engine.status.runningCount == 1 }
                #expect(isRunning)
                let isCancelled = eventually(seconds: 60) { engine.status.runningCount == 0 }
                #expect(isCancelled)
                // A part must not pass for the whole; the error that says so is all that counts.
                let whole = try? client.receiveResponse()
                #expect(whole == nil, "the stream ended as if it were complete")
            }
        }
    }
}
