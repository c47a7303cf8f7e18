import Engine
import MMInterleaved
import Testing

@testable import ServiceAPI

@Suite("Prompts of conversations")
struct ChatPromptTests {
    private let picture: [UInt8] = [1]
    private let later: [UInt8] = [2]

    private func user(_ text: String, _ files: [UInt8]...) -> ChatMessage {
        ChatMessage(
            role: .user,
            parts: files.map { .image($0, field: "picture \($0[0])") } + [.text(text)]
        )
    }

    private func assistant(_ text: String, _ files: [UInt8]...) -> ChatMessage {
        ChatMessage(
            role: .assistant,
            parts: [.text(text)] + files.map { .image($0, field: "picture \($0[0])") }
        )
    }

    private func prompt(
        _ messages: [ChatMessage],
        _ wanted: ChatPrompt.Wanted = .text,
        _ name: String? = nil
    ) throws -> ChatPrompt {
        let deadline = RequestDeadline(.seconds(600), isChosen: false, after: .now)
        return try ChatPrompt(messages, wanted, template: name, TinyModel.templates, deadline)
    }

    @Test(
        "The template is the one that takes what the last message brings and answers what is wanted"
    )
    func chooses() throws {
        func name(_ message: ChatMessage, _ wanted: ChatPrompt.Wanted) throws -> String? {
            try prompt([message], wanted).template
        }
        #expect(try name(user("Is it red?", picture), .text) == "question")
        #expect(try name(user(" ", picture), .text) == "caption")
        #expect(try name(user("a red circle"), .image) == "picture")
        #expect(try name(user("now it is green", picture), .image) == "edit")
        #expect(try name(user("a red circle"), .both) == "story")
        #expect(try name(user("now it is green", picture), .both) == "edit")
        #expect(try name(user("hello"), .text) == nil)
    }

    @Test("A message without a picture is about the last one before it")
    func lendsPictures() throws {
        let messages = [
            user("a red circle"), assistant("", picture), user("another"), assistant("", later),
        ]
        let edit = try prompt(messages + [user("now it is green")], .image)
        #expect(edit.template == "edit")
        #expect(edit.input == [.image(later), .text("now it is green")])
        #expect(edit.pictureFields == [0: "picture 2"])
        let drawn = try prompt(messages + [user("a blue star")], .image, "picture")
        #expect(drawn.input == [.text("a blue star")])
    }

    @Test("Earlier turns about the same picture are told by a template that has a place for them")
    func tellsHistory() throws {
        let messages = [
            ChatMessage(role: .system, parts: [.text("Be kind.")]), user("Before"),
            assistant("yes"), user("Is it red?", picture), assistant("no"), user("Is it large?"),
        ]
        let dialogue = try prompt(messages)
        #expect(dialogue.template == "dialogue")
        #expect(
            dialogue.input == [
                .image(picture),
                .text("question: Is it red? answer: no. question: Is it large? answer:"),
            ]
        )
        let question = try prompt(messages, .text, "question")
        #expect(
            question.input == [
                .text("Look. "), .image(picture), .text("Is it large? The answer is:"),
            ]
        )
    }

    @Test("A picture is lent by instructions as well")
    func lendsPicturesOfInstructions() throws {
        let instruction = ChatMessage(
            role: .system,
            parts: [.text("Look."), .image(picture, field: "picture 1")]
        )
        let asked = try prompt([instruction, user("Is it red?")])
        #expect(asked.template == "question" && asked.pictureFields == [1: "picture 1"])
    }

    @Test("Questions in a row are one question, and answers in a row one answer")
    func joinsTurns() throws {
        let dialogue = try prompt([
            user("Is it red?", picture), user("Or blue?"), assistant("blue"), assistant("I think"),
            user("Is it large?"),
        ])
        #expect(
            dialogue.input == [
                .image(picture),
                .text(
                    "question: Is it red?\nOr blue? answer: blue\nI think. question: Is it large? answer:"
                ),
            ]
        )
    }

    @Test("A conversation whose time is over is not put together")
    func endsInTime() {
        let late = RequestDeadline(.seconds(1), isChosen: true, after: .now - .seconds(2))
        for name in [nil, "none"] {
            let error = #expect(throws: RequestError.self) {
                try ChatPrompt(
                    [user("a", picture), assistant("b"), user("c")],
                    .text,
                    template: name,
                    TinyModel.templates,
                    late
                )
            }
            #expect(error?.kind == .deadlineExceeded && error?.isAskedFor == true)
        }
    }

    @Test("Without a template the conversation is given as it is")
    func plain() throws {
        let messages = [
            ChatMessage(role: .system, parts: [.text("Be kind.")]), user("Look", picture),
            assistant("yes"), user("and now"),
        ]
        let plain = try prompt(messages, .text, "none")
        #expect(plain.template == nil && plain.answer.mode == .text)
        #expect(
            plain.input == [.text("Be kind."), .image(picture), .text("Look\nyes\nand now")]
        )
        #expect(try prompt([user("a")], .both, "none").answer.mode == .interleave)
    }

    @Test("A conversation that another ends, and a template that does not fit, are refused")
    func refuses() {
        func error(_ body: () throws -> ChatPrompt) -> String? {
            do {
                _ = try body()
                return nil
            } catch { return (error as? RequestError)?.field }
        }
        #expect(error { try prompt([user("a"), assistant("b")]) } == "messages")
        #expect(error { try prompt([user("a")], .text, "question") } == "messages")
        #expect(error { try prompt([user("a")], .text, "colour") } == "template")
        #expect(error { try prompt([user("a")], .text, "picture") } == "modalities")
        #expect(error { try prompt([user("a", picture)], .image, "question") } == "modalities")
        #expect(error { try prompt([user("a")], .image, "story") } == "modalities")
        #expect(error { try prompt([user("a")], .text, "story") } == "modalities")
    }
}
