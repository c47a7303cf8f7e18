package import Engine
package import MMInterleaved

extension PromptTemplate {
    /// What a request brings for the template, by kind and in order.
    package struct Inputs: Sendable {
        /// Texts.
        package var texts: [String] = []
        /// Picture files.
        package var pictures: [[UInt8]] = []
        /// Earlier turns; without effect on a template that has no place for them.
        package var turns: [ConversationTurn] = []

        /// Nothing.
        package init() {}

        /// The texts and pictures of an input.
        package init(_ parts: [InputPart]) {
            for part in parts {
                switch part {
                case .text(let text): texts.append(text)
                case .image(let file): pictures.append(file)
                }
            }
        }
    }

    /// Whether it takes as many texts and pictures as there are.
    package func takes(textCount: Int, pictureCount: Int) -> Bool {
        let inputs = inputs
        return inputs.count { $0 == .text } == textCount
            && inputs.count { $0 == .image } == pictureCount
    }

    /// The prompt.
    ///
    /// White space around texts is dropped: the wording has its own.
    ///
    /// - Parameter inputs: As many texts and pictures as ``takes(textCount:pictureCount:)`` says.
    /// - Returns: Texts and pictures in turn; what there is too little of is left out.
    package func prompt(_ inputs: Inputs) -> [InputPart] {
        var prompt = PromptParts()
        var texts = inputs.texts[...]
        var pictures = inputs.pictures[...]
        for part in wording {
            switch part {
            case .words(let words): prompt.go(on: words)
            case .text(let ending):
                if let text = texts.popFirst() { prompt.go(on: Self.ended(text, ending)) }
            case .image: if let picture = pictures.popFirst() { prompt.add(picture) }
            case .history: for turn in inputs.turns { prompt.go(on: worded(turn)) }
            case .answer: break
            }
        }
        return prompt.finished()
    }

    private func worded(_ turn: ConversationTurn) -> String {
        history.reduce(into: "") { words, part in
            switch part {
            case .words(let own): words += own
            case .text(let ending): words += Self.ended(turn.text, ending)
            case .answer: words += turn.answer.trimmed
            case .image, .history: break
            }
        }
    }

    /// A text without white space around it, and with an ending.
    private static func ended(_ text: String, _ ending: String?) -> String {
        let text = text.trimmed
        guard let ending, !text.utf8.reversed().starts(with: ending.utf8.reversed()) else {
            return text
        }
        return text + ending
    }
}
