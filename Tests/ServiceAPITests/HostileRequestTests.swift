import Engine
import Foundation
import ServiceAPI
import TestSupport
import Testing

extension ServiceTests {
    @Suite("Hostile and mistaken requests")
    struct HostileRequestTests {
        /// Checks an error response, and that the daemon still serves afterwards.
        private func expect(
            _ response: ReceivedResponse,
            _ status: Int,
            code: String,
            param: String? = nil,
            says words: String = "",
            _ service: TestService
        ) throws {
            #expect(response.status == status, "\(response.text)")
            #expect(response["x-request-id"] != nil)
            let error = try response.error()
            #expect(error["code"] as? String == code)
            #expect(error["param"] as? String == param)
            #expect(error["type"] is String)
            let message = try #require(error["message"] as? String)
            #expect(words.isEmpty || message.contains(words), "\(message)")
            #expect(try service.post("/v1/tokenize", "{\"text\":\"a\"}").status == 200)
        }

        @Test("Malformed JSON is 400 and says where")
        func malformedJSON() throws {
            try withService { service in
                for body in ["", "{", "{\"input\":[", "not json", "[]", "null", "{\"input\":1,}"] {
                    let response = try service.post("/v1/interleave", body)
                    #expect(response.status == 400, "\(body)")
                }
                let response = try service.post("/v1/interleave", "{\"input\":[}")
                try expect(response, 400, code: "malformed_json", says: "at byte 10", service)
                let deep = String(repeating: "[", count: 100_000)
                let nested = try service.post("/v1/interleave", deep)
                try expect(nested, 400, code: "malformed_json", says: "8 levels", service)
            }
        }

        @Test("A body of 100 MB is 413 and names the limit, announced or in chunks")
        func largeBodies() throws {
            try withService { service in
                let announced = try service.exchange(
                    "POST /v1/interleave HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
                        + "Content-Length: 104857600\r\n\r\n"
                )
                try expect(announced, 413, code: "content_too_large", says: "67108864", service)
            }
            try withService(configure: { $0.limits.maximumBodyByteCount = 1 << 20 }) { service in
                let client = try HTTPTestClient(port: service.port)
                client.send(
                    "POST /v1/interleave HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
                        + "Transfer-Encoding: chunked\r\n\r\n"
                )
                let chunk =
                    Array("10000\r\n".utf8) + [UInt8](repeating: 0x20, count: 0x10000)
                    + Array("\r\n".utf8)
                for _ in 0..<1600 where client.send(chunk) == false { break }
                try expect(
                    try client.receiveResponse(),
                    413,
                    code: "content_too_large",
                    says: "1048576",
                    service
                )
            }
        }

        @Test("A picture that claims 60000 x 60000 pixels is 422 and names the limit")
        func decompressionBomb() throws {
            try withService { service in
                let part = TestPictures.part(TestPictures.lyingPNG(width: 60_000, height: 60_000))
                let response = try service.post("/v1/interleave", "{\"input\":[\(part)]}")
                try expect(
                    response,
                    422,
                    code: "unreadable_image",
                    param: "input[0].image",
                    says: "at most 40000000",
                    service
                )
            }
        }

        @Test("Truncated, empty and zero-sized pictures are 422 and named")
        func brokenPictures() throws {
            let png = try TestPictures.png(), jpeg = try TestPictures.jpeg()
            let broken = [
                Array(png.prefix(png.count / 2)), Array(jpeg.prefix(jpeg.count / 2)),
                Array(png.prefix(20)), Array(jpeg.prefix(4)), [0],
                TestPictures.lyingPNG(width: 0, height: 10),
                TestPictures.lyingPNG(width: 10, height: 0), Array("<svg></svg>".utf8),
            ]
            try withService { service in
                for bytes in broken {
                    let body = "{\"input\":[\(InterleaveTests.text),\(TestPictures.part(bytes))]}"
                    for path in ["/v1/interleave", "/v1/score"] {
                        let options = path == "/v1/score" ? ",\"options\":[\"a\"]}" : "}"
                        let response = try service.post(path, body.dropLast() + options)
                        try expect(
                            response,
                            422,
                            code: "unreadable_image",
                            param: "input[1].image",
                            service
                        )
                    }
                }
            }
        }

        @Test("Headers of a million bytes are 431 and name the limit")
        func largeHeaders() throws {
            try withService { service in
                let client = try HTTPTestClient(port: service.port)
                let filler = String(repeating: "a", count: 1_000_000)
                client.send("GET /health HTTP/1.1\r\nHost: h\r\nX-Filler: \(filler)\r\n\r\n")
                let response = try client.receiveResponse()
                try expect(
                    response,
                    431,
                    code: "request_header_fields_too_large",
                    says: "16384",
                    service
                )
            }
        }

        @Test("Text that is no UTF-8 is 400 and named")
        func badText() throws {
            try withService { service in
                let client = try HTTPTestClient(port: service.port)
                let body = Array("{\"text\":\"".utf8) + [0xFF, 0xFE, 0xC0] + Array("\"}".utf8)
                client.send(
                    "POST /v1/tokenize HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
                        + "Content-Length: \(body.count)\r\n\r\n"
                )
                client.send(body)
                let response = try client.receiveResponse()
                try expect(
                    response,
                    400,
                    code: "invalid_value",
                    param: "text",
                    says: "UTF-8",
                    service
                )
            }
        }

        @Test("Conflicting lengths are 400")
        func conflictingLengths() throws {
            try withService { service in
                for fields in [
                    "Content-Length: 2\r\nContent-Length: 3\r\n",
                    "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
                    "Content-Length: -1\r\n", "Content-Length: 2, 3\r\n",
                ] {
                    let response = try service.exchange(
                        "POST /v1/tokenize HTTP/1.1\r\nHost: h\r\n"
                            + "Content-Type: application/json\r\n\(fields)\r\n{}"
                    )
                    try expect(response, 400, code: "bad_request", service)
                }
            }
        }

        @Test("Unknown paths are 404, other methods 405 with those that there are")
        func wrongRoutes() throws {
            try withService { service in
                try expect(try service.get("/v2/nothing"), 404, code: "not_found", service)
                try expect(try service.get("/v1/interleave/"), 404, code: "not_found", service)
                let get = try service.get("/v1/interleave")
                #expect(get["allow"] == "POST, OPTIONS")
                try expect(get, 405, code: "method_not_allowed", says: "POST", service)
                let post = try service.post("/health", "{}")
                #expect(post["allow"] == "GET, HEAD, OPTIONS")
                try expect(post, 405, code: "method_not_allowed", service)
            }
        }

        @Test("A body that is not said to be JSON is 415")
        func wrongTypes() throws {
            try withService { service in
                for type in [
                    "text/plain", "application/x-www-form-urlencoded", "",
                    "application/json; charset=latin1", "multipart/form-data; boundary=x",
                    "appli cation/json", "\"application/json\"", "application/json; char set=utf-8",
                ] {
                    let response = try service.post(
                        "/v1/tokenize",
                        "{\"text\":\"a\"}",
                        "Content-Type: \(type)\r\n"
                    )
                    try expect(
                        response,
                        415,
                        code: "unsupported_media_type",
                        param: "content-type",
                        service
                    )
                }
                let missing = try service.exchange(
                    "POST /v1/tokenize HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}"
                )
                #expect(missing.status == 415)
                let zipped = try service.post("/v1/tokenize", "{}", "Content-Encoding: gzip\r\n")
                #expect(zipped.status == 415)
                for type in [
                    "application/json; charset=utf-8", "Application/JSON;charset=\"UTF-8\"",
                ] {
                    let fields = "Content-Type: \(type)\r\n"
                    let response = try service.post("/v1/tokenize", "{\"text\":\"a\"}", fields)
                    #expect(response.status == 200, "\(type)")
                }
            }
        }

        @Test("Too much text and too many pictures for the model are 400, named, and cost nothing")
        func overlongInputs() throws {
            try withService { service in
                let words = String(repeating: "a red circle ", count: 1000)
                let text = "{\"type\":\"text\",\"text\":\"\(words)\"}"
                let long = try service.post("/v1/interleave", "{\"input\":[\(text)]}")
                try expect(long, 400, code: "context_length_exceeded", param: "input", service)
                let part = TestPictures.part(try TestPictures.png(width: 8, height: 8))
                let many = Array(repeating: part, count: 40).joined(separator: ",")
                let images = try service.post("/v1/interleave", "{\"input\":[\(many)]}")
                try expect(images, 400, code: "context_length_exceeded", param: "input", service)
            }
        }

        @Test("A model that is not served is 404, as OpenAI's clients expect")
        func otherModel() throws {
            try withService { service in
                let body = "{\"model\":\"gpt\",\"input\":[\(InterleaveTests.text)]}"
                let response = try service.post("/v1/interleave", body)
                try expect(response, 404, code: "model_not_found", param: "model", service)
            }
        }

        @Test("A request id is taken over only if it is short and plain")
        func requestIdentifiers() throws {
            try withService { service in
                let id = "01J-a_b.c:d"
                #expect(try service.get("/livez", "X-Request-Id: \(id)\r\n")["x-request-id"] == id)
                for bad in ["a b", "\"quoted\"", String(repeating: "a", count: 129), "<script>"] {
                    let echoed = try service.get("/livez", "X-Request-Id: \(bad)\r\n")[
                        "x-request-id"
                    ]
                    #expect(echoed != bad && echoed?.count == 32)
                }
            }
        }

        @Test("Damaged requests never stop the daemon")
        func survivesMutations() throws {
            let part = TestPictures.part(try TestPictures.png(width: 4, height: 4))
            let sample = Array(
                ("{\"input\":[\(part),\(InterleaveTests.text)],\"mode\":\"text\",\"seed\":1,"
                    + "\"text\":{\"max_tokens\":2,\"stop\":[\"x\"]}}").utf8
            )
            var random = SeededRandom(seed: 11)
            try withService { service in
                let client = try HTTPTestClient(port: service.port, timeLimitSeconds: 60)
                for _ in 0..<200 {
                    let body = mutated(sample, using: &random)
                    client.send(
                        "POST /v1/interleave HTTP/1.1\r\nHost: h\r\n"
                            + "Content-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n"
                    )
                    client.send(body)
                    let status = try client.receiveResponse().status
                    #expect([200, 400, 404, 422].contains(status), "\(status)")
                }
            }
        }
    }
}
