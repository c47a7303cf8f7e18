import Engine
import Foundation
import ServiceAPI
import TestSupport
import Testing

extension ServiceTests {
    /// Large pictures and texts, and small requests beside them.
    @Suite("Large inputs")
    struct LargeInputTests {
        private static let words = InterleaveTests.body()

        /// Posts documents without waiting for their answers.
        private func send(
            _ bodies: [(path: String, body: String)],
            _ service: TestService
        ) throws
            -> [HTTPTestClient]
        {
            try bodies.map { path, body in
                let client = try HTTPTestClient(port: service.port, timeLimitSeconds: 120)
                client.send(TestService.request(path, body))
                return client
            }
        }

        private func large(_ engine: Engine) -> (runningCount: Int, waitingCount: Int) {
            engine.snapshot(engine.metrics).largeInputs
        }

        @Test("Small requests are answered while large pictures and texts wait")
        func smallBesideLarge() throws {
            let engine = try TinyModel.makeEngine()
            let picture = TestPictures.part(try TestPictures.png(width: 1600, height: 1200))
            let body = "{\"input\":[\(picture),\(picture)],\"mode\":\"text\"}"
            let text = String(repeating: "x", count: 900_000)
            try withService(engine: engine) { service in
                let clients = try send(
                    Array(repeating: ("/v1/interleave", body), count: 3)
                        + Array(repeating: ("/v1/tokenize", "{\"text\":\"\(text)\"}"), count: 2),
                    service
                )
                let isFull = eventually { large(engine).waitingCount >= 3 }
                #expect(isFull)
                for _ in 0..<3 {
                    #expect(try service.post("/v1/interleave", Self.words).status == 200)
                    #expect(try service.post("/v1/tokenize", "{\"text\":\"a\"}").status == 200)
                }
                #expect(large(engine).runningCount >= 1)
                for client in clients { client.close() }
            }
        }

        @Test("The time of a request ends it while its pictures wait to be decoded")
        func deadlineWhilePreparing() throws {
            let engine = try TinyModel.makeEngine()
            let picture = TestPictures.part(try TestPictures.png(width: 1600, height: 1200))
            func body(_ more: String) -> String {
                "{\"input\":[\(picture),\(picture)],\"mode\":\"text\"\(more)}"
            }
            try withService(engine: engine) { service in
                let clients = try send(
                    Array(repeating: ("/v1/interleave", body("")), count: 3),
                    service
                )
                let isFull = eventually { large(engine).waitingCount >= 2 }
                #expect(isFull)
                let late = try service.post("/v1/interleave", body(",\"timeout_ms\":50"))
                #expect(late.status == 504)
                #expect(try late.error()["message"] as? String != nil)
                #expect(large(engine).waitingCount >= 1)
                for client in clients { client.close() }
            }
        }

        @Test("Pixels and large inputs are shown to those who watch")
        func isWatched() throws {
            try withService { service in
                let metrics = try service.get("/metrics").text
                #expect(metrics.contains("interleaved_large_inputs{state=\"waiting\"} 0"))
                #expect(
                    metrics.contains(
                        "interleaved_pool_bytes{pool=\"decoding_pixels\",state=\"capacity\"} 240000000"
                    )
                )
            }
        }
    }
}
