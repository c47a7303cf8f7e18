import Dispatch
import Engine
import Foundation
import HTTPServer
import Jobs
import Keys
import TestSupport
import Testing

@testable import ServiceAPI

extension TestService {
    /// Sends a request with `background`, and returns the name of its answer.
    func postBackground(_ fields: String = "", _ header: String = "") throws -> String {
        let body = ServiceTests.JobTests.body(",\"background\":true" + fields)
        let response = try post("/v1/interleave", body, header)
        try #require(response.status == 202, "\(response.text)")
        return try #require(try response.document()["id"] as? String)
    }

    /// What is told of a request that is kept.
    func job(_ id: String, _ header: String = "") throws -> Document {
        let response = try get("/v1/interleave/\(id)", header)
        try #require(response.status == 200, "\(response.text)")
        return try response.document()
    }

    /// Waits until a request that is kept is where it should be.
    func waits(for id: String, toBe status: String, _ header: String = "") -> Bool {
        eventually { (try? job(id, header))?["status"] as? String == status }
    }

    func delete(_ id: String, _ header: String = "") throws -> ReceivedResponse {
        try exchange("DELETE /v1/interleave/\(id) HTTP/1.1\r\nHost: h\r\n\(header)\r\n")
    }
}

extension ServiceTests {
    @Suite("Requests in the background")
    struct JobTests {
        static let long = ",\"mode\":\"image\",\"image\":{\"steps\":900,\"n\":8}"

        /// A request that says as much as it must, and some fields.
        static func body(_ fields: String = "") -> String {
            "{\"input\":[\(InterleaveTests.text)]\(fields)}"
        }

        private func same(_ first: Any?, _ second: Any?) -> Bool {
            (first as? NSObject)?.isEqual(second) == true
        }

        @Test("Are answered at once with a name, under which the same answer is found as without")
        func answers() throws {
            try withService { service in
                let fields = ",\"seed\":5,\"text\":{\"min_tokens\":3},\"image\":{\"steps\":2}"
                let body = Self.body(fields)
                let plain = try service.post("/v1/interleave", body).document()
                let response = try service.post(
                    "/v1/interleave",
                    Self.body(",\"background\":true" + fields)
                )
                #expect(response.status == 202)
                let accepted = try response.document()
                let id = try #require(accepted["id"] as? String)
                #expect(response["location"] == "/v1/interleave/\(id)")
                #expect(accepted["object"] as? String == "interleave")
                #expect(accepted["model"] as? String == TinyModel.name)
                #expect(accepted["seed"] as? Int == 5)
                #expect(accepted["durable"] as? Bool == false, "it ends with the daemon")
                let isComplete = service.waits(for: id, toBe: "completed")
                #expect(isComplete)
                let job = try service.job(id)
                #expect(same(job["segments"], plain["segments"]))
                #expect(job["finish_reason"] as? String == plain["finish_reason"] as? String)
                #expect(job["id"] as? String == id && job["created"] as? Int != nil)
                #expect(job["usage"] is Document && job["parameters"] is Document)
                #expect(
                    try service.get("/v1/interleave/\(id)").body
                        == service.get("/v1/interleave/\(id)").body
                )
            }
        }

        @Test("Go on when their client is gone")
        func outlivesConnection() throws {
            let engine = try TinyModel.makeEngine()
            try withService(engine: engine) { service in
                let id = try service.postBackground(",\"mode\":\"image\",\"image\":{\"steps\":200}")
                #expect(
                    service.waits(for: id, toBe: "in_progress")
                        || service.waits(for: id, toBe: "completed")
                )
                let isComplete = service.waits(for: id, toBe: "completed")
                #expect(isComplete)
            }
        }

        @Test("Wait beside the engine's queue: they take no place there, and are refused none")
        func waits() throws {
            let engine = try TinyModel.makeEngine(maximumRunningCount: 1, maximumWaitingCount: 0)
            try withService(engine: engine) { service in
                let busy = try HTTPTestClient(port: service.port, timeLimitSeconds: 60)
                busy.send(TestService.request("/v1/interleave", Self.body(Self.long)))
                let isRunning = eventually { engine.status.runningCount == 1 }
                #expect(isRunning)
                #expect(try service.post("/v1/interleave", Self.body()).status == 429)
                let id = try service.postBackground()
                #expect(try service.job(id)["status"] as? String == "queued")
                busy.close()
                let isComplete = service.waits(for: id, toBe: "completed")
                #expect(isComplete)
                #expect(try service.job(id)["error"] == nil)
            }
        }

        @Test("Have their time from their start on, not while they wait")
        func timesFromStart() throws {
            let engine = try TinyModel.makeEngine()
            try withService(engine: engine, configure: { $0.jobs.maximumRunningCount = 1 }) {
                service in
                let busy = try service.postBackground(Self.long)
                let isRunning = service.waits(for: busy, toBe: "in_progress")
                #expect(isRunning)
                let id = try service.postBackground(
                    ",\"timeout_ms\":5000,\"mode\":\"text\",\"text\":{\"max_tokens\":1}"
                )
                let late = try service.postBackground(",\"timeout_ms\":40" + Self.long)
                // Longer than the second may take.
                _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .milliseconds(200))
                #expect(try service.job(late)["status"] as? String == "queued")
                #expect(try service.delete(busy).status == 200)
                let isComplete = service.waits(for: id, toBe: "completed")
                #expect(isComplete)
                let isLate = service.waits(for: late, toBe: "failed")
                #expect(isLate)
                let error = try #require(try service.job(late)["error"] as? Document)
                #expect(error["code"] as? String == "deadline_exceeded")
                #expect(error["param"] as? String == "timeout_ms")
            }
        }

        @Test("Tell what was wrong with them where that is found out later")
        func fails() throws {
            try withService { service in
                let picture = TestPictures.part(Array("none".utf8))
                let response = try service.post(
                    "/v1/interleave",
                    "{\"input\":[\(picture)],\"background\":true}"
                )
                #expect(response.status == 202)
                let id = try #require(try response.document()["id"] as? String)
                let hasFailed = service.waits(for: id, toBe: "failed")
                #expect(hasFailed)
                let error = try #require(try service.job(id)["error"] as? Document)
                #expect(error["code"] as? String == "unreadable_image")
                #expect(error["param"] as? String == "input[0].image")
            }
        }

        @Test("Are refused where they make no sense, and as strictly as all")
        func refuses() throws {
            try withService { service in
                for (fields, parameter) in [
                    (",\"stream\":true", "stream"), (",\"dry_run\":true", "background"),
                    (",\"colour\":1", "colour"), (",\"text\":{\"top_p\":2}", "text.top_p"),
                ] {
                    let response = try service.post(
                        "/v1/interleave",
                        Self.body(",\"background\":true" + fields)
                    )
                    #expect(response.status == 400)
                    #expect(try response.error()["param"] as? String == parameter)
                }
                #expect(try service.get("/v1/interleave/nothing").status == 404)
                #expect(try service.get("/v1/interleave/nothing/events").status == 404)
            }
        }

        @Test("DELETE ends the computation and erases all there is")
        func erases() throws {
            let engine = try TinyModel.makeEngine()
            try withService(engine: engine) { service in
                let id = try service.postBackground(Self.long, "X-Request-Id: mine\r\n")
                let isRunning = service.waits(for: id, toBe: "in_progress")
                #expect(isRunning)
                let follower = try HTTPTestClient(port: service.port, timeLimitSeconds: 60)
                follower.send("GET /v1/interleave/\(id)/events HTTP/1.1\r\nHost: h\r\n\r\n")
                _ = try follower.receive(through: "image.progress")
                let response = try service.delete("mine")
                #expect(response.status == 200)
                #expect(try response.document()["object"] as? String == "interleave.deleted")
                #expect(try response.document()["count"] as? Int == 1)
                let rest = try follower.receive(through: "[DONE]")
                #expect(rest.contains("event: error\n") && rest.contains("\"code\":\"cancelled\""))
                #expect(try service.get("/v1/interleave/\(id)").status == 404)
                #expect(try service.delete(id).status == 404)
                let isIdle = eventually { engine.status.runningCount == 0 }
                #expect(isIdle)
                #expect(service.service.jobs.load().byteCount == 0)
            }
        }

        @Test("Are so many of one tenant at most, and tell when there is room")
        func bounds() throws {
            try withService(configure: { $0.jobs.maximumCount = 1 }) { service in
                let id = try service.postBackground()
                let isComplete = service.waits(for: id, toBe: "completed")
                #expect(isComplete)
                let refused = try service.post(
                    "/v1/interleave",
                    Self.body(",\"background\":true")
                )
                #expect(refused.status == 429 && refused["retry-after"] != nil)
                #expect(try refused.error()["code"] as? String == "too_many_jobs")
                #expect(try service.delete(id).status == 200)
                _ = try service.postBackground()
            }
        }

        @Test("Cannot have more bytes than are kept: the answer says so")
        func boundsBytes() throws {
            try withService(configure: { $0.jobs.maximumByteCount = 2000 }) { service in
                let id = try service.postBackground(",\"mode\":\"image\",\"image\":{\"steps\":100}")
                let hasFailed = service.waits(for: id, toBe: "failed")
                #expect(hasFailed)
                let error = try #require(try service.job(id)["error"] as? Document)
                #expect(error["code"] as? String == "too_many_jobs")
                let isSmall = service.service.jobs.load().byteCount <= 2000
                #expect(isSmall)
            }
        }

        @Test("Are their tenant's alone, and read with the right to read")
        func separatesTenants() throws {
            let owner = TestKey("owner", tenant: "first")
            let reader = TestKey("reader", tenant: "first", [.read])
            let writer = TestKey("writer", tenant: "first", [.generate])
            let other = TestKey("other")
            let admin = TestKey("operator", [.read, .admin])
            try withService(keys: KeyRing(owner, reader, writer, other, admin)) { service in
                let id = try service.postBackground("", owner.field)
                let isComplete = service.waits(for: id, toBe: "completed", reader.field)
                #expect(isComplete)
                for path in ["/v1/interleave/\(id)", "/v1/interleave/\(id)/events"] {
                    #expect(try service.get(path, other.field).status == 404)
                    #expect(try service.get(path, admin.field).status == 404)
                    #expect(try service.get(path, writer.field).status == 403)
                    #expect(try service.get(path).status == 401)
                }
                #expect(try service.delete(id, other.field).status == 404)
                #expect(try service.delete(id, reader.field).status == 403)
                #expect(try service.delete(id, writer.field).status == 200)
            }
        }

        @Test("Are counted for the key that sent them")
        func charges() throws {
            let key = TestKey("owner")
            let ring = KeyRing(key)
            try withService(keys: ring) { service in
                let id = try service.postBackground(
                    ",\"mode\":\"image\",\"image\":{\"steps\":2}",
                    key.field
                )
                let isComplete = service.waits(for: id, toBe: "completed", key.field)
                #expect(isComplete)
                let usage = try #require(ring.accounts.first).usage
                #expect(usage.pictureCount == 1 && usage.tokenCount > 0)
                #expect(ring.accounts.first?.runningCount == 0)
            }
        }

        @Test("That are kept in memory are lost with the daemon, and say so")
        func losesAtEnd() throws {
            try withService(
                engine: try TinyModel.makeEngine(),
                configure: { $0.jobs.maximumRunningCount = 1 }
            ) { service in
                let running = try service.postBackground(
                    ",\"mode\":\"image\",\"image\":{\"steps\":300}"
                )
                let isRunning = service.waits(for: running, toBe: "in_progress")
                #expect(isRunning)
                let waiting = try service.postBackground()
                service.service.drain()
                let isLost = service.waits(for: waiting, toBe: "failed")
                #expect(isLost)
                let error = try #require(try service.job(waiting)["error"] as? Document)
                #expect(error["code"] as? String == "draining")
                let isComplete = service.waits(for: running, toBe: "completed")
                #expect(isComplete, "what was begun is finished")
            }
        }

        @Test("That the end of the daemon cuts short in memory say so, and not that somebody did")
        func tellsDraining() throws {
            let engine = try TinyModel.makeEngine()
            try withService(engine: engine) { service in
                let id = try service.postBackground(Self.long)
                let isRunning = service.waits(for: id, toBe: "in_progress")
                #expect(isRunning)
                service.service.drain()
                engine.waitUntilIdle(limit: .zero)
                let isLost = service.waits(for: id, toBe: "failed")
                #expect(isLost)
                let error = try #require(try service.job(id)["error"] as? Document)
                #expect(error["code"] as? String == "draining")
            }
        }

        @Test("Are counted in /metrics and /v1/engine")
        func counts() throws {
            try withService { service in
                let id = try service.postBackground()
                let isComplete = service.waits(for: id, toBe: "completed")
                #expect(isComplete)
                let jobs = try #require(
                    try service.get("/v1/engine").document()["jobs"] as? Document
                )
                #expect(jobs["completed"] as? Int == 1 && jobs["queued"] as? Int == 0)
                #expect(jobs["bytes"] as? Int ?? 0 > 0)
                let metrics = try service.get("/metrics").text
                #expect(metrics.contains("interleaved_jobs{state=\"completed\"} 1\n"))
                #expect(metrics.contains("interleaved_jobs{state=\"in_progress\"} 0\n"))
                let route =
                    "interleaved_http_requests_total{route=\"/v1/interleave/{id}\",status=\"2xx\"}"
                #expect(metrics.contains(route))
            }
        }
    }
}
