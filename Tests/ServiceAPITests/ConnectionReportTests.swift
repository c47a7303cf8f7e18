import Engine
import HTTPServer
import ServiceAPI
import TestSupport
import Testing

extension ServiceTests {
    @Suite("What is told about connections")
    struct ConnectionReportTests {
        @Test("A body counts in both reports until the engine has it, and no longer")
        func countsBodies() throws {
            let engine = try TinyModel.makeEngine()
            try withService(engine: engine) { service in
                func told() throws -> Int? {
                    let http = try service.get("/v1/engine").document()["http"] as? Document
                    return http?["body_bytes"] as? Int
                }
                let document =
                    "{\"input\":[\(InterleaveTests.text)],\"mode\":\"image\",\"stream\":true,"
                    + "\"image\":{\"steps\":900,\"n\":4}}"
                let client = try HTTPTestClient(port: service.port, timeLimitSeconds: 60)
                client.send(
                    TestService.request("/v1/interleave", document).dropLast(10).description
                )
                let isTold = eventually { (try? told()) == document.utf8.count }
                #expect(isTold)
                let metrics = try service.get("/metrics").text
                #expect(
                    metrics.contains(
                        "interleaved_http_buffer_bytes{buffer=\"body\",state=\"used\"} \(document.utf8.count)\n"
                    )
                )
                client.send(String(document.suffix(10)))
                let isRunning = eventually { engine.status.runningCount == 1 }
                #expect(isRunning)
                let isReleased = eventually { (try? told()) == 0 }
                #expect(isReleased && engine.status.runningCount == 1)
            }
        }

        @Test("Who finds no room hears when to come back; lost lines of the log are told")
        func refusesBodies() throws {
            try withService(configureServer: { $0.bodyByteBudget = 1000 }) { service in
                let text = String(repeating: "a", count: 1000)
                let response = try service.post("/v1/tokenize", "{\"text\":\"\(text)\"}")
                #expect(response.status == 503 && response["retry-after"] == "2")
                #expect(try response.error()["code"] as? String == "overloaded")
                #expect(try service.post("/v1/tokenize", "{\"text\":\"a\"}").status == 200)
                service.service.observe(service.server) { 7 }
                let metrics = try service.get("/metrics").text
                #expect(metrics.contains("interleaved_http_overload_total{what=\"body\"} 1\n"))
                #expect(metrics.contains("interleaved_log_lines_dropped_total 7\n"))
            }
        }
    }
}
