import Engine
import Foundation
import ServiceAPI
import Tensors
import TestSupport
import Testing

extension ServiceTests {
    @Suite("GET /v1/engine, DELETE /v1/interleave/{id}")
    struct EngineRouteTests {
        private static let input = "{\"input\":[\(InterleaveTests.text)],\"mode\":\"image\""
        private static let long = input + ",\"image\":{\"steps\":900,\"n\":8}"

        private func delete(_ name: String, _ service: TestService) throws -> ReceivedResponse {
            try service.exchange("DELETE /v1/interleave/\(name) HTTP/1.1\r\nHost: h\r\n\r\n")
        }

        private func send(
            _ body: String,
            _ fields: String = "",
            to service: TestService
        ) throws -> HTTPTestClient {
            let client = try HTTPTestClient(port: service.port, timeLimitSeconds: 60)
            client.send(TestService.request("/v1/interleave", body, fields))
            return client
        }

        @Test("Shows running and waiting requests, and none once they have ended")
        func showsRequests() throws {
            let engine = try TinyModel.makeEngine()
            try withService(engine: engine) { service in
                let busy = try send(
                    Self.long + ",\"priority\":\"high\"}",
                    "X-Request-Id: first\r\n",
                    to: service
                )
                let isRunning = eventually { engine.status.runningCount == 1 }
                #expect(isRunning)
                let waiting = try send(
                    Self.input + ",\"priority\":\"low\"}",
                    "X-Request-Id: second\r\n",
                    to: service
                )
                // The scheduler knows of beginnings and ends a moment before the lists do.
                let lists = { () throws -> [Int?] in
                    let document = try service.get("/v1/engine").document()
                    return ["running", "waiting"].map { (document[$0] as? [Document])?.count }
                }
                let isListed = eventually { (try? lists()) == [1, 1] }
                #expect(isListed)
                var document = try service.get("/v1/engine").document()
                #expect(document["status"] as? String == "ready")
                #expect(document["model"] as? String == TinyModel.name)
                #expect(document["running_count"] as? Int == 1)
                #expect(document["waiting_count"] as? Int == 1)
                #expect(document["since_progress_ms"] is Double)
                let workers = try #require(document["workers"] as? Document)
                #expect(workers["count"] as? Int ?? 0 > 0)
                #expect(workers["processors"] as? Int ?? 0 > 0)
                #expect(workers["pinned"] as? Bool == false)
                let running = try #require((document["running"] as? [Document])?.first)
                #expect(running["request_id"] as? String == "first")
                #expect((running["id"] as? String)?.hasPrefix("interleave-") == true)
                #expect(running["mode"] as? String == "image")
                #expect(running["priority"] as? String == "high")
                #expect(running["age_ms"] as? Double ?? 0 > 0)
                let queued = try #require((document["waiting"] as? [Document])?.first)
                #expect(queued["request_id"] as? String == "second")
                #expect(queued["stage"] as? String == "waiting")
                #expect(queued["priority"] as? String == "low")
                busy.close()
                waiting.close()
                let isIdle = eventually { (try? lists()) == [0, 0] }
                #expect(isIdle)
                document = try service.get("/v1/engine").document()
                #expect(document["since_progress_ms"] is NSNull)
            }
        }

        @Test("Tells which instruction set computes and what became of the others")
        func tellsInstructionSet() throws {
            try withService { service in
                let document = try service.get("/v1/engine").document()
                let set = try #require(document["instruction_set"] as? Document)
                let known = try #require(set["known"] as? [Document])
                let used = known.filter { $0["standing"] as? String == "used" }
                #expect(used.map { $0["name"] as? String } == [InstructionSets.used])
                #expect(set["used"] as? String == InstructionSets.used)
                #expect((set["story"] as? String)?.hasPrefix(InstructionSets.used) == true)
                #expect(set["processor"] is [String])
            }
        }

        @Test("Tells the profile of the model, and what memory its weights take by part and format")
        func tellsWeights() throws {
            try withService { service in
                let models = try service.get("/v1/models").document()
                let model = try #require((models["data"] as? [Document])?.first)
                #expect(model["profile"] as? String == "f32")
                let document = try service.get("/v1/engine").document()
                let weights = try #require(document["weights"] as? [Document])
                let parts = weights.compactMap { $0["part"] as? String }
                #expect(parts == parts.sorted() && parts.contains("image_decoder"))
                #expect(
                    weights.allSatisfy {
                        $0["format"] as? String == "f32" && $0["bytes"] as? Int ?? 0 > 0
                    }
                )
            }
        }

        @Test("Says that the model is being loaded while there is no engine")
        func refusesWhileLoading() throws {
            try withService(isReady: false) { service in
                let response = try service.get("/v1/engine")
                #expect(response.status == 503)
                #expect(try response.error()["code"] as? String == "loading")
                #expect(try delete("interleave-0", service).status == 404)
            }
        }

        @Test("A stream that is cancelled by the id of its first event ends with an error event")
        func cancelsStream() throws {
            let engine = try TinyModel.makeEngine()
            try withService(engine: engine) { service in
                let client = try send(Self.long + ",\"stream\":true}", to: service)
                let head = try client.receive(through: "event: image.progress")
                let start = try #require(head.range(of: "\"id\":\""))
                let id = String(head[start.upperBound...].prefix { $0 != "\"" })
                let response = try delete(id, service)
                #expect(response.status == 200)
                let document = try response.document()
                #expect(document["id"] as? String == id && document["count"] as? Int == 1)
                #expect(document["object"] as? String == "interleave.cancelled")
                let rest = try client.receive(through: "[DONE]")
                #expect(rest.contains("event: error\n") && rest.contains("\"code\":\"cancelled\""))
                let isIdle = eventually { engine.status.runningCount == 0 }
                #expect(isIdle)
                #expect(try delete(id, service).status == 404, "it has ended")
            }
        }

        @Test("A score is cancelled by its X-Request-Id")
        func cancelsScore() throws {
            let engine = try TinyModel.makeEngine()
            try withService(engine: engine) { service in
                // The score waits behind a picture, so that it is there for as long as it takes.
                let busy = try send(Self.long + "}", to: service)
                let isRunning = eventually { engine.status.runningCount == 1 }
                #expect(isRunning)
                let client = try HTTPTestClient(port: service.port, timeLimitSeconds: 60)
                let options = (0..<256).map { _ in "\"a b c d e f\"" }.joined(separator: ",")
                let body = "{\"input\":[\(InterleaveTests.text)],\"options\":[\(options)]}"
                client.send(
                    TestService.request("/v1/score", body, "X-Request-Id: score-1\r\n")
                )
                let isListed = eventually { (try? delete("score-1", service).status) == 200 }
                #expect(isListed)
                let response = try client.receiveResponse()
                #expect(response.status == 499 && response["x-should-retry"] == "false")
                #expect(try response.error()["code"] as? String == "cancelled")
                busy.close()
            }
        }

        @Test("A request that outlives the time it chose is not to be sent again")
        func tellsOwnDeadline() throws {
            let engine = try TinyModel.makeEngine()
            try withService(engine: engine) { service in
                let own = try service.post("/v1/interleave", Self.long + ",\"timeout_ms\":200}")
                #expect(own.status == 504 && own["x-should-retry"] == "false")
            }
            try withService(
                engine: engine,
                configure: { $0.limits.defaultTimeout = .milliseconds(200) }
            ) {
                service in
                let ours = try service.post("/v1/interleave", Self.long + "}")
                #expect(ours.status == 504 && ours["x-should-retry"] == nil)
            }
        }

        @Test("A plain request is cancelled by its X-Request-Id, running or waiting; others go on")
        func cancelsByRequestIdentifier() throws {
            let engine = try TinyModel.makeEngine()
            try withService(engine: engine) { service in
                let running = try send(Self.long + "}", "X-Request-Id: run-1\r\n", to: service)
                let isDrawing = service.runs(stage: "denoise")
                #expect(isDrawing)
                let waiting = try send(Self.long + "}", "X-Request-Id: wait-1\r\n", to: service)
                let other = try send(Self.input + "}", "X-Request-Id: wait-2\r\n", to: service)
                let isWaiting = eventually { engine.status.waitingCount == 2 }
                #expect(isWaiting)
                for name in ["wait-1", "run-1"] { #expect(try delete(name, service).status == 200) }
                for client in [running, waiting] {
                    let response = try client.receiveResponse()
                    #expect(response.status == 499)
                    #expect(response["x-should-retry"] == "false")
                    #expect(try response.error()["code"] as? String == "cancelled")
                }
                #expect(try other.receiveResponse().status == 200)
                let found = try Exposition(service.get("/metrics").text)
                let name = "interleaved_requests_cancelled_total"
                #expect(try found.value(name, ["stage": "waiting"]) == 1)
                #expect(try found.value(name, ["stage": "denoise"]) == 1)
            }
        }

        @Test("Cancels every request that bears the same X-Request-Id")
        func cancelsNamesakes() throws {
            let engine = try TinyModel.makeEngine()
            try withService(engine: engine) { service in
                let clients = try (0..<3).map { _ in
                    try send(Self.long + "}", "X-Request-Id: same\r\n", to: service)
                }
                let areThere = eventually {
                    engine.status.runningCount + engine.status.waitingCount == 3
                }
                #expect(areThere)
                #expect(try delete("same", service).document()["count"] as? Int == 3)
                for client in clients { #expect(try client.receiveResponse().status == 499) }
            }
        }

        @Test("Refuses names that no request has, and other methods")
        func refusesUnknown() throws {
            try withService { service in
                let response = try delete("interleave-00", service)
                #expect(response.status == 404)
                #expect(try response.error()["code"] as? String == "request_not_found")
                let post = try service.post("/v1/interleave/interleave-00", "{}")
                #expect(post.status == 405 && post["allow"] == "GET, HEAD, DELETE, OPTIONS")
                for path in ["/v1/interleave/", "/v1/interleave/%ff"] {
                    let none = "DELETE \(path) HTTP/1.1\r\nHost: h\r\n\r\n"
                    #expect(try service.exchange(none).status == 404)
                }
            }
        }

        @Test("A request without a priority has the normal one; an unknown one is refused")
        func checksPriority() throws {
            try withService { service in
                let plain = try service.post("/v1/interleave", Self.input + "}").document()
                #expect((plain["parameters"] as? Document)?["priority"] as? String == "normal")
                #expect((plain["usage"] as? Document)?["cached_tokens"] is Int)
                for value in ["\"urgent\"", "1"] {
                    let body = Self.input + ",\"priority\":\(value)}"
                    let response = try service.post("/v1/interleave", body)
                    #expect(response.status == 400)
                    #expect(try response.error()["param"] as? String == "priority")
                }
            }
        }
    }
}
