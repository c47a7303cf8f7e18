import Engine
import Foundation
import TestSupport
import Testing

@testable import ServiceAPI

extension ServiceTests {
    @Suite("What a request would do, and what it did")
    struct ForecastTests {
        private func body(_ fields: String, picture: [UInt8]) -> String {
            "{\"input\":[\(TestPictures.part(picture)),{\"type\":\"text\",\"text\":\"a red circle\"}],"
                + "\"mode\":\"text\",\"text\":{\"max_tokens\":3},\"seed\":3\(fields)}"
        }

        @Test("A dry run tells the tokens, pictures and parameters that the answer has")
        func forecasts() throws {
            try withService { service in
                let picture = try TestPictures.png(width: 90, height: 60)
                let answer = try service.post("/v1/interleave", body("", picture: picture))
                    .document()
                let response = try service.post(
                    "/v1/interleave",
                    body(",\"dry_run\":true", picture: picture),
                    "Accept: text/event-stream\r\n"
                )
                #expect(response.status == 200, "\(response.text)")
                let forecast = try response.document()
                #expect(forecast["object"] as? String == "interleave.forecast")
                let usage = try #require(answer["usage"] as? Document)
                let tokens = forecast["prompt_tokens"] as? Int
                #expect(tokens == usage["prompt_tokens"] as? Int)
                let parameters = [answer, forecast].map { $0["parameters"] as? NSDictionary }
                #expect(parameters[0] == parameters[1])
                let images = try #require(forecast["input_images"] as? [Document])
                #expect(images.first?["width"] as? Int == 56)
                let positions = try #require(forecast["positions"] as? Document)
                #expect(positions["most"] as? Int == tokens.map { $0 + 3 })
                let memory = try #require(forecast["memory"] as? Document)
                #expect(memory["kv_cache_bytes"] as? Int ?? 0 > 0)
                let expected = try #require(forecast["expected"] as? Document)
                #expect(expected["encode_ms"] as? Double ?? 0 > 0)
                #expect(expected["denoise_ms"] as? Double == 0)
                #expect(expected["total_ms"] is Double)
            }
        }

        @Test("No more is told than the context holds, and pictures are counted once")
        func keepsToTheContext() throws {
            try withService { service in
                func forecast(_ fields: String) throws -> Document {
                    try service.post(
                        "/v1/interleave",
                        "{\"input\":[{\"type\":\"text\",\"text\":\"a red circle\"}],\"seed\":3,"
                            + "\"dry_run\":true\(fields)}"
                    ).document()
                }
                func time(_ forecast: Document, _ stage: String) throws -> Double {
                    let expected = try #require(forecast["expected"] as? Document)
                    return try #require(expected["\(stage)_ms"] as? Double)
                }
                // Both stages must have run once.
                _ = try service.post("/v1/interleave", InterleaveTests.body(""))
                let more = try forecast(",\"mode\":\"text\",\"text\":{\"max_tokens\":4096}")
                let positions = try #require(more["positions"] as? Document)
                #expect(positions["most"] as? Int == 512)
                let room = 512 - (try #require(more["prompt_tokens"] as? Int))
                let all = try forecast(",\"mode\":\"text\",\"text\":{\"max_tokens\":\(room)}")
                #expect(try time(more, "generate") == time(all, "generate"))
                let less = try forecast(",\"mode\":\"text\",\"text\":{\"max_tokens\":\(room - 1)}")
                #expect(try time(less, "generate") < time(all, "generate"))
                let several = try forecast(
                    ",\"mode\":\"text\",\"text\":{\"max_tokens\":4096,\"n\":2}"
                )
                #expect((several["positions"] as? Document)?["most"] as? Int == 512)
                let story = try forecast(
                    ",\"template\":\"story\",\"max_segments\":5,\"text\":{\"max_tokens\":1}"
                )
                let one = try forecast(",\"mode\":\"image\"")
                let memory = try #require(story["memory"] as? Document)
                let image = memory["image_cache_bytes"] as? Int ?? 0
                let drawn = try time(story, "denoise") / time(one, "denoise")
                #expect(drawn.rounded() == 5)
                #expect(image > 0 && image % 5 == 0)
                #expect(memory["drawing_bytes"] as? Int ?? 0 > 0)
            }
        }

        @Test("A stage that has never run has no time")
        func unknown() throws {
            try withService(engine: TinyModel.makeEngine()) { service in
                let forecast = try service.post(
                    "/v1/interleave",
                    body(",\"dry_run\":true", picture: try TestPictures.png())
                ).document()
                let expected = try #require(forecast["expected"] as? Document)
                #expect(expected["encode_ms"] is NSNull && expected["total_ms"] is NSNull)
            }
        }

        @Test("A dry run computes nothing, and ends at once")
        func computesNothing() throws {
            let engine = try TinyModel.makeEngine()
            try withService(engine: engine) { service in
                for _ in 0..<3 {
                    _ = try service.post(
                        "/v1/interleave",
                        body(",\"dry_run\":true", picture: try TestPictures.png())
                    )
                }
                let isIdle = eventually {
                    engine.status.runningCount + engine.status.waitingCount == 0
                }
                #expect(isIdle)
                let state = try service.get("/v1/engine").document()
                #expect((state["steps"] as? [Document])?.isEmpty == true)
            }
        }

        @Test("What would be refused is refused, and so is what has no meaning in a dry run")
        func refuses() throws {
            try withService { service in
                let broken = Array("no picture".utf8)
                let unreadable = try service.post(
                    "/v1/interleave",
                    body(",\"dry_run\":true", picture: broken)
                )
                #expect(unreadable.status == 422)
                #expect(try unreadable.error()["param"] as? String == "input[0].image")
                for field in ["stream", "explain"] {
                    let response = try service.post(
                        "/v1/interleave",
                        body(",\"dry_run\":true,\"\(field)\":true", picture: broken)
                    )
                    #expect(response.status == 400)
                    #expect(try response.error()["param"] as? String == field)
                }
            }
        }

        @Test("An explained answer tells its steps by stage, and which pictures were there")
        func explains() throws {
            try withService(engine: TinyModel.makeEngine()) { service in
                let picture = try TestPictures.png()
                let request = body(",\"explain\":true", picture: picture)
                var sources: [[String]] = []
                for _ in 0..<2 {
                    let answer = try service.post("/v1/interleave", request).document()
                    let explanation = try #require(answer["explain"] as? Document)
                    sources.append(explanation["images"] as? [String] ?? [])
                    let stages = try #require(explanation["stages"] as? [Document])
                    let language = stages.first { $0["stage"] as? String == "language" }
                    #expect(language?["steps"] as? Int ?? 0 >= 3)
                    #expect(language?["computed_ms"] as? Double ?? 0 > 0)
                    let usage = try #require(answer["usage"] as? Document)
                    #expect(language?["units"] as? Int == usage["computed_tokens"] as? Int)
                }
                #expect(sources == [["encoded"], ["cached"]])
                let plain = try service.post("/v1/interleave", body("", picture: picture))
                #expect(try plain.document()["explain"] == nil)
            }
        }

        @Test("A stream explains itself in its last event, and tells when a picture is expected")
        func streams() throws {
            try withService { service in
                let events = try service.post(
                    "/v1/interleave",
                    InterleaveTests.body(
                        ",\"stream\":true,\"explain\":true,\"image\":{\"steps\":3}"
                    )
                ).events()
                let completed = events.first { $0.name == "interleave.completed" }
                #expect(completed?.data["explain"] is Document)
                let progress = events.filter { $0.name == "image.progress" }
                let rest = progress.compactMap { $0.data["eta_ms"] as? Double }
                #expect(rest.count == 3 && rest[0] > 0 && rest[1] > 0)
                #expect(progress.last?.data["eta_ms"] as? Double == 0)
            }
        }
    }
}
