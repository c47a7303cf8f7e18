import Engine
import Foundation
import MMInterleaved
import Scheduling
import ServiceAPI
import TestSupport
import Testing

extension ServiceTests {
    @Suite("GET /metrics")
    struct MetricsTests {
        private func read(_ service: TestService) throws -> Exposition {
            let response = try service.get("/metrics")
            #expect(response.status == 200)
            #expect(response["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            return try Exposition(response.text)
        }

        @Test("Is well formed and names everything that the contract does, also while loading")
        func namesEverything() throws {
            try withService(isReady: false) { service in
                let found = try read(service)
                let names = [
                    "time_to_first_token_seconds", "inter_token_latency_seconds",
                    "e2e_request_latency_seconds", "request_queue_time_seconds",
                    "num_requests_running", "num_requests_waiting", "kv_cache_usage_ratio",
                    "stage_duration_seconds", "stage_batch_size",
                    "image_feature_cache_queries_total", "image_feature_cache_hits_total",
                    "admission_rejections_total", "requests_cancelled_total",
                    "scheduler_last_progress_seconds", "preemptions_total",
                    "spec_decode_num_draft_tokens_total", "spec_decode_num_accepted_tokens_total",
                    "prefix_cache_queries_total", "prefix_cache_hits_total", "build_info",
                ]
                for name in names {
                    #expect(found.families["interleaved_\(name)"] != nil, "\(name)")
                }
                #expect(
                    found.families.keys.allSatisfy {
                        $0.hasPrefix("interleaved_") || $0.hasPrefix("process_")
                    }
                )
                let started = try found.value("process_start_time_seconds")
                #expect(abs(started - Date().timeIntervalSince1970) < 86_400)
                #expect(try found.value("process_resident_memory_bytes") > 1_000_000)
                #expect(try found.value("process_cpu_seconds_total") > 0)
            }
        }

        @Test("Tells what memory the weights take, by part and format")
        func weights() throws {
            try withService { service in
                let family = try #require(
                    try read(service).families["interleaved_weight_bytes"]
                )
                let parts = Set(family.samples.compactMap { $0.labels["part"] })
                #expect(parts.isSuperset(of: ["visual_tokenizer", "mm_decoder", "image_decoder"]))
                #expect(family.samples.allSatisfy { $0.labels["format"] == "f32" && $0.value > 0 })
            }
        }

        @Test("Counts an answered request by its mode, with its times and its work")
        func countsRequests() throws {
            try withService { service in
                let body = InterleaveTests.body(",\"text\":{\"min_tokens\":4,\"max_tokens\":6}")
                let answer = try service.post("/v1/interleave", body)
                #expect(answer.status == 200)
                let usage = try #require(try answer.document()["usage"] as? Document)
                let score = "{\"input\":[\(InterleaveTests.text)],\"options\":[\"a\",\"red\"]}"
                #expect(try service.post("/v1/score", score).status == 200)
                let found = try read(service)
                func value(_ name: String, _ labels: [String: String] = [:]) throws -> Double {
                    try found.value("interleaved_" + name, labels)
                }
                for mode in ["interleave", "score"] {
                    #expect(try value("requests_admitted_total", ["mode": mode]) == 1)
                    #expect(try value("requests_completed_total", ["mode": mode]) == 1)
                    #expect(try value("e2e_request_latency_seconds_count", ["mode": mode]) == 1)
                }
                #expect(try value("requests_completed_total", ["mode": "text"]) == 0)
                #expect(try value("request_queue_time_seconds_count") == 2)
                #expect(try value("time_to_first_token_seconds_count") == 1)
                let generated = try #require(usage["completion_tokens"] as? Double)
                #expect(try value("generation_tokens_total") == generated)
                #expect(try value("images_drawn_total") == 1)
                #expect(try value("denoising_steps_total") == 2)
                let labels = ["route": "/v1/interleave", "status": "2xx"]
                #expect(try value("http_requests_total", labels) == 1)
            }
        }

        @Test("Bounds the labels of routes, whatever paths clients think up")
        func boundsRoutes() throws {
            try withService { service in
                for index in 0..<5 {
                    #expect(try service.get("/nothing/\(index)").status == 404)
                    #expect(try service.get("/v1/models/x\(index)").status == 404)
                    let deletion = "DELETE /v1/interleave/\(index) HTTP/1.1\r\nHost: h\r\n\r\n"
                    #expect(try service.exchange(deletion).status == 404)
                }
                #expect(try service.exchange("GET /x y HTTP/1.1\r\n\r\n").status == 400)
                #expect(try service.post("/metrics", "{}").status == 405)
                let family = try #require(
                    try read(service).families["interleaved_http_requests_total"]
                )
                let counts = Dictionary(
                    uniqueKeysWithValues: family.samples.map {
                        (($0.labels["route"] ?? "") + " " + ($0.labels["status"] ?? ""), $0.value)
                    }
                )
                #expect(
                    counts == [
                        "other 4xx": 6, "/v1/models/{id} 4xx": 5, "/v1/interleave/{id} 4xx": 5,
                        "/metrics 4xx": 1,
                    ]
                )
            }
        }

        @Test("Counts requests that are refused, out of time, unreadable or left by their client")
        func countsEnds() throws {
            let engine = try TinyModel.makeEngine(maximumRunningCount: 1, maximumWaitingCount: 0)
            try withService(engine: engine) { service in
                let long =
                    "{\"input\":[\(InterleaveTests.text)],\"mode\":\"image\","
                    + "\"image\":{\"steps\":900,\"n\":8}}"
                let busy = try HTTPTestClient(port: service.port)
                busy.send(TestService.request("/v1/interleave", long))
                let isDrawing = service.runs(stage: "denoise")
                #expect(isDrawing)
                #expect(try service.post("/v1/interleave", InterleaveTests.body()).status == 429)
                #expect(try read(service).value("interleaved_num_requests_running") == 1)
                busy.close()
                let isIdle = eventually { engine.status.runningCount == 0 }
                #expect(isIdle)
                let late = long.replacingOccurrences(
                    of: "{\"input\"",
                    with: "{\"timeout_ms\":40,\"input\""
                )
                #expect(try service.post("/v1/interleave", late).status == 504)
                let picture = TestPictures.part(Array("none".utf8))
                let unreadable = "{\"input\":[\(picture)]}"
                #expect(try service.post("/v1/interleave", unreadable).status == 422)
                let found = try read(service)
                func value(_ name: String, _ labels: [String: String]) throws -> Double {
                    try found.value("interleaved_" + name, labels)
                }
                #expect(try value("admission_rejections_total", ["reason": "queue_full"]) == 1)
                #expect(try value("requests_cancelled_total", ["stage": "denoise"]) == 1)
                #expect(try value("requests_failed_total", ["reason": "deadline_exceeded"]) == 1)
                #expect(try value("requests_failed_total", ["reason": "unreadable_image"]) == 1)
                #expect(try value("requests_admitted_total", ["mode": "image"]) == 2)
                #expect(try value("requests_admitted_total", ["mode": "interleave"]) == 1)
            }
        }

        @Test("Tells what the caches were asked for and what they found")
        func tellsCaches() throws {
            try withService(engine: try TinyModel.makeEngine()) { service in
                let words = Array(repeating: "circle", count: 40).joined(separator: " ")
                let body = """
                    {"input":[\(TestPictures.part(try TestPictures.png())),{"type":"text","text":"\(words)"}],"mode":"text",
                     "text":{"max_tokens":2}}
                    """
                #expect(try service.post("/v1/interleave", body).status == 200)
                let first = try read(service)
                #expect(try first.value("interleaved_image_feature_cache_queries_total") == 1)
                #expect(try first.value("interleaved_image_feature_cache_hits_total") == 0)
                #expect(try first.value("interleaved_prefix_cache_hits_total") == 0)
                #expect(try service.post("/v1/interleave", body).status == 200)
                let second = try read(service)
                #expect(try second.value("interleaved_image_feature_cache_queries_total") == 2)
                #expect(try second.value("interleaved_image_feature_cache_hits_total") == 1)
                #expect(try second.value("interleaved_prefix_cache_hits_total") >= 32)
            }
        }

        @Test("Tells the batches of every stage")
        func tellsStages() throws {
            let metrics = EngineMetrics()
            try withService(metrics: metrics) { service in
                metrics.stepCompleted(stage: .denoise, itemCount: 3, duration: .milliseconds(20))
                metrics.stepCompleted(stage: .denoise, itemCount: 5, duration: .milliseconds(70))
                metrics.preempted()
                let found = try read(service)
                let bucket = ["stage": "denoise", "le": "0.025"]
                #expect(try found.value("interleaved_stage_duration_seconds_bucket", bucket) == 1)
                let stage = ["stage": "denoise"]
                #expect(try found.value("interleaved_stage_batch_size_sum", stage) == 8)
                #expect(try found.value("interleaved_preemptions_total") == 1)
                let steps = try #require(
                    try service.get("/v1/engine").document()["steps"] as? [Document]
                )
                #expect(steps.map { $0["items"] as? Int } == [3, 5])
                #expect(steps[1]["stage"] as? String == "denoise")
                #expect(steps[1]["duration_ms"] as? Double == 70)
            }
        }

        @Test("Escapes the name of a model that has quotes, backslashes and line ends")
        func escapesLabels() throws {
            let name = "a \"b\" \\ c\nd"
            try withService(engine: TinyModel.makeEngine(name: name)) { service in
                let found = try read(service)
                let labels = try #require(
                    found.families["interleaved_build_info"]?.samples.first
                ).labels
                #expect(labels["model"] == name && labels["version"] == BuildInformation.version)
            }
        }
    }
}
