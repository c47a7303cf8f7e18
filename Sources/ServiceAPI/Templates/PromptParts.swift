internal import Engine

/// Texts and pictures in turn, as they are put together.
///
/// What comes to a text is appended in place: a conversation may have hundreds of long ones.
struct PromptParts {
    private var parts: [InputPart] = []
    /// The text that may go on.
    private var text: String?

    /// Begins a text of its own.
    mutating func add(_ words: String) {
        end()
        text = words
    }

    /// Goes on with the last text; begins one behind a picture.
    ///
    /// - Parameters:
    ///   - words: What comes.
    ///   - separator: What stands between it and a text before it.
    mutating func go(on words: String, after separator: String = "") {
        guard text != nil else { return text = words }
        text?.append(separator)
        text?.append(words)
    }

    /// Adds a picture file.
    mutating func add(_ picture: [UInt8]) {
        end()
        parts.append(.image(picture))
    }

    /// All parts.
    mutating func finished() -> [InputPart] {
        end()
        return parts
    }

    private mutating func end() {
        if let text { parts.append(.text(text)) }
        text = nil
    }
}
