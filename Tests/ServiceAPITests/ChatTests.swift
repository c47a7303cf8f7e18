import Engine
import Foundation
import TestSupport
import Testing

@testable import ServiceAPI

extension ServiceTests {
    @Suite("Chat completions")
    struct ChatTests {
        private static let path = "/v1/chat/completions"

        private static func part(_ file: [UInt8]) -> String {
            let data = Data(file).base64EncodedString()
            return
                "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,\(data)\"}}"
        }

        private static func body(
            _ fields: String = "",
            _ content: String = "\"a red circle\""
        )
            -> String
        {
            "{\"model\":\"tiny\",\"messages\":[{\"role\":\"user\",\"content\":\(content)}],"
                + "\"seed\":3\(fields)}"
        }

        private func choices(_ document: Document) throws -> [Document] {
            try #require(document["choices"] as? [Document])
        }

        private func message(_ document: Document) throws -> Document {
            try #require(try choices(document).first?["message"] as? Document)
        }

        private func chunks(_ response: ReceivedResponse) throws -> [Document] {
            let lines = response.text.split(separator: "\n").filter { $0.hasPrefix("data: ") }
            // A failed one does not say that it is done.
            let hasFailed = lines.last?.hasPrefix("data: {\"error\"") == true
            #expect(hasFailed || lines.last == "data: [DONE]")
            return try lines.filter { $0 != "data: [DONE]" }.map { line in
                let data = Data(line.dropFirst(6).utf8)
                return try #require(try JSONSerialization.jsonObject(with: data) as? Document)
            }
        }

        @Test("Words come as a choice with usage, and as the model's template words them")
        func answersWords() throws {
            try withService { service in
                let picture = try TestPictures.png()
                let content =
                    "[\(Self.part(picture)),{\"type\":\"text\",\"text\":\"a red circle\"}]"
                let response = try service.post(Self.path, Self.body("", content))
                #expect(response.status == 200, "\(response.text)")
                let document = try response.document()
                #expect(document["object"] as? String == "chat.completion")
                #expect((document["id"] as? String)?.hasPrefix("chatcmpl-") == true)
                let choice = try #require(try choices(document).first)
                #expect(choice["finish_reason"] as? String == "length")
                #expect(choice["logprobs"] is NSNull)
                let message = try message(document)
                #expect(message["role"] as? String == "assistant")
                let asked = try service.post(
                    "/v1/interleave",
                    "{\"template\":\"question\",\"input\":[\(TestPictures.part(picture)),"
                        + "{\"type\":\"text\",\"text\":\"a red circle\"}],\"seed\":3}"
                ).document()
                let segments = try #require(asked["segments"] as? [Document])
                #expect(message["content"] as? String == segments.first?["text"] as? String)
                let usage = try #require(document["usage"] as? Document)
                #expect(usage["completion_tokens"] as? Int == 4)
                #expect(usage["prompt_tokens_details"] is Document)
            }
        }

        @Test("Pictures come in the message's images if they are asked for")
        func answersPictures() throws {
            try withService { service in
                for (modalities, hasText) in [
                    ("[\"image\"]", false), ("[\"text\",\"image\"]", true),
                ] {
                    let fields = ",\"modalities\":\(modalities),\"steps\":2"
                    let response = try service.post(Self.path, Self.body(fields))
                    #expect(response.status == 200, "\(response.text)")
                    let message = try message(try response.document())
                    let images = try #require(message["images"] as? [Document])
                    let url = (images.first?["image_url"] as? Document)?["url"] as? String
                    #expect(url?.hasPrefix("data:image/png;base64,") == true)
                    #expect((message["content"] is String) == hasText)
                }
                let words = try message(
                    try service.post(Self.path, Self.body(",\"template\":\"none\"")).document()
                )
                #expect(words["images"] == nil)
            }
        }

        @Test("Several choices are texts or pictures of one context")
        func answersSeveral() throws {
            try withService { service in
                for fields in [",\"n\":2,\"temperature\":1", ",\"n\":2,\"modalities\":[\"image\"]"]
                {
                    let document = try service.post(Self.path, Self.body(fields)).document()
                    let choices = try choices(document)
                    #expect(choices.map { $0["index"] as? Int } == [0, 1])
                }
                let both = try service.post(
                    Self.path,
                    Self.body(",\"n\":2,\"modalities\":[\"text\",\"image\"]")
                )
                #expect(try both.error()["param"] as? String == "n")
            }
        }

        @Test("Chunks joined are the plain answer, pictures and log-probabilities included")
        func streams() throws {
            try withService { service in
                for fields in [
                    ",\"max_tokens\":4,\"logprobs\":true,\"top_logprobs\":2,\"template\":\"none\"",
                    ",\"max_completion_tokens\":3,\"modalities\":[\"text\",\"image\"]",
                    ",\"n\":2,\"temperature\":1", ",\"n\":2,\"modalities\":[\"image\"]",
                ] {
                    let plain = try choices(
                        try service.post(Self.path, Self.body(fields)).document()
                    )
                    let streamed = try chunks(
                        try service.post(Self.path, Self.body(fields + ",\"stream\":true"))
                    )
                    for (index, choice) in plain.enumerated() {
                        let own = streamed.compactMap { ($0["choices"] as? [Document])?.first }
                            .filter { $0["index"] as? Int == index }
                        let deltas = own.compactMap { $0["delta"] as? Document }
                        let message = try #require(choice["message"] as? Document)
                        let text = deltas.compactMap { $0["content"] as? String }.joined()
                        #expect(text == message["content"] as? String ?? "")
                        let images = deltas.compactMap { $0["images"] as? [Document] }.flatMap(
                            \.self
                        )
                        #expect(
                            images as NSArray == (message["images"] as? [Document] ?? []) as NSArray
                        )
                        let tokens = own.compactMap { $0["logprobs"] as? Document }
                            .compactMap { $0["content"] as? [Document] }.flatMap(\.self)
                        let whole = (choice["logprobs"] as? Document)?["content"] as? [Document]
                        #expect(tokens as NSArray == (whole ?? []) as NSArray)
                        #expect(
                            own.last?["finish_reason"] as? String
                                == choice["finish_reason"] as? String
                        )
                    }
                }
            }
        }

        @Test("Usage comes in a last chunk of its own if it is asked for")
        func streamsUsage() throws {
            try withService { service in
                let fields = ",\"stream\":true,\"stream_options\":{\"include_usage\":true}"
                let told = try chunks(try service.post(Self.path, Self.body(fields)))
                #expect((told.last?["choices"] as? [Document])?.isEmpty == true)
                #expect(told.last?["usage"] is Document)
                #expect(told.dropLast().allSatisfy { $0["usage"] is NSNull })
                let plain = try chunks(try service.post(Self.path, Self.body(",\"stream\":true")))
                #expect(plain.allSatisfy { $0["usage"] == nil })
            }
        }

        @Test("An answer may be sent back with its pictures")
        func continues() throws {
            try withService { service in
                let drawn = try message(
                    try service.post(Self.path, Self.body(",\"modalities\":[\"image\"]")).document()
                )
                let message = String(
                    decoding: try JSONSerialization.data(withJSONObject: drawn),
                    as: UTF8.self
                )
                let body =
                    "{\"messages\":[{\"role\":\"user\",\"content\":\"a red circle\"},\(message),"
                    + "{\"role\":\"user\",\"content\":\"a circle\"}],\"modalities\":[\"image\"]}"
                let response = try service.post(Self.path, body)
                #expect(response.status == 200, "\(response.text)")
            }
        }

        @Test(
            "What cannot be had is refused by name",
            arguments: [
                (",\"tools\":[{}]", "tools", "unsupported_parameter"),
                (",\"tool_choice\":\"required\"", "tool_choice", "unsupported_parameter"),
                (",\"frequency_penalty\":0.5", "frequency_penalty", "unsupported_parameter"),
                (",\"logit_bias\":{\"5\":1}", "logit_bias", "unsupported_parameter"),
                (",\"store\":true", "store", "unsupported_parameter"),
                (",\"modalities\":[\"audio\"]", "modalities[0]", "unsupported_parameter"),
                (",\"audio\":{}", "audio", "unsupported_parameter"),
                (",\"reasoning_effort\":\"high\"", "reasoning_effort", "unsupported_parameter"),
                (
                    ",\"response_format\":{\"type\":\"json_object\"}", "response_format.type",
                    "unsupported_parameter"
                ),
                (",\"stream_options\":{}", "stream_options", "invalid_value"),
                (",\"top_logprobs\":2", "top_logprobs", "invalid_value"),
                (",\"max_completion_tokens\":0", "max_completion_tokens", "invalid_value"),
                (",\"colour\":1", "colour", "unknown_field"),
                (",\"steps\":2", "steps", "invalid_value"),
                (",\"output_format\":\"jpeg\"", "output_format", "invalid_value"),
                (",\"modalities\":[\"image\"],\"temperature\":0", "temperature", "invalid_value"),
                (",\"modalities\":[\"image\"],\"logprobs\":true", "logprobs", "invalid_value"),
                (",\"modalities\":[\"image\"],\"max_tokens\":2", "max_tokens", "invalid_value"),
                (",\"max_tokens\":2,\"max_completion_tokens\":2", "max_tokens", "invalid_value"),
                (",\"min_tokens\":3,\"max_completion_tokens\":2", "min_tokens", "invalid_value"),
                (
                    ",\"modalities\":[\"image\"],\"template\":\"story\"", "modalities",
                    "invalid_value"
                ),
                (
                    ",\"metadata\":{\"\(String(repeating: "k", count: 65))\":\"v\"}",
                    "metadata.\(String(repeating: "k", count: 64))...", "invalid_value"
                ),
            ]
        )
        func refuses(fields: String, field: String, code: String) throws {
            try withService { service in
                let response = try service.post(Self.path, Self.body(fields))
                #expect(response.status == 400)
                let error = try response.error()
                #expect(error["param"] as? String == field && error["code"] as? String == code)
            }
        }

        @Test("Defaults of the contract have no say anywhere: generated clients send them")
        func takesDefaults() throws {
            try withService { service in
                let fields = ",\"num_beams\":1,\"logprobs\":false,\"n\":1,\"output_format\":\"png\""
                for more in ["", ",\"modalities\":[\"image\"],\"steps\":2"] {
                    let response = try service.post(Self.path, Self.body(fields + more))
                    #expect(response.status == 200, "\(response.text)")
                }
            }
        }

        @Test("A seed out of range is told the whole range")
        func tellsSeeds() throws {
            try withService { service in
                for seed in ["18446744073709551616", "-9223372036854775809", "1e40"] {
                    let body =
                        "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"seed\":\(seed)}"
                    let message = try service.post(Self.path, body).error()["message"] as? String
                    let range = "between -9223372036854775808 and 18446744073709551615"
                    #expect(
                        message?.hasPrefix("seed must be \(range), not ") == true,
                        "\(message ?? "")"
                    )
                }
            }
        }

        @Test("The time is over also while a conversation is read, and is not to be tried again")
        func readsInTime() throws {
            try withService { service in
                let text = String(repeating: "a ", count: 400_000)
                let messages = (0..<16).map { _ in "{\"role\":\"user\",\"content\":\"\(text)\"}" }
                let body = "{\"messages\":[\(messages.joined(separator: ","))],\"timeout_ms\":1}"
                let response = try service.post(Self.path, body)
                #expect(response.status == 504)
                #expect(response["x-should-retry"] == "false")
                #expect(try response.error()["code"] as? String == "deadline_exceeded")
                #expect(try response.error()["param"] as? String == "timeout_ms")
            }
        }

        @Test("What has no effect is taken")
        func takes() throws {
            try withService { service in
                let fields =
                    ",\"tools\":[],\"tool_choice\":\"auto\",\"parallel_tool_calls\":true,"
                    + "\"frequency_penalty\":0,\"presence_penalty\":0,\"logit_bias\":{},"
                    + "\"response_format\":{\"type\":\"text\"},\"store\":false,"
                    + "\"service_tier\":\"auto\",\"metadata\":{\"a\":\"b\"},\"user\":\"u\","
                    + "\"audio\":null,\"stop\":null,\"seed\":-1"
                let body = Self.body(fields).replacingOccurrences(of: "\"seed\":3,", with: "")
                let response = try service.post(Self.path, body)
                #expect(response.status == 200, "\(response.text)")
            }
        }

        @Test("A wrong message or part is named by its place")
        func namesMessages() throws {
            try withService { service in
                let broken = Self.part(Array("no picture".utf8))
                for (content, field, status) in [
                    ("3", "messages[0].content", 400),
                    ("[{\"type\":\"file\"}]", "messages[0].content[0].type", 400),
                    (
                        "[{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://a.b/c.png\"}}]",
                        "messages[0].content[0].image_url.url", 400
                    ),
                    (
                        "[{\"type\":\"text\",\"text\":\"a\"},\(broken)]",
                        "messages[0].content[1].image_url.url", 422
                    ),
                ] {
                    let response = try service.post(Self.path, Self.body("", content))
                    #expect(response.status == status, "\(response.text)")
                    #expect(try response.error()["param"] as? String == field)
                }
                let tool = "{\"messages\":[{\"role\":\"tool\",\"content\":\"a\"}]}"
                let response = try service.post(Self.path, tool)
                #expect(try response.error()["param"] as? String == "messages[0].role")
            }
        }

        @Test("Answers tell how full the queue is, refusals too")
        func tellsLimits() throws {
            try withService { service in
                for body in [Self.body(), "{}"] {
                    let response = try service.post(Self.path, body)
                    #expect(response["x-ratelimit-limit-requests"] == "64")
                    #expect(response["x-ratelimit-remaining-requests"] == "63")
                    #expect(response["x-ratelimit-reset-requests"]?.hasSuffix("ms") == true)
                }
            }
        }

        @Test("A stream that fails on its way ends with an error in OpenAI's shape")
        func failsOnTheWay() throws {
            try withService { service in
                let fields =
                    ",\"modalities\":[\"image\"],\"steps\":900,\"n\":8,\"timeout_ms\":300,"
                    + "\"stream\":true"
                let told = try chunks(try service.post(Self.path, Self.body(fields)))
                let error = try #require(told.last?["error"] as? Document)
                #expect(error["code"] as? String == "deadline_exceeded")
            }
        }
    }
}
