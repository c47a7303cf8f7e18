import Engine
import Foundation
import ServiceAPI
import TestSupport
import Testing

extension ServiceTests {
    @Suite("Ends of scores")
    struct ScoreEndTests {
        @Test(
            "A score in progress is seen in the stage that computes, and ends when it is asked to"
        )
        func endsScore() throws {
            let engine = try TinyModel.makeEngine()
            let option = String(repeating: "a red circle ", count: 20)
            let options = Array(repeating: "\"\(option)\"", count: 256).joined(separator: ",")
            let body = "{\"input\":[\(InterleaveTests.text)],\"options\":[\(options)]}"
            try withService(engine: engine, metrics: engine.metrics) { service in
                let client = try HTTPTestClient(port: service.port, timeLimitSeconds: 60)
                client.send(
                    TestService.request("/v1/score", body, "X-Request-Id: this-score\r\n")
                )
                let isRunning = eventually {
                    engine.metrics.liveRequests.first?.place == .language
                }
                #expect(isRunning)
                let response = try service.exchange(
                    "DELETE /v1/interleave/this-score HTTP/1.1\r\nHost: h\r\n\r\n"
                )
                #expect(response.status == 200)
                let answer = try client.receive(through: "\"code\":\"cancelled\"")
                #expect(!answer.hasPrefix("HTTP/1.1 200"))
                #expect(engine.metrics.snapshot().cancelledCounts == [.language: 1])
                let again = try service.exchange(
                    "DELETE /v1/interleave/this-score HTTP/1.1\r\nHost: h\r\n\r\n"
                )
                #expect(again.status == 404)
            }
        }

        @Test("Pictures of an input and one to draw are bounded, by a number that the model tells")
        func boundsPictures() throws {
            try withService { service in
                let models = try service.get("/v1/models").document()
                let model = try #require((models["data"] as? [Document])?.first)
                let most = try #require(model["images_per_context"] as? Int)
                #expect((model["image_input"] as? Document)?["transparency"] as? String == "white")
                let part = TestPictures.part(try TestPictures.png(width: 8, height: 8))
                let parts = Array(repeating: part, count: most).joined(separator: ",")
                for fields in ["\"mode\":\"image\"", "\"force\":\"image\""] {
                    let response = try service.post(
                        "/v1/interleave",
                        "{\"input\":[\(parts)],\(fields)}"
                    )
                    #expect(response.status == 400)
                    let error = try response.error()
                    #expect(error["code"] as? String == "context_length_exceeded")
                    #expect(
                        (error["message"] as? String)?
                            .contains("\(most) images and one to draw, at most \(most)") == true
                    )
                }
            }
        }
    }
}
