import Engine
import Foundation
import ServiceAPI
import TestSupport
import Testing

extension ServiceTests {
    @Suite("Scores, tokens, models")
    struct OtherRouteTests {
        @Test("Scores options and names the best")
        func scores() throws {
            try withService { service in
                let picture = TestPictures.part(try TestPictures.png())
                let response = try service.post(
                    "/v1/score",
                    "{\"input\":[\(picture),{\"type\":\"text\",\"text\":\"a\"}],"
                        + "\"options\":[\"red\",\"circle moves\",\"left\"]}"
                )
                #expect(response.status == 200, "\(response.text)")
                let document = try response.document()
                #expect(document["object"] as? String == "score")
                let scores = try #require(document["scores"] as? [Document])
                #expect(scores.map { $0["option"] as? String } == ["red", "circle moves", "left"])
                let sums = scores.compactMap { $0["logprob"] as? Double }
                let best = try #require(document["best"] as? Int)
                #expect(sums.count == 3 && sums[best] == sums.max())
                for (score, sum) in zip(scores, sums) {
                    let parts = try #require(score["token_logprobs"] as? [Double])
                    #expect(parts.count == (score["tokens"] as? [Int])?.count)
                    #expect(abs(parts.reduce(0, +) - sum) < 1e-3)
                }
            }
        }

        @Test("Refuses options by their index")
        func refusesOptions() throws {
            try withService { service in
                let input = "\"input\":[{\"type\":\"text\",\"text\":\"a\"}]"
                for (options, field) in [
                    ("[]", "options"), ("[\"a\",\"\"]", "options[1]"), ("[1]", "options[0]"),
                ] {
                    let response = try service.post(
                        "/v1/score",
                        "{\(input),\"options\":\(options)}"
                    )
                    #expect(response.status == 400)
                    #expect(try response.error()["param"] as? String == field)
                }
                #expect(
                    try service.post("/v1/score", "{\(input)}").error()["param"] as? String
                        == "options"
                )
            }
        }

        @Test("Turns text into tokens and back")
        func tokenizes() throws {
            try withService { service in
                let response = try service.post(
                    "/v1/tokenize",
                    "{\"text\":\"a red circle\",\"add_bos\":true}"
                )
                let document = try response.document()
                let tokens = try #require(document["tokens"] as? [Int])
                #expect(document["count"] as? Int == tokens.count && tokens.first == 1)
                #expect((document["pieces"] as? [String])?.first == "<s>")
                let back = try service.post("/v1/detokenize", "{\"tokens\":\(tokens)}")
                #expect(try back.document()["text"] as? String == "a red circle")
                let shown = try service.post(
                    "/v1/detokenize",
                    "{\"tokens\":[400],\"skip_special\":false}"
                )
                #expect(try shown.document()["text"] as? String == "<|beginofimage|>")
            }
        }

        @Test("Takes special tokens in a text for characters unless told otherwise")
        func parsesSpecialTokens() throws {
            try withService { service in
                let plain = try service.post("/v1/tokenize", "{\"text\":\"<s>\"}").document()
                #expect((plain["tokens"] as? [Int])?.contains(1) == false)
                let parsed = try service.post(
                    "/v1/tokenize",
                    "{\"text\":\"<s>\",\"parse_special\":true}"
                ).document()
                #expect(parsed["tokens"] as? [Int] == [1])
            }
        }

        @Test("Refuses token ids outside the vocabulary by their index")
        func refusesTokens() throws {
            try withService { service in
                let response = try service.post("/v1/detokenize", "{\"tokens\":[5,402]}")
                #expect(response.status == 400)
                #expect(try response.error()["param"] as? String == "tokens[1]")
            }
        }

        @Test("Describes the model")
        func describesModel() throws {
            try withService { service in
                let list = try service.get("/v1/models").document()
                #expect(list["object"] as? String == "list")
                let models = try #require(list["data"] as? [Document])
                #expect(models.map { $0["id"] as? String } == ["tiny"])
                #expect(models[0]["context_length"] as? Int == 512)
                let one = try service.get("/v1/models/tiny").document()
                #expect(one["id"] as? String == "tiny" && one["object"] as? String == "model")
                let none = try service.get("/v1/models/other")
                #expect(none.status == 404)
                #expect(try none.error()["code"] as? String == "model_not_found")
            }
        }
    }

    @Suite("Health")
    struct HealthTests {
        @Test("Says how far the model is, and refuses requests until it is there")
        func reportsLoading() throws {
            try withService(isReady: false) { service in
                let begun = try service.get("/readyz")
                #expect(begun.status == 503)
                let first = try begun.document()
                #expect(first["status"] as? String == "loading")
                #expect(first["step"] as? String == "reading" && first["tensors"] == nil)
                service.service.loading(
                    Loading(.reading, share: 0.421, packedCount: 7, totalCount: 20)
                )
                for path in ["/readyz", "/health"] {
                    let response = try service.get(path)
                    #expect(response.status == 503)
                    let document = try response.document()
                    #expect(document["progress"] as? Double == 0.42)
                    #expect(document["step"] as? String == "reading")
                    #expect(document["tensors"] as? Int == 7)
                    #expect(document["tensors_total"] as? Int == 20)
                }
                #expect(try service.get("/livez").status == 200)
                let response = try service.post("/v1/interleave", InterleaveTests.body())
                #expect(response.status == 503 && response["retry-after"] != nil)
                #expect(try response.error()["code"] as? String == "loading")
                #expect(try service.get("/v1/models").status == 503)
                service.service.begin(try TinyModel.shared.get())
                #expect(try service.get("/readyz").status == 200)
                #expect(try service.post("/v1/interleave", InterleaveTests.body()).status == 200)
            }
        }

        @Test("Refuses requests while draining, and finishes those in progress")
        func reportsDraining() throws {
            let engine = try TinyModel.makeEngine()
            try withService(engine: engine) { service in
                let client = try HTTPTestClient(port: service.port, timeLimitSeconds: 60)
                client.send(
                    TestService.request(
                        "/v1/interleave",
                        "{\"input\":[\(InterleaveTests.text)],\"mode\":\"image\",\"image\":{\"steps\":40}}"
                    )
                )
                let isRunning = eventually { engine.status.runningCount == 1 }
                #expect(isRunning)
                service.service.drain()
                let ready = try service.get("/readyz")
                #expect(ready.status == 503 && ready.text == "{\"status\":\"draining\"}")
                let refused = try service.post("/v1/interleave", InterleaveTests.body())
                #expect(refused.status == 503)
                #expect(try refused.error()["code"] as? String == "draining")
                #expect(try client.receiveResponse().status == 200)
                engine.waitUntilIdle(limit: .seconds(10))
            }
        }

        @Test("Answers at once while the engine is busy, also to HEAD")
        func answersWhileBusy() throws {
            let engine = try TinyModel.makeEngine()
            try withService(engine: engine) { service in
                let busy = try HTTPTestClient(port: service.port)
                busy.send(
                    TestService.request(
                        "/v1/interleave",
                        "{\"input\":[\(InterleaveTests.text)],\"mode\":\"image\","
                            + "\"image\":{\"steps\":900,\"n\":8}}"
                    )
                )
                let isRunning = eventually { engine.status.runningCount == 1 }
                #expect(isRunning)
                for path in ["/livez", "/readyz", "/health"] {
                    #expect(try service.get(path).status == 200)
                    let client = try HTTPTestClient(port: service.port)
                    client.send("HEAD \(path) HTTP/1.1\r\nHost: h\r\n\r\n")
                    #expect(try client.receiveResponse(isHead: true).status == 200)
                }
                busy.close()
            }
        }

        @Test("Calls an engine stuck that is busy and gets nowhere")
        func reportsStuck() throws {
            let engine = try TinyModel.makeEngine()
            // No step is as quick as nothing at all.
            try withService(engine: engine, configure: { $0.stuckAfter = .zero }) { service in
                #expect(try service.get("/livez").status == 200, "an idle engine is not stuck")
                let busy = try HTTPTestClient(port: service.port)
                busy.send(
                    TestService.request(
                        "/v1/interleave",
                        "{\"input\":[\(InterleaveTests.text)],\"mode\":\"image\","
                            + "\"image\":{\"steps\":900,\"n\":8}}"
                    )
                )
                let isRunning = eventually { engine.status.runningCount == 1 }
                #expect(isRunning)
                let response = try service.get("/livez")
                #expect(response.status == 503)
                #expect(try response.document()["status"] as? String == "stuck")
                busy.close()
            }
        }
    }
}
