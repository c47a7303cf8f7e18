import Dispatch
import Engine
import Foundation
import HTTPServer
import Jobs
import Locking
import TestSupport
import Testing

@testable import ServiceAPI

/// What a file would hold, as it was at the moment of a loss of power.
private final class MemoryStorage: JobStorage {
    private let state: Mutex<[StoredJob]>

    init(_ jobs: [StoredJob] = []) { state = Mutex(jobs) }

    var jobs: [StoredJob] { state.withLock { $0 } }

    private func replace(_ id: String, _ body: (StoredJob) -> StoredJob) {
        state.withLock { jobs in jobs = jobs.map { $0.request.id == id ? body($0) : $0 } }
    }

    func insert(_ request: JobRequest, _ start: JobStart) {
        state.withLock { $0.append(StoredJob(request: request, start: start, ending: nil)) }
    }

    func update(_ id: String, _ start: JobStart) {
        replace(id) { StoredJob(request: $0.request, start: start, ending: $0.ending) }
    }

    func end(_ id: String, _ start: JobStart, _ ending: JobEnding) {
        replace(id) { StoredJob(request: $0.request, start: start, ending: ending) }
    }

    func clean() {}

    func delete(_ ids: [String]) {
        state.withLock { jobs in jobs.removeAll { ids.contains($0.request.id) } }
    }
}

extension ServiceTests {
    @Suite("Requests that outlive the process")
    struct JobRestartTests {
        private static let fields = ",\"mode\":\"image\",\"image\":{\"steps\":200}"

        private func segments(_ document: Document) -> NSArray? { document["segments"] as? NSArray }

        /// Begins a request, and returns it as it is written down while it is being computed.
        private func begin(
            _ engine: Engine,
            _ fields: String = fields,
            _ header: String = ""
        ) throws -> (jobs: [StoredJob], id: String, heard: String) {
            let storage = MemoryStorage()
            var (id, heard, jobs) = ("", "", [StoredJob]())
            try withService(engine: engine, storage: storage) { service in
                id = try service.postBackground(fields, header)
                let client = try HTTPTestClient(port: service.port, timeLimitSeconds: 60)
                client.send("GET /v1/interleave/\(id)/events HTTP/1.1\r\nHost: h\r\n\r\n")
                heard = try client.receive(through: "id: 1.20\n")
                jobs = storage.jobs
                _ = try service.delete(id)
            }
            return (jobs, id, heard)
        }

        @Test("Are computed again to the same bytes, and their streams go on where they were")
        func goesOn() throws {
            let engine = try TinyModel.makeEngine()
            let (jobs, id, heard) = try begin(engine)
            #expect(jobs.count == 1 && jobs[0].ending == nil && jobs[0].start.attemptCount == 1)
            #expect(heard.contains("id: 1.19\n"))
            try withService(engine: engine, storage: MemoryStorage(jobs), stored: jobs) { service in
                let path = "/v1/interleave/\(id)/events"
                let rest = try service.get(path, "Last-Event-ID: 1.20\r\n").events()
                #expect(rest.first?.id == "1.21" && rest.last?.name == "[DONE]")
                #expect(rest.dropLast().last?.name == "interleave.completed")
                let job = try service.job(id)
                let seed = try #require(job["parameters"] as? Document)["seed"] as? Int
                #expect(seed == Int(exactly: jobs[0].request.seed), "which was drawn before")
                let body = JobTests.body(Self.fields + ",\"seed\":\(seed ?? 0)")
                let plain = try service.post("/v1/interleave", body).document()
                #expect(segments(plain) == segments(job))
            }
        }

        @Test("Begin their streams anew with another model or version, and say so")
        func restarts() throws {
            let engine = try TinyModel.makeEngine()
            let (jobs, id, _) = try begin(engine)
            try withService(
                engine: engine,
                storage: MemoryStorage(jobs),
                stored: jobs,
                maker: "another"
            ) { service in
                let isComplete = service.waits(for: id, toBe: "completed")
                #expect(isComplete)
                let path = "/v1/interleave/\(id)/events"
                let events = try service.get(path, "Last-Event-ID: 1.20\r\n").events()
                #expect(events.first?.name == "interleave.restarted" && events.first?.id == nil)
                #expect(events.first?.data["epoch"] as? Int == 2)
                let places = events.dropFirst().dropLast().map(\.id)
                #expect(places == (0..<events.count - 2).map { "2.\($0)" })
                let over = try service.get(
                    path,
                    "Last-Event-ID: \(places.last.flatMap(\.self) ?? "")\r\n"
                )
                #expect(over.status == 204)
            }
        }

        @Test("That the next daemon refuses end with the reason")
        func refusesLater() throws {
            let engine = try TinyModel.makeEngine()
            let (jobs, id, _) = try begin(engine)
            try withService(
                engine: engine,
                storage: MemoryStorage(jobs),
                stored: jobs,
                configure: { $0.limits.maximumStepCount = 10 }
            ) { service in
                let hasFailed = service.waits(for: id, toBe: "failed")
                #expect(hasFailed)
                let error = try #require(try service.job(id)["error"] as? Document)
                #expect(error["param"] as? String == "image.steps")
                // Who has heard more of the first computation hears of the end all the same.
                let rest = try service.get("/v1/interleave/\(id)/events?starting_after=20").events()
                #expect(rest.map(\.name) == ["interleave.restarted", "error", "[DONE]"])
                // Wherever its client had been: this one's place is another than that of what it has heard.
                let first = try service.get("/v1/interleave/\(id)/events?starting_after=0")
                    .events()
                #expect(first.map(\.id) == [nil, "2.0", nil])
                let over = try service.get("/v1/interleave/\(id)/events?starting_after=2.0")
                #expect(over.status == 204)
            }
        }

        @Test("Tell at the end who named an event that never was")
        func tellsUnknownPlace() throws {
            let engine = try TinyModel.makeEngine()
            let (jobs, id, _) = try begin(engine)
            try withService(engine: engine, storage: MemoryStorage(jobs), stored: jobs) { service in
                let path = "/v1/interleave/\(id)/events"
                let rest = try service.get(path, "Last-Event-ID: 1.5000\r\n").events()
                #expect(rest.map(\.name) == ["error", "[DONE]"] && rest[0].id == nil)
            }
        }

        @Test("Are left to the next daemon at an orderly end: clients are to come again")
        func leavesToNext() throws {
            let engine = try TinyModel.makeEngine()
            let storage = MemoryStorage()
            try withService(
                engine: engine,
                storage: storage,
                configure: { $0.jobs.maximumRunningCount = 1 }
            ) { service in
                let running = try service.postBackground(JobTests.long)
                let isRunning = service.waits(for: running, toBe: "in_progress")
                #expect(isRunning)
                #expect(try service.job(running)["durable"] as? Bool == true)
                let waiting = try service.postBackground()
                let clients = try [running, waiting].map { id in
                    let client = try HTTPTestClient(port: service.port, timeLimitSeconds: 60)
                    client.send("GET /v1/interleave/\(id)/events HTTP/1.1\r\nHost: h\r\n\r\n")
                    _ = try client.receive(through: "\r\n\r\n")
                    return client
                }
                let patient = try HTTPTestClient(port: service.port, timeLimitSeconds: 60)
                patient.send(
                    TestService.request(
                        "/v1/interleave",
                        JobTests.body(JobTests.long),
                        "Idempotency-Key: a\r\n"
                    )
                )
                let isThere = eventually {
                    storage.jobs.count == 3
                }
                #expect(isThere)
                let ended = TestEvents<Void>()
                DispatchQueue.global().async {
                    service.service.end(service.server, delay: .zero, limit: .milliseconds(200))
                    ended.send(())
                }
                for client in clients {
                    let rest = String(decoding: try client.receiveToEnd(), as: UTF8.self)
                    #expect(!rest.contains("[DONE]") && !rest.contains("event: error"))
                    #expect(rest.hasSuffix("0\r\n\r\n"), "the end is one")
                }
                let refused = try patient.receiveResponse()
                #expect(refused.status == 503 && refused["retry-after"] != nil)
                try ended.next()
            }
            #expect(storage.jobs.count == 3)
            #expect(storage.jobs.allSatisfy { $0.ending == nil && $0.start.attemptCount == 0 })
        }
    }
}
