import Engine
import Foundation
import MMInterleaved
import ServiceAPI
import Testing
import World

@Suite("Templates of nano")
struct NanoTemplateTests {
    private let templates: [PromptTemplate]

    init() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let path = root.appendingPathComponent("Models/nano").path
        templates = try ModelDirectory(path: path).configuration.templates
    }

    /// The parts before the first that is to be answered, the pictures being no matter.
    private func given(_ example: Example) -> [InputPart] {
        var parts: [InputPart] = []
        for part in example.parts {
            switch part {
            case .text(let words, isSaid: false): parts.append(.text(words))
            case .picture(_, isDrawn: false), .segmentationMap: parts.append(.image([]))
            case .text, .picture: return parts
            }
        }
        return parts
    }

    @Test(
        "A prompt is worded as nano was trained on it",
        arguments: [
            ("caption", Assignment.caption), ("question", .question), ("box", .grounding),
            ("picture", .textToImage), ("map", .segmentationToImage), ("edit", .editing),
            ("story", .interleaved),
        ]
    )
    func wording(name: String, assignment: Assignment) throws {
        let template = try #require(templates.first { $0.name == name })
        let words = template.wording.compactMap { part in
            if case .words(let words) = part { words } else { nil }
        }
        for index in 0..<40 {
            let example = given(Example(assignment, seed: 5, index: index))
            // What is left of the prompt without the template's words is what a request brings.
            var inputs = PromptTemplate.Inputs(example)
            inputs.texts = inputs.texts.compactMap { text in
                let rest = words.reduce(text) { $0.replacingOccurrences(of: $1, with: "") }
                return rest.allSatisfy(\.isWhitespace) ? nil : rest
            }
            let prompt = template.prompt(inputs)
            // Captions have a blank at the end or none.
            #expect(prompt.map(\.trimmedEnd) == example.map(\.trimmedEnd))
        }
    }

    @Test("The first template for a picture and words is the question")
    func order() {
        let fitting = templates.filter {
            $0.takes(textCount: 1, pictureCount: 1) && $0.answer.mode == .text
        }
        #expect(fitting.first?.name == "question")
    }
}

extension InputPart {
    fileprivate var trimmedEnd: InputPart {
        guard case .text(var text) = self else { return self }
        while text.last == " " { text.removeLast() }
        return .text(text)
    }
}
