// The suites in free wording, asked as somebody would who has read nothing about the model. None of their phrases
// is one of training's.

/// Phrases with gaps in braces, and how people write them.
enum FreeWording {
    static let thingForms = [
        "a {c} {sh}, {s}, in the {pl}", "a {s} {sh} in {c} at the {pl}",
        "in the {pl} you see a {s} {c} {sh}",
        "one {s} {c} {sh} placed in the {pl}",
    ]
    static let joints = [" and ", ", ", " together with "]
    static let groundForms = [
        "{words} in front of a {g} background", "the background {g}, {words}",
        "{words}; its background is {g}",
    ]
    static let carriers = [
        "{words}", "could you draw {words}", "i want to see {words}", "an image with {words}",
        "i need {words}",
        "let me see {words}",
    ]
    static let references = ["the {sh}", "the {c} {sh}", "the {sh} in the {pl}"]
    static let removals = ["get rid of {ref}", "i do not want {ref}", "leave {ref} out"]
    static let additions = ["also draw {new}", "please include {new}", "i also want {new}"]

    /// Ways to ask for a change of a kind.
    static func changes(of kind: Change.Kind) -> [String] {
        switch kind {
        case .color, .size:
            ["let {ref} be {to}", "i want {ref} to be {to}", "could you make {ref} {to}?"]
        case .cell:
            [
                "let {ref} be in the {to}", "i want {ref} in the {to}",
                "could you move {ref} to the {to}?",
            ]
        case .shape:
            [
                "let {ref} be a {to}", "i want a {to} instead of {ref}",
                "could you turn {ref} into a {to}?",
            ]
        }
    }

    /// Puts words into a phrase's gaps.
    static func filled(_ phrase: String, _ words: KeyValuePairs<String, String>) -> String {
        words.reduce(phrase) { $0.replacing("{\($1.key)}", with: $1.value) }
    }

    /// The words as they are, with a capital and an end, loud, or with a capital alone.
    static func written(_ words: String, using random: inout SplitMix64) -> String {
        let style = random.below(4)
        switch style {
        case 0: return words
        case 2: return words.uppercased()
        default:
            let sentence = words.prefix(1).uppercased() + words.dropFirst()
            let isEnded = sentence.hasSuffix("?") || sentence.hasSuffix(".")
            return style == 1 && !isEnded ? sentence + "." : sentence
        }
    }
}

extension Cell {
    /// One of its names, as they follow "in the".
    func freeName(using random: inout SplitMix64) -> String {
        random.choice(Self.freeNames[rawValue])
    }

    private static let freeNames = [
        ["top left", "upper left", "top left corner", "upper left corner"],
        ["top", "top center", "upper middle"],
        ["top right", "upper right", "top right corner", "upper right corner"],
        ["left", "left side"], ["center", "middle", "centre"], ["right", "right side"],
        ["bottom left", "lower left", "bottom left corner", "lower left corner"],
        ["bottom", "bottom center", "lower middle"],
        ["bottom right", "lower right", "bottom right corner", "lower right corner"],
    ]
}

extension Thing {
    /// A phrase about it.
    func freePhrase(_ form: String, using random: inout SplitMix64) -> String {
        let size = random.choice(size.synonyms)
        let place = cell.freeName(using: &random)
        return FreeWording.filled(
            form,
            ["s": size, "pl": place, "c": hue.word, "sh": shape.word]
        )
    }

    /// A name for it, by its shape and perhaps its colour or place.
    func freeName(using random: inout SplitMix64) -> String {
        let form = random.choice(FreeWording.references)
        return freePhrase(form, using: &random)
    }
}
