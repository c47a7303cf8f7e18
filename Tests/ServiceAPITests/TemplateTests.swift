import Engine
import Foundation
import MMInterleaved
import TestSupport
import Testing

@testable import ServiceAPI

@Suite("Prompts of templates")
struct TemplatePromptTests {
    private func template(_ name: String) throws -> PromptTemplate {
        try #require(TinyModel.templates.first { $0.name == name })
    }

    @Test("Words stand around what a request brings, whatever the order of its parts")
    func words() throws {
        let picture: [UInt8] = [1, 2]
        for input: [InputPart] in [
            [.image(picture), .text(" Is it red ")], [.text("Is it red?"), .image(picture)],
        ] {
            let prompt = try template("question").prompt(PromptTemplate.Inputs(input))
            #expect(
                prompt == [.text("Look. "), .image(picture), .text("Is it red? The answer is:")]
            )
        }
    }

    @Test("Earlier turns stand where the template has a place for them")
    func history() throws {
        var inputs = PromptTemplate.Inputs([.image([1]), .text("Is it large")])
        let dialogue = try template("dialogue")
        #expect(dialogue.prompt(inputs) == [.image([1]), .text("question: Is it large? answer:")])
        inputs.turns = [ConversationTurn(text: "Is it red?", answer: " yes ")]
        #expect(
            dialogue.prompt(inputs) == [
                .image([1]),
                .text("question: Is it red? answer: yes. question: Is it large? answer:"),
            ]
        )
    }
}

extension ServiceTests {
    @Suite("Templates in requests")
    struct TemplateTests {
        private static let text = "{\"type\":\"text\",\"text\":\"a red circle\"}"

        private static func body(
            _ template: String,
            _ parts: [String],
            _ fields: String = ""
        )
            -> String
        {
            "{\"template\":\"\(template)\",\"input\":[\(parts.joined(separator: ","))],"
                + "\"seed\":3\(fields)}"
        }

        @Test("A request in a template is the request that it words")
        func equalsItsWording() throws {
            try withService { service in
                let picture = TestPictures.part(try TestPictures.png())
                let asked = try service.post(
                    "/v1/interleave",
                    Self.body("question", [Self.text, picture])
                ).document()
                let worded = try service.post(
                    "/v1/interleave",
                    "{\"input\":[{\"type\":\"text\",\"text\":\"Look. \"},\(picture),"
                        + "{\"type\":\"text\",\"text\":\"a red circle? The answer is:\"}],"
                        + "\"mode\":\"text\",\"text\":{\"max_tokens\":4},\"seed\":3}"
                ).document()
                let words = [asked, worded].map { document in
                    (document["segments"] as? [Document])?.first?["text"] as? String
                }
                #expect(words[0] != nil && words[0] == words[1])
                let parameters = try #require(asked["parameters"] as? Document)
                #expect(parameters["template"] as? String == "question")
                #expect(parameters["mode"] as? String == "text")
                #expect((parameters["text"] as? Document)?["max_tokens"] as? Int == 4)
                let plain = try #require(worded["parameters"] as? Document)
                #expect(plain["template"] == nil)
            }
        }

        @Test("A template's first segment is forced: words bring a picture")
        func forces() throws {
            try withService { service in
                let answer = try service.post("/v1/interleave", Self.body("story", [Self.text]))
                let document = try answer.document()
                let segments = try #require(document["segments"] as? [Document])
                #expect(segments.first?["type"] as? String == "image")
                let parameters = try #require(document["parameters"] as? Document)
                #expect(parameters["force"] as? String == "image")
                #expect(parameters["max_segments"] as? Int == 2)
            }
        }

        @Test("What contradicts a template is refused by name")
        func refuses() throws {
            try withService { service in
                for (body, field, words) in [
                    (Self.body("colour", [Self.text]), "template", "must be one of \"caption\""),
                    (
                        Self.body("question", [Self.text]), "input",
                        "takes 1 text and 1 image"
                    ),
                    (
                        Self.body("picture", [Self.text], ",\"mode\":\"text\""), "mode",
                        "the template \"picture\" is for \"image\""
                    ),
                    (
                        Self.body("picture", [Self.text], ",\"text\":{\"max_tokens\":3}"), "text",
                        "has no meaning in mode \"image\""
                    ),
                ] {
                    let response = try service.post("/v1/interleave", body)
                    #expect(response.status == 400)
                    let error = try response.error()
                    #expect(error["param"] as? String == field)
                    #expect((error["message"] as? String)?.contains(words) == true, "\(error)")
                }
            }
        }

        @Test("An unreadable picture is named where the request has it, not the prompt")
        func namesPictures() throws {
            try withService { service in
                let broken = TestPictures.part(Array("no picture".utf8))
                for (parts, field) in [
                    ([broken, Self.text], "input[0].image"),
                    ([Self.text, broken], "input[1].image"),
                ] {
                    let response = try service.post(
                        "/v1/interleave",
                        Self.body("question", parts)
                    )
                    #expect(response.status == 422)
                    #expect(try response.error()["param"] as? String == field)
                }
            }
        }

        @Test("The model lists its templates with what they take and answer")
        func lists() throws {
            try withService { service in
                let model = try service.get("/v1/models/tiny").document()
                let templates = try #require(model["templates"] as? [Document])
                #expect(
                    templates.map { $0["name"] as? String } == TinyModel.templates.map(\.name)
                )
                let question = try #require(templates.first { $0["name"] as? String == "question" })
                #expect(question["inputs"] as? [String] == ["image", "text"])
                #expect((question["answer"] as? Document)?["mode"] as? String == "text")
                #expect((question["wording"] as? [Document])?.count == 4)
                #expect(question["examples"] as? [String] == ["Is it red?"])
            }
        }
    }
}
