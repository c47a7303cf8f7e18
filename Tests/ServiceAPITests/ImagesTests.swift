import Engine
import Foundation
import Images
import TestSupport
import Testing

@testable import ServiceAPI

extension ServiceTests {
    @Suite("Pictures in OpenAI's shape")
    struct ImagesTests {
        private static let generations = "/v1/images/generations"
        private static let edits = "/v1/images/edits"

        private static func body(_ fields: String = "") -> String {
            "{\"prompt\":\"a red circle\",\"seed\":3,\"steps\":2\(fields)}"
        }

        private static func edit(_ picture: [UInt8], _ fields: String = "") -> String {
            body(",\"image\":\"\(Data(picture).base64EncodedString())\"" + fields)
        }

        private func files(_ response: ReceivedResponse) throws -> [[UInt8]] {
            #expect(response.status == 200, "\(response.text)")
            let data = try #require(try response.document()["data"] as? [Document])
            return try data.map { picture in
                let text = try #require(picture["b64_json"] as? String)
                return [UInt8](try #require(Data(base64Encoded: text)))
            }
        }

        /// Posts a form of fields and one file.
        private func post(
            _ service: TestService,
            _ fields: [(String, String)],
            _ file: [UInt8],
            _ more: String = ""
        ) throws -> ReceivedResponse {
            var body: [UInt8] = []
            for (name, value) in fields {
                body +=
                    "--b\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n"
                    .utf8
            }
            body +=
                "--b\r\nContent-Disposition: form-data; name=\"image[]\"; filename=\"a.png\"\r\n"
                .utf8
            body += "Content-Type: image/png\r\n\r\n".utf8
            body += file
            body += "\r\n--b--\r\n".utf8
            let head =
                "POST \(Self.edits) HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.count)\r\n"
                + "Content-Type: multipart/form-data; boundary=b\r\n\(more)\r\n"
            let client = try HTTPTestClient(port: service.port, timeLimitSeconds: 600)
            return try client.exchange(Array(head.utf8) + body)
        }

        @Test("A picture comes in base64, in the format and size that are asked for")
        func generates() throws {
            try withService { service in
                let response = try service.post(
                    Self.generations,
                    Self.body(",\"output_format\":\"jpeg\",\"size\":\"16x16\",\"n\":2")
                )
                let files = try files(response)
                #expect(files.count == 2)
                #expect(files.allSatisfy { ImageFormat(sniffing: $0.span) == .jpeg })
                let document = try response.document()
                #expect(document["size"] as? String == "16x16")
                #expect(document["output_format"] as? String == "jpeg")
                let usage = try #require(document["usage"] as? Document)
                #expect(usage["input_tokens"] as? Int ?? 0 > 0)
                #expect(response["x-ratelimit-limit-requests"] != nil)
            }
        }

        @Test("A picture is that of the same request to /v1/interleave")
        func equalsInterleave() throws {
            try withService { service in
                let picture = try files(try service.post(Self.generations, Self.body()))[0]
                let asked = try service.post(
                    "/v1/interleave",
                    "{\"input\":[{\"type\":\"text\",\"text\":\"a red circle\"}],\"mode\":\"image\","
                        + "\"seed\":3,\"image\":{\"steps\":2}}"
                ).document()
                let segments = try #require(asked["segments"] as? [Document])
                let url = try #require(segments.first?["image"] as? String)
                #expect(url.hasSuffix(Data(picture).base64EncodedString()))
            }
        }

        @Test("An edit is the same as a document, in both of its forms, and as a form")
        func edits() throws {
            try withService { service in
                let given = try TestPictures.png()
                let encoded = Data(given).base64EncodedString()
                let expected = try files(try service.post(Self.edits, Self.edit(given)))
                let listed = Self.body(
                    ",\"images\":[{\"image_url\":\"data:image/png;base64,\(encoded)\"}]"
                )
                #expect(try files(try service.post(Self.edits, listed)) == expected)
                let form = try post(
                    service,
                    [("prompt", "a red circle"), ("seed", "3"), ("steps", "2"), ("n", "1")],
                    given
                )
                #expect(try files(form) == expected)
            }
        }

        @Test("A stream brings previews and the picture of the plain answer")
        func streams() throws {
            try withService { service in
                let given = try TestPictures.png()
                for (path, body, name) in [
                    (Self.generations, Self.body(), "image_generation"),
                    (Self.edits, Self.edit(given), "image_edit"),
                ] {
                    let body = body.replacingOccurrences(of: "\"steps\":2", with: "\"steps\":5")
                    let plain = try files(try service.post(path, body))[0]
                    let fields = ",\"stream\":true,\"partial_images\":3}"
                    let events = try service.post(path, String(body.dropLast()) + fields).events()
                    let previews = events.filter { $0.name == "\(name).partial_image" }
                    #expect(
                        previews.map { $0.data["partial_image_index"] as? Int } == [0, 1, 2]
                    )
                    #expect(previews.allSatisfy { $0.data["index"] as? Int == 0 })
                    let done = try #require(events.dropLast().last)
                    #expect(done.name == "\(name).completed" && done.data["usage"] is Document)
                    #expect(done.data["b64_json"] as? String == Data(plain).base64EncodedString())
                }
            }
        }

        @Test("Each of several pictures has its place, and what they took is told once")
        func streamsSeveral() throws {
            try withService { service in
                let fields = ",\"n\":2,\"stream\":true,\"partial_images\":1"
                let events = try service.post(Self.generations, Self.body(fields)).events()
                let previews = events.filter { $0.name == "image_generation.partial_image" }
                #expect(previews.map { $0.data["index"] as? Int } == [0, 1])
                let completed = events.filter { $0.name == "image_generation.completed" }
                #expect(completed.map { $0.data["index"] as? Int } == [0, 1])
                let tokens = completed.compactMap { $0.data["usage"] as? Document }
                    .map { $0["input_tokens"] as? Int }
                let plain = try service.post(Self.generations, Self.body()).document()
                #expect(tokens == [0, (plain["usage"] as? Document)?["input_tokens"] as? Int])
            }
        }

        @Test(
            "A stream that fails on its way ends with the error, and does not say that it is done"
        )
        func failsOnTheWay() throws {
            try withService { service in
                let body = Self.body(",\"stream\":true,\"n\":8,\"timeout_ms\":300")
                    .replacingOccurrences(of: "\"steps\":2", with: "\"steps\":900")
                let events = try service.post(Self.generations, body).events()
                #expect(events.map(\.name) == ["error"])
            }
        }

        @Test(
            "What cannot be had is refused by name",
            arguments: [
                ("\"size\":\"1024x1024\"", "size"),
                ("\"response_format\":\"url\"", "response_format"),
                ("\"background\":\"transparent\"", "background"), ("\"quality\":\"hd\"", "quality"),
                ("\"style\":\"vivid\"", "style"),
                ("\"output_compression\":50", "output_compression"),
                ("\"partial_images\":1", "partial_images"), ("\"n\":9", "n"),
                ("\"output_format\":\"gif\"", "output_format"),
                ("\"template\":\"caption\"", "prompt"),
                ("\"image\":\"AA==\"", "image"),
            ]
        )
        func refuses(field: String, name: String) throws {
            try withService { service in
                let response = try service.post(Self.generations, Self.body(",\(field)"))
                #expect(response.status == 400)
                #expect(try response.error()["param"] as? String == name)
            }
        }

        @Test("An edit needs a picture, takes no mask, and names the picture at fault")
        func refusesEdits() throws {
            try withService { service in
                let given = try TestPictures.png()
                let none = try service.post(Self.edits, Self.body())
                #expect(try none.error()["param"] as? String == "image")
                let masked = try service.post(Self.edits, Self.edit(given, ",\"mask\":\"AA==\""))
                #expect(try masked.error()["param"] as? String == "mask")
                let broken = try post(service, [("prompt", "a")], Array("no picture".utf8))
                #expect(broken.status == 422)
                #expect(try broken.error()["param"] as? String == "image[0]")
                let both = try service.post(
                    Self.edits,
                    Self.edit(given, ",\"images\":[{\"image_url\":\"AA==\"}]")
                )
                #expect(try both.error()["param"] as? String == "images")
                #expect(try both.error()["code"] as? String == "invalid_value")
                let wrong = try post(service, [("prompt", "a"), ("n", "many")], given)
                #expect(try wrong.error()["param"] as? String == "n")
            }
        }

        /// Fields of a form, and the one at fault.
        private static let faultyForms: [(fields: [(String, String)], name: String)] = [
            ([("prompt", "a"), ("steps", "1e999")], "steps"),
            ([("prompt", "a"), ("seed", "9007199254740993.5")], "seed"),
            ([("prompt", "a"), ("steps", "2.00000000000000000001")], "steps"),
            ([("prompt", "a"), ("prompt", "b")], "prompt"),
            ([("prompt\"; filename=\"p.txt", "a")], "prompt"),
            ([("prompt", String(repeating: "\u{1}", count: 1024 * 1024 + 1))], "prompt"),
            ([("prompt", "a"), ("zz", String(repeating: "z", count: 1024 * 1024))], "zz"),
            ([("prompt", "a"), ("steps", "two")], "steps"),
            ([("prompt", "a"), ("stream", "yes")], "stream"),
            ([("prompt", "a"), ("n", "")], "n"),
            ([("prompt", "a"), ("mask\"; filename=\"m.png", "x")], "mask"),
            ([("prompt", "a"), ("mask\"; filename*=\"UTF-8''m.png", "\u{1}")], "mask"),
            ([("prompt", "a"), ("a\u{9B}\u{202E}\u{7F}", "b")], "a\\u{9B}\\u{202E}\\u{7F}"),
        ]

        @Test(
            "Fields of a form are read as exactly as a document's, and by their names",
            arguments: faultyForms
        )
        func readsForms(fields: [(String, String)], name: String) throws {
            try withService { service in
                let response = try post(service, fields, try TestPictures.png())
                #expect(response.status == 400, "\(response.text)")
                #expect(try response.error()["param"] as? String == name)
            }
        }

        @Test(
            "Values of a form are told as what they must be, and what is no form by a code of its own"
        )
        func tellsForms() throws {
            try withService { service in
                let given = try TestPictures.png()
                for (name, value, message) in [
                    ("steps", "two", "steps must be an integer, not \"two\""),
                    ("guidance_scale", "", "guidance_scale must be a number, not \"\""),
                    ("stream", "yes", "stream must be true or false, not \"yes\""),
                    ("seed", "true", "seed must be an integer, not a boolean"),
                    (
                        "prompt\"; filename=\"p.txt", "a", "prompt must be a text, not a file"
                    ),
                ] {
                    let prompt = name.hasPrefix("prompt") ? [] : [("prompt", "a")]
                    let response = try post(service, prompt + [(name, value)], given)
                    #expect(try response.error()["message"] as? String == message)
                }
                let coded = "prompt\"\r\nContent-Transfer-Encoding: base64\r\nX: \""
                let malformed = try post(service, [(coded, "YQ==")], given)
                #expect(malformed.status == 400)
                #expect(try malformed.error()["code"] as? String == "malformed_form")
            }
        }

        @Test("A page of elsewhere can send no form, unless it is allowed")
        func refusesForeignForms() throws {
            let fields = [("prompt", "a red circle"), ("steps", "1")]
            let origin = "Origin: https://elsewhere.example\r\n"
            try withService { service in
                let given = try TestPictures.png()
                let refused = try post(service, fields, given, origin)
                #expect(refused.status == 403)
                #expect(try refused.error()["code"] as? String == "origin_not_allowed")
                #expect(try post(service, fields, given, "Origin: http://h\r\n").status == 200)
            }
            try withService(configure: { $0.allowedOrigins = ["https://elsewhere.example"] }) {
                service in
                let allowed = try post(service, fields, try TestPictures.png(), origin)
                #expect(allowed.status == 200)
            }
        }
    }
}
