import Engine
import Images
import MMInterleaved
import ServiceAPI
import Testing

@Suite("Request documents")
struct DecodingTests {
    private func decode(
        _ fields: String,
        input: String = "[{\"type\":\"text\",\"text\":\"a\"}]",
        limits: Limits = Limits()
    ) throws -> InterleaveCall {
        let body = "{\"input\":\(input)\(fields.isEmpty ? "" : ",")\(fields)}"
        return try InterleaveCall(
            decoding: Array(body.utf8),
            configuration: TinyModel.configuration(),
            limits: limits
        )
    }

    @Test("Takes every field, and the model's defaults for the rest")
    func takesFields() throws {
        let call = try decode(
            """
            "model":"tiny","max_segments":3,"seed":18446744073709551615,"stream":true,
            "timeout_ms":5000,"user":"u",
            "text":{"max_tokens":7,"min_tokens":2,"temperature":0.5,"top_p":0.25,"top_k":3,
            "min_p":0.125,"repetition_penalty":2,"stop":["x","y"],"logprobs":true,
            "top_logprobs":4},
            "image":{"n":2,"steps":5,"guidance_scale":1.5,"scheduler":"dpmpp-2m","format":"webp",
            "preview_every":2}
            """
        )
        let (request, text, picture) = (call.request, call.request.text, call.request.picture)
        #expect(request.input == [.text("a")] && request.mode == .interleave)
        #expect(request.maximumSegmentCount == 3 && request.seed == .max)
        #expect(request.timeout == .seconds(5) && call.streams == true)
        #expect(text.maximumTokenCount == 7 && text.minimumTokenCount == 2)
        #expect(text.temperature == 0.5 && text.topP == 0.25 && text.topK == 3)
        #expect(text.minP == 0.125 && text.repetitionPenalty == 2)
        #expect(text.stop == ["x", "y"] && text.logProbabilityCount == 4)
        #expect(picture.count == 2 && picture.stepCount == 5 && picture.guidanceScale == 1.5)
        #expect(picture.method == .multistepSolver && picture.previewInterval == 2)
        #expect(call.imageFormat == .webp)

        let plain = try decode("")
        #expect(plain.request.mode == .interleave && plain.request.text.maximumTokenCount == 6)
        #expect(plain.request.text.repetitionPenalty == 1.3 && plain.request.picture.stepCount == 2)
        #expect(plain.streams == nil && plain.imageFormat == .png)
        #expect(plain.request.timeout == Limits().defaultTimeout)
        #expect(plain.request.seed < 1 << 53)
    }

    @Test("Takes one stop text as well as a list, and seeds and counts written as 1.0")
    func takesVariants() throws {
        #expect(try decode("\"text\":{\"stop\":\"x\"}").request.text.stop == ["x"])
        #expect(try decode("\"seed\":7.0").request.seed == 7)
        #expect(try decode("\"seed\":9007199254740993.0").request.seed == 9_007_199_254_740_993)
        #expect(try decode("\"seed\":1e3").request.seed == 1000)
        #expect(try decode("\"text\":{\"logprobs\":true}").request.text.logProbabilityCount == 0)
        #expect(try decode("\"text\":{\"logprobs\":false}").request.text.logProbabilityCount == nil)
    }

    @Test(
        "Refuses values by the path of their field",
        arguments: [
            ("\"extra\":1", "extra"), ("\"text\":{\"extra\":1}", "text.extra"),
            ("\"image\":{\"size\":1}", "image.size"), ("\"model\":1", "model"),
            ("\"mode\":\"video\"", "mode"), ("\"mode\":7", "mode"),
            ("\"max_segments\":0", "max_segments"), ("\"max_segments\":33", "max_segments"),
            ("\"force\":\"both\"", "force"), ("\"mode\":\"text\",\"force\":\"text\"", "force"),
            ("\"text\":[]", "text"), ("\"text\":{\"max_tokens\":0}", "text.max_tokens"),
            ("\"text\":{\"max_tokens\":4097}", "text.max_tokens"),
            ("\"text\":{\"max_tokens\":1.5}", "text.max_tokens"),
            ("\"text\":{\"max_tokens\":\"5\"}", "text.max_tokens"),
            ("\"text\":{\"max_tokens\":5,\"min_tokens\":6}", "text.min_tokens"),
            ("\"text\":{\"temperature\":-0.1}", "text.temperature"),
            ("\"text\":{\"temperature\":1e999}", "text.temperature"),
            ("\"text\":{\"top_p\":1.5}", "text.top_p"), ("\"text\":{\"top_p\":true}", "text.top_p"),
            ("\"text\":{\"top_k\":-1}", "text.top_k"), ("\"text\":{\"min_p\":2}", "text.min_p"),
            ("\"text\":{\"repetition_penalty\":0}", "text.repetition_penalty"),
            ("\"text\":{\"num_beams\":9}", "text.num_beams"),
            ("\"text\":{\"num_beams\":2,\"length_penalty\":11}", "text.length_penalty"),
            ("\"mode\":\"text\",\"text\":{\"n\":9}", "text.n"), ("\"text\":{\"n\":2}", "text.n"),
            ("\"mode\":\"text\",\"text\":{\"n\":3,\"num_beams\":2}", "text.n"),
            ("\"text\":{\"stop\":5}", "text.stop"), ("\"text\":{\"stop\":[\"\"]}", "text.stop[0]"),
            ("\"text\":{\"stop\":[\"a\",1]}", "text.stop[1]"),
            ("\"text\":{\"logprobs\":1}", "text.logprobs"),
            ("\"text\":{\"logprobs\":true,\"num_beams\":2}", "text.logprobs"),
            ("\"text\":{\"top_logprobs\":1}", "text.top_logprobs"),
            ("\"text\":{\"logprobs\":true,\"top_logprobs\":21}", "text.top_logprobs"),
            ("\"image\":{\"n\":0}", "image.n"), ("\"image\":{\"steps\":1000}", "image.steps"),
            ("\"image\":{\"steps\":1001}", "image.steps"),
            ("\"image\":{\"guidance_scale\":101}", "image.guidance_scale"),
            ("\"image\":{\"scheduler\":\"pndm\"}", "image.scheduler"),
            ("\"image\":{\"format\":\"gif\"}", "image.format"),
            ("\"image\":{\"preview_every\":-1}", "image.preview_every"),
            ("\"seed\":-1", "seed"), ("\"seed\":18446744073709551616", "seed"),
            ("\"seed\":1e20", "seed"),
            ("\"stream\":\"yes\"", "stream"), ("\"timeout_ms\":0", "timeout_ms"),
            ("\"timeout_ms\":3600001", "timeout_ms"), ("\"user\":7", "user"),
        ]
    )
    func refusesByField(_ fields: String, _ path: String) {
        let error = #expect(throws: RequestError.self) { try self.decode(fields) }
        #expect(error?.field == path)
        #expect(error?.detail.contains(path) == true, "\(error?.detail ?? "")")
    }

    @Test(
        "Refuses inputs by the path of their part",
        arguments: [
            ("[]", "input"), ("{}", "input"), ("\"a\"", "input"), ("[1]", "input[0]"),
            ("[{}]", "input[0].type"), ("[{\"type\":\"audio\"}]", "input[0].type"),
            ("[{\"type\":\"text\"}]", "input[0].text"),
            ("[{\"type\":\"text\",\"text\":\"a\",\"image\":\"b\"}]", "input[0].image"),
            ("[{\"type\":\"image\"}]", "input[0].image"),
            ("[{\"type\":\"image\",\"image\":5}]", "input[0].image"),
            ("[{\"type\":\"image\",\"image\":\"\"}]", "input[0].image"),
            ("[{\"type\":\"image\",\"image\":\"@@@@\"}]", "input[0].image"),
            ("[{\"type\":\"image\",\"image\":\"AAAAA\"}]", "input[0].image"),
            ("[{\"type\":\"image\",\"image\":null}]", "input[0].image"),
            ("[{\"type\":\"text\",\"text\":null}]", "input[0].text"),
            ("[{\"type\":\"image\",\"image\":\"data:image/png,AAAA\"}]", "input[0].image"),
            ("[{\"type\":\"image\",\"image\":\"data:text/html;base64,AAAA\"}]", "input[0].image"),
            ("[{\"type\":\"image\",\"image\":\"data:image/png;base64\"}]", "input[0].image"),
            ("[{\"type\":\"image\",\"image\":\"data:image/png;x;base64,AAAA\"}]", "input[0].image"),
        ]
    )
    func refusesInput(_ input: String, _ path: String) {
        let error = #expect(throws: RequestError.self) { try self.decode("", input: input) }
        #expect(error?.field == path)
    }

    @Test("Says that no picture is fetched from elsewhere")
    func refusesAddresses() {
        for address in ["http://h/a.png", "https://h/a.png", "file:///etc/passwd", "ftp://h/a"] {
            let input = "[{\"type\":\"image\",\"image\":\"\(address)\"}]"
            let error = #expect(throws: RequestError.self) { try self.decode("", input: input) }
            #expect(error?.detail.contains("no picture is fetched") == true)
        }
    }

    @Test("Takes pictures as data URLs and as bare base64, escaped or not")
    func takesPictures() throws {
        for text in [
            "/+8A", "\\/+8A", "data:image/png;base64,/+8A", "DATA:image/JPEG;base64,/+8A",
            "data:image/png;charset=utf-8;base64,/+8A", "data:image/webp;name=a.png;base64,/+8A",
            "\\n data:image/png;base64,/+8A", " \\t/+8A",
        ] {
            let call = try decode("", input: "[{\"type\":\"image\",\"image\":\"\(text)\"}]")
            #expect(call.request.input == [.image([0xFF, 0xEF, 0x00])], "\(text)")
        }
    }

    @Test(
        "Takes null for a field that is left out, as generated clients send it",
        arguments: [
            "model", "mode", "force", "max_segments", "text", "image", "seed", "stream",
            "priority", "timeout_ms", "user",
        ]
    )
    func takesNull(_ field: String) throws {
        let call = try decode("\"\(field)\":null")
        let plain = try decode("")
        #expect(call.request.mode == plain.request.mode && call.streams == nil)
        #expect(call.request.timeout == plain.request.timeout && !call.setsTimeout)
    }

    @Test("Takes null for every parameter of words and pictures")
    func takesNullParameters() throws {
        let words = [
            "max_tokens", "min_tokens", "temperature", "top_p", "top_k", "min_p",
            "repetition_penalty", "num_beams", "length_penalty", "n", "stop", "logprobs",
            "top_logprobs",
        ]
        let pictures = ["n", "steps", "guidance_scale", "scheduler", "format", "preview_every"]
        func object(_ fields: [String]) -> String {
            "{\(fields.map { "\"\($0)\":null" }.joined(separator: ","))}"
        }
        let fields = "\"text\":\(object(words)),\"image\":\(object(pictures))"
        for mode in ["text", "image", "interleave"] {
            let call = try decode("\"mode\":\"\(mode)\",\(fields)")
            #expect(call.request.text == (try decode("")).request.text)
            #expect(call.request.picture == (try decode("")).request.picture)
        }
    }

    @Test(
        "Refuses what would have no say beside other fields",
        arguments: [
            ("\"mode\":\"image\",\"text\":{\"max_tokens\":3}", "text"),
            ("\"mode\":\"text\",\"image\":{\"steps\":3}", "image"),
            ("\"mode\":\"text\",\"max_segments\":2", "max_segments"),
            ("\"mode\":\"image\",\"max_segments\":2", "max_segments"),
            ("\"stream\":false,\"image\":{\"preview_every\":1}", "image.preview_every"),
            ("\"image\":{\"metadata\":true,\"format\":\"jpeg\"}", "image.metadata"),
            ("\"stream\":true,\"image\":{\"steps\":4,\"preview_every\":5}", "image.preview_every"),
            ("\"force\":\"image\",\"max_segments\":1,\"text\":{\"max_tokens\":2}", "text"),
            ("\"force\":\"text\",\"max_segments\":1,\"image\":{\"steps\":2}", "image"),
            ("\"text\":{\"num_beams\":2,\"temperature\":1}", "text.temperature"),
            ("\"text\":{\"num_beams\":2,\"top_p\":1}", "text.top_p"),
            ("\"text\":{\"num_beams\":2,\"top_k\":0}", "text.top_k"),
            ("\"text\":{\"min_p\":0,\"num_beams\":2}", "text.min_p"),
            ("\"text\":{\"length_penalty\":1}", "text.length_penalty"),
        ]
    )
    func refusesMeaningless(_ fields: String, _ path: String) {
        let error = #expect(throws: RequestError.self) { try self.decode(fields) }
        #expect(error?.kind == .invalid && error?.field == path)
    }

    @Test("Takes base64 in lines, in the alphabet for addresses, and without padding")
    func takesBase64Variants() throws {
        for text in ["/+8A/w==", "/+8\\nA/w\\r\\n==\\n", "_-8A_w", "\\/+8A\\/w", " /+8A /w = ="] {
            let call = try decode("", input: "[{\"type\":\"image\",\"image\":\"\(text)\"}]")
            #expect(call.request.input == [.image([0xFF, 0xEF, 0x00, 0xFF])], "\(text)")
        }
    }

    @Test("Refuses a text of 60 MiB of escapes while it is being read")
    func refusesLongEscapes() {
        let text = String(repeating: "\\u0061", count: 10 << 20)
        let error = #expect(throws: RequestError.self) {
            try self.decode("", input: "[{\"type\":\"text\",\"text\":\"\(text)\"}]")
        }
        #expect(error?.kind == .invalid && error?.field == "input[0].text")
        #expect(error?.detail.contains("at most 1048576 are allowed") == true)
    }

    @Test("Tells names apart that are equal only after normalisation")
    func comparesBytes() throws {
        var configuration = try TinyModel.configuration()
        configuration.name = "caf\u{E9} K"
        for name in ["cafe\u{301} K", "caf\u{E9} \u{212A}"] {
            let body = "{\"model\":\"\(name)\",\"input\":[{\"type\":\"text\",\"text\":\"a\"}]}"
            let error = #expect(throws: RequestError.self) {
                try InterleaveCall(
                    decoding: Array(body.utf8),
                    configuration: configuration,
                    limits: Limits()
                )
            }
            #expect(error?.kind == .modelNotFound)
        }
    }

    @Test("Refuses a model that is not served as not found")
    func refusesOtherModels() {
        let error = #expect(throws: RequestError.self) { try self.decode("\"model\":\"gpt\"") }
        #expect(error?.kind == .modelNotFound && error?.field == "model")
    }

    @Test("Bounds texts, parts and stop texts by the limits' values")
    func boundsSizes() {
        var limits = Limits()
        limits.maximumTextByteCount = 4
        limits.maximumInputPartCount = 2
        limits.maximumStopCount = 1
        limits.maximumStopByteCount = 3
        let part = "{\"type\":\"text\",\"text\":\"abcde\"}"
        let long = #expect(throws: RequestError.self) {
            try self.decode("", input: "[\(part)]", limits: limits)
        }
        #expect(long?.field == "input[0].text")
        let many = #expect(throws: RequestError.self) {
            try self.decode("", input: "[\(part),\(part),\(part)]", limits: limits)
        }
        #expect(many?.field == "input")
        let short = "[{\"type\":\"text\",\"text\":\"a\"}]"
        for (stop, field) in [("[\"a\",\"b\"]", "text.stop"), ("\"abcd\"", "text.stop")] {
            let error = #expect(throws: RequestError.self) {
                try self.decode("\"text\":{\"stop\":\(stop)}", input: short, limits: limits)
            }
            #expect(error?.field == field)
        }
    }
}
