extension Example {
    /// A plain question about what is there, how much of it, or what is not.
    static func freeQuestion(_ scene: Scene, _ random: inout SplitMix64) -> Example {
        let thing = random.choice(scene.things)
        let (words, answer) = question(kind: random.below(7), about: thing, in: scene, &random)
        return asked(.freeQuestion, scene, words, answer, &random)
    }

    private static func question(
        kind: Int,
        about thing: Thing,
        in scene: Scene,
        _ random: inout SplitMix64
    ) -> (words: String, answer: String) {
        func filled(_ phrases: [String], _ gap: KeyValuePairs<String, String>) -> String {
            FreeWording.filled(random.choice(phrases), gap)
        }
        let shape = thing.shape.word
        switch kind {
        case 0: return (colorQuestion(about: shape, &random), thing.hue.word)
        case 1:
            let isOnly = scene.things.count { $0.hue == thing.hue } == 1
            let name =
                isOnly
                ? "\(thing.hue.word) figure"
                : "object in the \(thing.cell.freeName(using: &random))"
            let phrases = [
                "what do you call the {x}?", "what shape has the {x}?",
                "i see the {x}, what shape is it?",
            ]
            return (filled(phrases, ["x": name]), shape)
        case 2:
            let phrases = [
                "can you tell me where the {sh} is?", "at which place do you see the {sh}?",
                "i am looking for the {sh}, where is it?",
            ]
            return (filled(phrases, ["sh": shape]), thing.cell.words)
        case 3:
            let phrases = ["would you say the {sh} is small or large?", "what size has the {sh}?"]
            return (filled(phrases, ["sh": shape]), thing.size.word)
        case 4:
            let phrases = [
                "would you call the background light or dark?",
                "does it stand on a light or a dark background?",
            ]
            return (random.choice(phrases), scene.background.word)
        case 5:
            let phrases = ["how many objects can you count?", "what is the number of shapes?"]
            return (random.choice(phrases), ["one", "two", "three"][scene.things.count - 1])
        default:
            let absent = Shape.allCases.filter { shape in
                !scene.things.contains { $0.shape == shape }
            }
            let shape = random.choice(absent).word
            return (colorQuestion(about: shape, &random), "there is no \(shape)")
        }
    }

    private static func colorQuestion(about shape: String, _ random: inout SplitMix64) -> String {
        let phrase = random.choice([
            "what {n} has the {sh}?", "do you know the {n} of the {sh}?",
            "i see a {sh}, what {n} is it?",
        ])
        return FreeWording.filled(phrase, ["n": random.choice(["color", "colour"]), "sh": shape])
    }

    /// Whether a picture has something; as often yes as no.
    static func freeYesNo(_ scene: Scene, _ random: inout SplitMix64) -> Example {
        let isYes = random.below(2) == 0
        let kind = random.below(4)
        while true {
            var thing = random.choice(scene.things)
            if !isYes && kind == 2 {
                thing.cell = random.choice(Cell.allCases)
            } else if !isYes {
                thing.shape = random.choice(Shape.allCases)
                thing.hue = random.choice(Hue.allCases)
            }
            let isShown = scene.things.contains { other in
                (kind == 3 || other.shape == thing.shape)
                    && (kind == 0 || kind == 2 || other.hue == thing.hue)
                    && (kind != 2 || other.cell == thing.cell)
            }
            guard isShown == isYes else { continue }
            let phrase = random.choice(Self.yesNoPhrases[kind])
            let place = thing.cell.freeName(using: &random)
            let words = FreeWording.filled(
                phrase,
                ["sh": thing.shape.word, "c": thing.hue.word, "pl": place]
            )
            return asked(.freeYesNo, scene, words, isYes ? "yes" : "no", &random)
        }
    }

    /// For a shape, for one in a colour, for one in a place, for anything in a colour.
    private static let yesNoPhrases = [
        ["does it contain a {sh}?", "is a {sh} to be seen?"],
        ["does it contain a {c} {sh}?", "is a {c} {sh} to be seen?"],
        ["would you say the {sh} is in the {pl}?", "do you find the {sh} in the {pl}?"],
        ["is something {c}?", "does it contain anything {c}?"],
    ]

    private static func asked(
        _ assignment: Assignment,
        _ scene: Scene,
        _ words: String,
        _ answer: String,
        _ random: inout SplitMix64
    ) -> Example {
        Example(
            assignment,
            [
                .picture(scene, isDrawn: false),
                .text(FreeWording.written(words, using: &random), isSaid: false),
                .text(" \(answer)", isSaid: true),
            ]
        )
    }
}
