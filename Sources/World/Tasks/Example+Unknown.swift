extension Example {
    /// Words that are none of the world's, alone or about a picture.
    static func unknown(_ scene: Scene, _ random: inout SplitMix64) -> Example {
        let thing = scene.things[0]
        let isAbout = random.below(3) == 0
        let phrase = random.choice(isAbout ? phrasesAboutPictures : phrases)
        let (noun, other) = (random.choice(nouns), random.choice(nouns))
        let color = random.choice(colors)
        let size = random.choice(thing.size.synonyms)
        let place = thing.cell.freeName(using: &random)
        let words = FreeWording.filled(
            phrase,
            [
                "n": noun, "m": other, "k": color, "s": size, "c": thing.hue.word,
                "sh": thing.shape.word, "pl": place,
            ]
        )
        let given = Part.text(FreeWording.written(words, using: &random), isSaid: false)
        let said = Part.text(" \(answerToUnknown)", isSaid: true)
        return Example(
            .unknown,
            isAbout ? [.picture(scene, isDrawn: false), given, said] : [given, said]
        )
    }

    /// What is said of pictures and words that are not of the world.
    package static let answerToUnknown = "I only know coloured shapes"

    private static let phrases = [
        "{n}", "could you draw a {n}", "i want to see a {n} and a {m}", "a {s} {c} {n} in the {pl}",
        "who invented the {n}?", "a photograph of a {n}", "let me see a {k} {sh} in the {pl}",
        "{n}, please",
    ]
    private static let phrasesAboutPictures = [
        "does it contain a {n}?", "could you make the {n} {c}?", "get rid of the {n}",
        "what does the {n} do?",
    ]
    private static let nouns = [
        "umbrella", "penguin", "volcano", "saxophone", "cactus", "lighthouse", "helicopter",
        "pineapple", "octopus", "bathtub", "motorcycle", "skateboard", "sandwich", "telescope",
        "squirrel", "pumpkin", "mushroom", "windmill", "parrot", "kangaroo", "submarine",
        "backpack", "waterfall", "snowman", "typewriter", "hedgehog", "camel", "peacock",
        "lobster", "tractor", "anchor", "compass", "harp", "walnut", "violinist", "keyhole",
        "igloo", "owl", "barber", "acrobat",
    ]
    private static let colors = ["maroon", "olive", "indigo", "ivory", "crimson", "khaki"]
}
