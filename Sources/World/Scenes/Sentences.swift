// Scenes and changes in words. What the model has to say has one canonical form, so that it can be
// judged exactly; what it has to understand comes with synonyms.

/// Chooses among synonyms.
package struct Wording: Sendable {
    private var random: SplitMix64?

    /// The canonical words, without chance.
    package static let canonical = Wording(random: nil)

    /// The canonical word, which is the first, or any of them.
    fileprivate mutating func word(_ words: [String]) -> String {
        random?.choice(words) ?? words[0]
    }

    /// Runs a sentence's making with synonyms, drawn from a generator that goes on afterwards.
    static func varied(
        using random: inout SplitMix64,
        _ make: (inout Wording) -> String
    ) -> String {
        var wording = Wording(random: random)
        let text = make(&wording)
        if let after = wording.random { random = after }
        return text
    }
}

extension Cell {
    /// Such as "at the top left".
    package func phrase(_ wording: inout Wording) -> String {
        let name = name(&wording)
        return "\(wording.word(["at", "in", "on"])) the \(name)"
    }

    fileprivate func name(_ wording: inout Wording) -> String {
        self == .center ? wording.word(["center", "middle"]) : words
    }
}

extension Thing {
    /// Such as "a small red circle at the top left".
    package func phrase(_ wording: inout Wording) -> String {
        let size = wording.word(size.synonyms)
        return "a \(size) \(hue.word) \(shape.word) \(cell.phrase(&wording))"
    }
}

extension Scene {
    /// All objects in reading order, and the background.
    package func phrase(_ wording: inout Wording) -> String {
        let things = things.map { $0.phrase(&wording) }.joined(separator: " and ")
        return "\(things) on a \(wording.word(background.synonyms)) background"
    }

    /// The canonical form of all objects and the background.
    package var caption: String {
        var wording = Wording.canonical
        return phrase(&wording)
    }
}

extension Change {
    /// Such as "now the star is green"; objects are named by their shape before the change.
    package func phrase(_ wording: inout Wording) -> String {
        let subject = "\(wording.word(["now", "then"])) the \(before.shape.word)"
        switch kind {
        case .color:
            return "\(subject) \(wording.word(["is", "becomes", "turns"])) \(after.hue.word)"
        case .cell:
            let verb = wording.word(["moves", "goes"])
            return "\(subject) \(verb) to the \(after.cell.name(&wording))"
        case .size:
            return "\(subject) \(wording.word(["is", "becomes"])) \(after.size.word)"
        case .shape:
            return "\(subject) \(wording.word(["becomes", "turns into"])) a \(after.shape.word)"
        }
    }
}

extension Scene {
    /// The scene that a canonical sentence makes of this one; nil if it is not a possible change.
    package func changed(by sentence: String) -> Scene? {
        let words = sentence.split(whereSeparator: \.isWhitespace).map(String.init)
        guard words.count >= 5, words[0] == "now", words[1] == "the",
            words.joined(separator: " ") == Self.trimmed(sentence),
            let index = things.firstIndex(where: { $0.shape.word == words[2] })
        else { return nil }
        var thing = things[index]
        let value = words[4]
        switch (words[3], words.count) {
        case ("is", 5):
            if let hue = Hue.allCases.first(where: { $0.word == value }) {
                thing.hue = hue
            } else if let size = Size.allCases.first(where: { $0.word == value }) {
                thing.size = size
            } else {
                return nil
            }
        case ("moves", 7...) where value == "to" && words[5] == "the":
            let name = words[6...].joined(separator: " ")
            guard let cell = Cell.allCases.first(where: { $0.words == name }) else { return nil }
            thing.cell = cell
        case ("becomes", 6) where value == "a":
            guard let shape = Shape.allCases.first(where: { $0.word == words[5] }) else {
                return nil
            }
            thing.shape = shape
        default: return nil
        }
        return replacing(index, by: thing)
    }

    /// A sentence without white space at its ends.
    private static func trimmed(_ sentence: String) -> String {
        let start = sentence.drop(while: \.isWhitespace)
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...last])
    }
}
