import Foundation
import TestSupport
import Testing

extension ServiceTests {
    @Suite("Segments of a stream")
    struct StreamedSegmentTests {
        private func events(_ fields: String, _ service: TestService) throws -> [StreamedEvent] {
            let body = "{\"input\":[\(InterleaveTests.text)],\"seed\":3\(fields)"
            let response = try service.post("/v1/interleave", body + ",\"stream\":true}")
            #expect(response.status == 200, "\(response.text.prefix(300))")
            for line in response.text.split(separator: "\n") where line.contains("text.delta") {
                #expect(line.utf8.count <= 64 * 1024)
            }
            return try response.events()
        }

        private func plain(_ fields: String, _ service: TestService) throws -> [Document] {
            let body = "{\"input\":[\(InterleaveTests.text)],\"seed\":3\(fields)}"
            let answer = try service.post("/v1/interleave", body).document()
            return try #require(answer["segments"] as? [Document])
        }

        @Test("Log-probabilities come with the deltas, and not again with the segment")
        func bringsLogProbabilities() throws {
            try withService { service in
                for n in [1, 3] {
                    let fields =
                        ",\"mode\":\"text\",\"text\":{\"n\":\(n),\"max_tokens\":12,\"min_tokens\":12,"
                        + "\"logprobs\":true,\"top_logprobs\":20,\"stop\":[\"zzz\"]}"
                    let segment = try plain(fields, service)[0]
                    let choices = segment["texts"] as? [Document] ?? [segment]
                    let events = try events(fields, service)
                    let deltas = events.filter { $0.name == "text.delta" }
                    for (number, choice) in choices.enumerated() {
                        let own = deltas.filter { $0.data["choice"] as? Int ?? 0 == number }
                        let told = own.flatMap { $0.data["logprobs"] as? [Document] ?? [] }
                        #expect(told as NSArray == choice["logprobs"] as? NSArray)
                        let text = own.compactMap { $0.data["text"] as? String }.joined()
                        #expect(text == choice["text"] as? String)
                        #expect(own.count > 1, "the words come as they are chosen")
                    }
                    #expect(deltas.allSatisfy { ($0.data["choice"] != nil) == (n > 1) })
                    let done = try #require(events.first { $0.name == "segment.done" })
                    #expect(!String(describing: done.data).contains("logprob"))
                }
            }
        }

        @Test(
            "The stop text that came is told, and none where the model ended or a limit was reached"
        )
        func tellsStopText() throws {
            try withService { service in
                let settings = ",\"mode\":\"text\",\"text\":{\"max_tokens\":12,\"min_tokens\":1"
                let free = try plain(settings + "}", service)[0]
                let text = try #require(free["text"] as? String)
                #expect(free["stop_reason"] == nil)
                let middle = String(text.dropFirst(text.count / 2).prefix(3))
                let first = try #require(text.range(of: middle)).lowerBound
                let stop = String(
                    decoding: try JSONSerialization.data(
                        withJSONObject: ["zzzzzz", middle]
                    ),
                    as: UTF8.self
                )
                let fields = settings + ",\"stop\":\(stop)}"
                let stopped = try plain(fields, service)[0]
                #expect(stopped["text"] as? String == String(text[..<first]))
                #expect(stopped["finish_reason"] as? String == "stop")
                #expect(stopped["stop_reason"] as? String == middle)
                let done = try events(fields, service).first { $0.name == "segment.done" }
                let segment = done?.data["segment"] as? Document
                #expect(segment?["stop_reason"] as? String == middle)
            }
        }

        @Test("Several texts come as they are chosen, each delta with its choice")
        func streamsChoices() throws {
            try withService { service in
                let fields =
                    ",\"mode\":\"text\",\"text\":{\"n\":8,\"max_tokens\":10,\"min_tokens\":10}"
                let events = try events(fields, service)
                let deltas = events.filter { $0.name == "text.delta" }
                let order = deltas.compactMap { $0.data["choice"] as? Int }
                #expect(Set(order) == Set(0..<8))
                #expect(order != order.sorted(), "the texts advance together")
                let done = try #require(events.first { $0.name == "segment.done" })
                let texts = (done.data["segment"] as? Document)?["texts"] as? [Document]
                for (number, text) in (texts ?? []).enumerated() {
                    let joined = deltas.filter { $0.data["choice"] as? Int == number }
                        .compactMap { $0.data["text"] as? String }.joined()
                    #expect(text["text"] as? String == joined)
                }
                #expect(texts?.count == 8)
            }
        }

        @Test("The words of beam search come as deltas too, at the end")
        func streamsBeams() throws {
            try withService { service in
                let fields =
                    ",\"mode\":\"text\",\"text\":{\"n\":2,\"num_beams\":3,\"max_tokens\":6}"
                let events = try events(fields, service)
                let texts = try #require(try plain(fields, service)[0]["texts"] as? [Document])
                for (number, text) in texts.enumerated() {
                    let joined = events.filter {
                        $0.name == "text.delta" && $0.data["choice"] as? Int == number
                    }.compactMap { $0.data["text"] as? String }.joined()
                    #expect(text["text"] as? String == joined)
                }
            }
        }

        @Test("Pictures come in pieces on request, and are the same file")
        func deliversChunks() throws {
            try withService { service in
                for format in ["png", "jpeg", "webp"] {
                    let image = "\"n\":2,\"format\":\"\(format)\",\"steps\":1"
                    let fields = ",\"mode\":\"image\",\"image\":{\(image)"
                    let whole = try #require(
                        try plain(fields + "}", service)[0]["images"] as? [Document]
                    )
                    let events = try events(fields + ",\"delivery\":\"chunks\"}", service)
                    let done = try #require(events.first { $0.name == "segment.done" })
                    let pictures = try #require(
                        (done.data["segment"] as? Document)?["images"] as? [Document]
                    )
                    for (number, picture) in pictures.enumerated() {
                        #expect(picture["image"] == nil)
                        var file = Data()
                        for event in events
                        where event.name == "image.delta" && event.data["picture"] as? Int == number
                        {
                            #expect(event.data["offset"] as? Int == file.count)
                            let text = try #require(event.data["data"] as? String)
                            #expect(text.utf8.count <= 48_000)
                            file.append(try #require(Data(base64Encoded: text)))
                        }
                        #expect(picture["byte_count"] as? Int == file.count)
                        let url = try #require(whole[number]["image"] as? String)
                        #expect(url.hasSuffix(file.base64EncodedString()))
                        for digest in ["sha256", "pixels_sha256"] {
                            let expected = try #require(whole[number][digest] as? String)
                            #expect(picture[digest] as? String == expected)
                        }
                    }
                }
                let refused = try service.post(
                    "/v1/interleave",
                    "{\"input\":[\(InterleaveTests.text)],\"image\":{\"delivery\":\"chunks\"}}"
                )
                #expect(refused.status == 400)
                #expect(try refused.error()["param"] as? String == "image.delivery")
            }
        }

        @Test("Previews are JPEGs, or WebPs where that is the format")
        func bringsSmallPreviews() throws {
            try withService { service in
                for (format, type) in [("png", "jpeg"), ("jpeg", "jpeg"), ("webp", "webp")] {
                    let fields =
                        ",\"mode\":\"image\",\"image\":{\"steps\":2,\"preview_every\":1,"
                        + "\"format\":\"\(format)\"}"
                    let partial = try events(fields, service).first { $0.name == "image.partial" }
                    let image = try #require(partial?.data["image"] as? String)
                    #expect(image.hasPrefix("data:image/\(type);base64,"))
                }
            }
        }
    }
}
