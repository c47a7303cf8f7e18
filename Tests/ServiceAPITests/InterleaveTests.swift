import Digests
import Engine
import Foundation
import Images
import ServiceAPI
import TestSupport
import Testing

extension ServiceTests {
    @Suite("POST /v1/interleave")
    struct InterleaveTests {
        static let text = "{\"type\":\"text\",\"text\":\"A red circle.\"}"

        /// A request for two segments, a picture and the words after it.
        static func body(_ fields: String = "", input: String = text) -> String {
            "{\"input\":[\(input)],\"seed\":7,\"force\":\"image\",\"max_segments\":2\(fields)}"
        }

        @Test(
            "A PNG tells how it was made, unless the request wants it without",
            arguments: [true, false]
        )
        func tellsItsMaking(isWanted: Bool) throws {
            try withService { service in
                let response = try service.post(
                    "/v1/interleave",
                    Self.body(",\"image\":{\"metadata\":\(isWanted)}")
                )
                let document = try response.document()
                let segments = try #require(document["segments"] as? [Document])
                let file = try self.file(try #require(segments.first))
                let text = String(decoding: file, as: UTF8.self)
                #expect(text.contains("guidance_scale") == isWanted)
                let parameters = try #require(document["parameters"] as? Document)
                let told = (parameters["image"] as? Document)?["metadata"] as? Bool
                #expect(told == (isWanted ? nil : false))
            }
        }

        @Test("Answers words and a picture with everything that the contract names")
        func answersDocument() throws {
            try withService { service in
                let response = try service.post(
                    "/v1/interleave",
                    Self.body(),
                    "X-Request-Id: abc-1\r\n"
                )
                #expect(response.status == 200)
                #expect(response["content-type"] == "application/json")
                #expect(response["x-request-id"] == "abc-1")
                #expect(response["server-timing"]?.contains("denoise;dur=") == true)
                let document = try response.document()
                #expect(document["object"] as? String == "interleave")
                #expect(document["model"] as? String == TinyModel.name)
                #expect((document["id"] as? String)?.hasPrefix("interleave-") == true)
                #expect(document["created"] as? Int ?? 0 > 1_600_000_000)
                #expect(["stop", "length"].contains(document["finish_reason"] as? String))
                let segments = try #require(document["segments"] as? [Document])
                let picture = try #require(segments.first)
                #expect(picture["index"] as? Int == 0 && picture["type"] as? String == "image")
                #expect(picture["media_type"] as? String == "image/png")
                #expect(picture["seed"] as? Int == 7)
                let file = try self.file(picture)
                let image = try ImageFileDecoder.decode(file)
                #expect(picture["width"] as? Int == image.width)
                #expect(picture["height"] as? Int == image.height)
                let usage = try #require(document["usage"] as? Document)
                #expect(usage["output_images"] as? Int == 1)
                #expect(usage["denoising_steps"] as? Int == 2)
                #expect((document["timings"] as? Document)?["total_ms"] is Double)
                let parameters = try #require(document["parameters"] as? Document)
                #expect(
                    parameters["seed"] as? Int == 7 && parameters["force"] as? String == "image"
                )
                #expect((parameters["image"] as? Document)?["steps"] as? Int == 2)
                #expect((parameters["text"] as? Document)?["max_tokens"] as? Int == 6)
            }
        }

        @Test("Writes how a picture was made into its PNG file, and nothing that varies")
        func describesPictures() throws {
            try withService { service in
                let document = try service.post("/v1/interleave", Self.body()).document()
                let segments = try #require(document["segments"] as? [Document])
                let file = String(decoding: try self.file(segments[0]), as: Unicode.ASCII.self)
                #expect(file.contains("tEXtSoftware\0interleaved"))
                #expect(
                    file.contains(
                        "{\"model\":\"tiny\",\"mode\":\"interleave\",\"segment\":0,"
                            + "\"request_seed\":7,\"seed\":7,\"steps\":2,\"guidance_scale\":7.5,"
                            + "\"scheduler\":\"ddpm\"}"
                    )
                )
            }
        }

        @Test("Gives the same words and bytes for a seed, streamed or not, and others for another")
        func repeats() throws {
            try withService { service in
                func segments(_ response: ReceivedResponse) throws -> [String] {
                    let list = try #require(try response.document()["segments"] as? [Document])
                    return list.map { Self.fingerprint($0) }
                }
                let first = try segments(try service.post("/v1/interleave", Self.body()))
                let second = try segments(try service.post("/v1/interleave", Self.body()))
                #expect(first == second && first.count >= 1)
                let streamed = try service.post(
                    "/v1/interleave",
                    Self.body(",\"stream\":true,\"image\":{\"preview_every\":1}")
                )
                let done = try streamed.events().filter { $0.name == "segment.done" }
                    .compactMap { $0.data["segment"] as? Document }
                #expect(done.map { Self.fingerprint($0) } == first)
                let other = Self.body().replacingOccurrences(of: "\"seed\":7", with: "\"seed\":8")
                #expect(try segments(try service.post("/v1/interleave", other)) != first)
            }
        }

        @Test("Answers in every encoding of pictures", arguments: ["png", "jpeg", "webp"])
        func encodes(format: String) throws {
            try withService { service in
                let body =
                    "{\"input\":[\(Self.text)],\"mode\":\"image\",\"seed\":1,"
                    + "\"image\":{\"format\":\"\(format)\"}}"
                let document = try service.post("/v1/interleave", body).document()
                let segments = try #require(document["segments"] as? [Document])
                #expect(segments.count == 1)
                #expect(segments[0]["media_type"] as? String == "image/\(format)")
                let file = try self.file(segments[0])
                #expect(ImageFormat(sniffing: file.span)?.rawValue == format)
                #expect(segments[0]["sha256"] as? String == SHA256.hexadecimal(of: file))
            }
        }

        @Test("The digest of a picture's pixels is that of its samples, whatever file they become")
        func digestsPixels() throws {
            try withService { service in
                let digests = try ["png", "jpeg", "webp"].map { format in
                    let body =
                        "{\"input\":[\(Self.text)],\"mode\":\"image\",\"seed\":1,"
                        + "\"image\":{\"format\":\"\(format)\"}}"
                    let document = try service.post("/v1/interleave", body).document()
                    let picture = try #require((document["segments"] as? [Document])?.first)
                    let digest = try #require(picture["pixels_sha256"] as? String)
                    if format == "png" {
                        let image = try ImageFileDecoder.decode(file(picture))
                        #expect(digest == SHA256.hexadecimal(of: image.pixels))
                    }
                    return digest
                }
                #expect(Set(digests).count == 1)
            }
        }

        @Test("Answers several pictures and several texts of one context, each its own")
        func answersSeveral() throws {
            try withService { service in
                let pictures =
                    "{\"input\":[\(Self.text)],\"mode\":\"image\",\"seed\":3,"
                    + "\"image\":{\"n\":2}}"
                var document = try service.post("/v1/interleave", pictures).document()
                var segments = try #require(document["segments"] as? [Document])
                let images = try #require(segments[0]["images"] as? [Document])
                let seeds = images.compactMap { $0["seed"] as? Int }
                #expect(
                    seeds.first == 3 && Set(seeds).count == 2 && seeds.allSatisfy { $0 < 1 << 53 }
                )
                #expect(Set(images.map { $0["sha256"] as? String }).count == 2)
                let texts =
                    "{\"input\":[\(Self.text)],\"mode\":\"text\",\"seed\":3,"
                    + "\"text\":{\"n\":2,\"logprobs\":true,\"top_logprobs\":2,\"min_tokens\":3}}"
                document = try service.post("/v1/interleave", texts).document()
                segments = try #require(document["segments"] as? [Document])
                let choices = try #require(segments[0]["texts"] as? [Document])
                #expect(choices.count == 2)
                let tokens = try #require(choices[0]["logprobs"] as? [Document])
                #expect(tokens.count >= 3)
                #expect((tokens[0]["logprob"] as? Double ?? 1) <= 0)
                #expect((tokens[0]["top_logprobs"] as? [Document])?.count == 2)
            }
        }

        @Test("Echoes no sampling parameters for a search that does not sample")
        func echoesEffective() throws {
            try withService { service in
                let body =
                    "{\"input\":[\(Self.text)],\"mode\":\"text\","
                    + "\"text\":{\"num_beams\":2}}"
                let document = try service.post("/v1/interleave", body).document()
                let parameters = try #require(document["parameters"] as? Document)
                let text = try #require(parameters["text"] as? Document)
                #expect(text["num_beams"] as? Int == 2 && text["length_penalty"] as? Double == 1)
                #expect(text["temperature"] == nil && text["top_p"] == nil)
                #expect(parameters["image"] == nil && parameters["max_segments"] == nil)
            }
        }

        @Test("Reads a photograph of 12 million pixels in every mode, streamed or not")
        func readsPhotographs() throws {
            let jpeg = try TestPictures.jpeg(width: 4000, height: 3000)
            let input = "\(Self.text),\(TestPictures.part(jpeg))"
            try withService { service in
                for (index, mode) in ["text", "image", "interleave"].enumerated() {
                    let stream = index == 1 ? ",\"stream\":true" : ""
                    let count = index == 2 ? ",\"max_segments\":2" : ""
                    let body = "{\"input\":[\(input)],\"mode\":\"\(mode)\"\(count)\(stream)}"
                    let response = try service.post("/v1/interleave", body)
                    #expect(response.status == 200, "\(response.text.prefix(300))")
                    if index == 1 { #expect(try response.events().last?.name == "[DONE]") }
                }
            }
        }

        @Test("Ends a request that takes too long with 504 and the name of the field")
        func endsInTime() throws {
            try withService { service in
                let body =
                    "{\"input\":[\(Self.text)],\"mode\":\"image\",\"timeout_ms\":50,"
                    + "\"image\":{\"steps\":900,\"n\":8}}"
                let response = try service.post("/v1/interleave", body)
                #expect(response.status == 504)
                let error = try response.error()
                #expect(error["code"] as? String == "deadline_exceeded")
                #expect(error["param"] as? String == "timeout_ms")
                let message = error["message"] as? String
                #expect(message?.hasPrefix("timeout_ms: not done within 50 ms;") == true)
            }
        }

        @Test("Refuses a full queue with 429 and when to come back")
        func refusesFullQueue() throws {
            let engine = try TinyModel.makeEngine(maximumRunningCount: 1, maximumWaitingCount: 0)
            try withService(engine: engine) { service in
                let long =
                    "{\"input\":[\(Self.text)],\"mode\":\"image\","
                    + "\"image\":{\"steps\":900,\"n\":8}}"
                let busy = try HTTPTestClient(port: service.port)
                busy.send(TestService.request("/v1/interleave", long))
                let isBusy = eventually { engine.status.runningCount == 1 }
                #expect(isBusy)
                let response = try service.post("/v1/interleave", Self.body())
                #expect(response.status == 429)
                #expect(try response.error()["code"] as? String == "queue_full")
                #expect(Int(response["retry-after"] ?? "") ?? 0 >= 1)
                #expect(Int(response["retry-after-ms"] ?? "") ?? 0 >= 1)
                // Its client goes away, and so does the request.
                busy.close()
                let isIdle = eventually { engine.status.runningCount == 0 }
                #expect(isIdle)
                #expect(try service.post("/v1/interleave", Self.body()).status == 200)
            }
        }

        // MARK: - Reading answers

        private func file(_ picture: Document) throws -> [UInt8] {
            let url = try #require(picture["image"] as? String)
            let comma = try #require(url.firstIndex(of: ","))
            #expect(url[..<comma] == "data:\(picture["media_type"] as? String ?? "");base64")
            let data = try #require(Data(base64Encoded: String(url[comma...].dropFirst())))
            return [UInt8](data)
        }

        static func fingerprint(_ segment: Document) -> String {
            let parts = ["text", "sha256", "pixels_sha256", "image"].map {
                segment[$0] as? String ?? ""
            }
            return parts.joined(separator: "|")
        }
    }
}
