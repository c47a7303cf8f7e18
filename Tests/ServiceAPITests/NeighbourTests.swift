import Engine
import Foundation
import HTTPServer
import ServiceAPI
import TestSupport
import Testing

extension ServiceTests {
    /// What one client does is nothing to the others.
    @Suite("Clients beside each other")
    struct NeighbourTests {
        private static let long =
            "{\"input\":[\(InterleaveTests.text)],\"mode\":\"image\",\"stream\":true,"
            + "\"image\":{\"steps\":900,\"n\":4,\"preview_every\":1}}"

        @Test("Clients that read nothing of their streams hold up nobody")
        func readsNothing() throws {
            let engine = try TinyModel.makeEngine()
            try withService(
                engine: engine,
                configureServer: {
                    $0.responseHighWaterMark = 1 << 12
                    $0.sendBufferByteCount = 1 << 12
                }
            ) { service in
                let expected = try service.post("/v1/interleave", InterleaveTests.body())
                    .document()["segments"]
                let silent = try (0..<2).map { _ in
                    let client = try HTTPTestClient(
                        port: service.port,
                        timeLimitSeconds: 60,
                        receiveBufferByteCount: 2048
                    )
                    client.send(TestService.request("/v1/interleave", Self.long))
                    return client
                }
                let areRunning = eventually { engine.status.runningCount == 2 }
                #expect(areRunning)
                for _ in 0..<6 {
                    let response = try service.post("/v1/interleave", InterleaveTests.body())
                    #expect(response.status == 200)
                    let found = try response.document()["segments"] as? NSArray
                    #expect(found == expected as? NSArray)
                }
                for client in silent { client.close() }
                let isIdle = eventually { engine.status.runningCount == 0 }
                #expect(isIdle)
            }
        }

        @Test(
            "A request is ended by its name at every stage, and nothing of it is kept",
            arguments: [
                "interleave.created", "segment.started", "text.delta", "segment.done",
                "image.progress", "image.partial",
            ]
        )
        func endsAnywhere(event: String) throws {
            let engine = try TinyModel.makeEngine()
            try withService(engine: engine) { service in
                let client = try HTTPTestClient(port: service.port, timeLimitSeconds: 60)
                let picture = TestPictures.part(try TestPictures.png(width: 20, height: 10))
                let mode =
                    event == "text.delta"
                    ? "\"mode\":\"text\""
                    : "\"force\":\"image\",\"max_segments\":32,"
                        + "\"image\":{\"steps\":40,\"preview_every\":3}"
                let body =
                    "{\"input\":[\(picture)],\"stream\":true,\"text\":{\"min_tokens\":40,"
                    + "\"max_tokens\":40},\(mode)}"
                client.send(
                    TestService.request("/v1/interleave", body, "X-Request-Id: this-one\r\n")
                )
                let head = try client.receive(through: "event: \(event)")
                let response = try service.exchange(
                    "DELETE /v1/interleave/this-one HTTP/1.1\r\nHost: h\r\n\r\n"
                )
                let rest = try client.receive(through: "[DONE]")
                // The model may have ended its answer before anybody else could.
                let isCompleted = (head + rest).contains("interleave.completed")
                #expect(response.status == 200 || isCompleted)
                #expect(rest.contains("\"code\":\"cancelled\"") != isCompleted)
                let isIdle = eventually { engine.status.runningCount == 0 }
                #expect(isIdle)
                for pool in engine.snapshot(engine.metrics).pools {
                    #expect(pool.usedBlockCount == 0, "\(pool.name)")
                }
            }
        }
    }
}
