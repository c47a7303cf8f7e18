import Dispatch
import Engine
import Foundation
import HTTPServer
import Jobs
import TestSupport
import Testing

@testable import ServiceAPI

extension ServiceTests {
    @Suite("Streams of requests in the background")
    struct JobStreamTests {
        private static let fields =
            ",\"seed\":3,\"text\":{\"min_tokens\":3},\"image\":{\"steps\":3,\"preview_every\":1}"

        private func events(
            _ service: TestService,
            _ id: String,
            _ query: String = "",
            _ header: String = ""
        ) throws -> [StreamedEvent] {
            let response = try service.get("/v1/interleave/\(id)/events\(query)", header)
            try #require(response.status == 200, "\(response.text)")
            return try response.events()
        }

        /// What an event tells that is the same each time.
        private func content(_ event: StreamedEvent) -> NSDictionary {
            var data = event.data
            for name in ["id", "created", "eta_ms", "timings", "usage"] { data[name] = nil }
            return data as NSDictionary
        }

        @Test("Tell what a stream without tells, each event with its place")
        func tellsSame() throws {
            try withService { service in
                let plain = try service.post(
                    "/v1/interleave",
                    JobTests.body(Self.fields + ",\"stream\":true")
                ).events()
                let id = try service.postBackground(Self.fields)
                let events = try events(service, id)
                #expect(events.map(\.name) == plain.map(\.name))
                #expect(events.map(content) == plain.map(content))
                let places = (0..<events.count - 1).map { "1.\($0)" }
                #expect(events.dropLast().map(\.id) == places)
                #expect(events.last?.name == "[DONE]" && events.last?.id == nil)
            }
        }

        @Test("Begin behind any event, whichever way it is named")
        func beginsAnywhere() throws {
            try withService { service in
                let id = try service.postBackground(Self.fields)
                let whole = try events(service, id).map(\.id)
                let count = whole.count - 1
                for place in 0..<count - 1 {
                    let rest = Array(whole.dropFirst(place + 1))
                    #expect(try events(service, id, "?starting_after=\(place)").map(\.id) == rest)
                    let header = "Last-Event-ID: 1.\(place)\r\n"
                    #expect(try events(service, id, "", header).map(\.id) == rest)
                    // A browser that comes again says where it really is.
                    #expect(try events(service, id, "?starting_after=0", header).map(\.id) == rest)
                }
                // Who has heard everything is to stay away.
                let path = "/v1/interleave/\(id)/events"
                let over = try service.get(path, "Last-Event-ID: 1.\(count - 1)\r\n")
                #expect(over.status == 204 && over.body.isEmpty)
            }
        }

        @Test("Refuse places where there is no event")
        func refusesPlaces() throws {
            try withService { service in
                let id = try service.postBackground()
                let isComplete = service.waits(for: id, toBe: "completed")
                #expect(isComplete)
                let path = "/v1/interleave/\(id)/events"
                for query in [
                    "starting_after=1000", "starting_after=2.0", "starting_after=x",
                    "starting_after=", "starting_after", "after=1",
                    "starting_after=1&starting_after=2", "starting_after=-1",
                ] {
                    let response = try service.get(path + "?" + query)
                    #expect(response.status == 400, "\(query)")
                    #expect(try response.error()["param"] as? String == "starting_after")
                }
                let response = try service.get(path, "Last-Event-ID: 17x\r\n")
                #expect(response.status == 400)
                #expect(try response.error()["param"] as? String == "last-event-id")
            }
        }

        @Test("Refuse places that are still to come, of a request that nobody computed before")
        func refusesFuture() throws {
            try withService(configure: { $0.jobs.maximumRunningCount = 1 }) { service in
                let busy = try service.postBackground(JobTests.long)
                let waiting = try service.postBackground()
                let path = "/v1/interleave/\(waiting)/events"
                let response = try service.get(path, "Last-Event-ID: 1.500\r\n")
                #expect(response.status == 400)
                #expect(try service.get(path + "?starting_after=0").status == 400)
                for id in [busy, waiting] { #expect(try service.delete(id).status == 200) }
            }
        }

        @Test("Go on live, however often the client comes again, without a gap and nothing twice")
        func goesOn() throws {
            try withService(engine: try TinyModel.makeEngine()) { service in
                let id = try service.postBackground(
                    ",\"mode\":\"image\",\"image\":{\"steps\":300}"
                )
                var places: [String] = []
                while true {
                    let client = try HTTPTestClient(port: service.port, timeLimitSeconds: 60)
                    let last = places.last.map { "Last-Event-ID: \($0)\r\n" } ?? ""
                    client.send(
                        "GET /v1/interleave/\(id)/events HTTP/1.1\r\nHost: h\r\n\(last)\r\n"
                    )
                    // Some events, then the line is cut.
                    var text = ""
                    for _ in 0..<20 where !text.contains("[DONE]") {
                        text += try client.receive(through: "\n\n")
                    }
                    client.close()
                    let found = text.components(separatedBy: "\n").filter { $0.hasPrefix("id: ") }
                    places += found.map { $0.dropFirst(4).trimmingCharacters(in: .whitespaces) }
                    if text.contains("[DONE]") { break }
                }
                #expect(places == (0..<places.count).map { "1.\($0)" })
                #expect(places.count > 300)
            }
        }

        @Test("Show that they are alive while the request waits")
        func beats() throws {
            let engine = try TinyModel.makeEngine()
            try withService(
                engine: engine,
                configure: {
                    $0.heartbeat = .milliseconds(20)
                    $0.jobs.maximumRunningCount = 1
                }
            ) { service in
                let busy = try service.postBackground(JobTests.long)
                let id = try service.postBackground()
                let client = try HTTPTestClient(port: service.port)
                client.send("GET /v1/interleave/\(id)/events HTTP/1.1\r\nHost: h\r\n\r\n")
                let received = try client.receive(through: "\n: ")
                #expect(!received.contains("\nid: "))
                #expect(try service.delete(busy).status == 200)
                #expect(try client.receive(through: "[DONE]").contains("id: 1.0\n"))
            }
        }

        @Test("End with the error of a request that fails")
        func tellsFailure() throws {
            try withService { service in
                let id = try service.postBackground(",\"timeout_ms\":40" + JobTests.long)
                let events = try events(service, id)
                let error = try #require(events.dropLast().last)
                #expect(error.name == "error" && error.id == "1.\(events.count - 2)")
                let code = (error.data["error"] as? Document)?["code"] as? String
                #expect(code == "deadline_exceeded")
                #expect(events.last?.name == "[DONE]")
            }
        }

        @Test("A client that reads slowly misses nothing, and holds nobody up")
        func waitsForSlowReaders() throws {
            try withService(
                engine: try TinyModel.makeEngine(),
                configureServer: {
                    $0.responseHighWaterMark = 1 << 16
                    $0.sendBufferByteCount = 1 << 14
                }
            ) { service in
                let id = try service.postBackground(
                    ",\"mode\":\"image\",\"image\":{\"steps\":300,\"n\":4,\"preview_every\":1}"
                )
                let client = try HTTPTestClient(
                    port: service.port,
                    timeLimitSeconds: 60,
                    receiveBufferByteCount: 4096
                )
                client.send("GET /v1/interleave/\(id)/events HTTP/1.1\r\nHost: h\r\n\r\n")
                let isComplete = eventually(seconds: 60) {
                    (try? service.job(id))?["status"] as? String == "completed"
                }
                #expect(isComplete)
                let response = try client.receiveResponse()
                #expect(response.isComplete)
                let events = try response.events()
                #expect(events.dropLast().map(\.id) == (0..<events.count - 1).map { "1.\($0)" })
                #expect(response.body.count > 1 << 17, "more than was kept for it")
            }
        }
    }
}
