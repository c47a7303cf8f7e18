/// One sequence of texts and pictures, with the truth of what the model has to say and draw.
package struct Example: Hashable, Sendable {
    /// A part of a sequence.
    package enum Part: Hashable, Sendable {
        /// Words that are given, or that the model has to say.
        case text(String, isSaid: Bool)
        /// A picture that is given, or that the model has to draw.
        case picture(Scene, isDrawn: Bool)
        /// A colour map of a scene's shapes; always given.
        case segmentationMap(Scene)
    }

    /// What is asked.
    package let assignment: Assignment
    /// The sequence.
    package let parts: [Part]
    /// What happens from picture to picture.
    package let changes: [Change]

    init(_ assignment: Assignment, _ parts: [Part], changes: [Change] = []) {
        self.assignment = assignment
        self.parts = parts
        self.changes = changes
    }

    /// Example `index` of the data set with a seed.
    ///
    /// - Source: Training/WORLD.md, Tasks.
    package init(
        _ assignment: Assignment,
        seed: UInt64,
        index: Int,
        most: Int = 2,
        split: Split = .train
    ) {
        var random = SplitMix64(seed: seed, index: index)
        let scene = Scene(using: &random, most: most, split: split)
        switch assignment {
        case .caption: self = .caption(scene, &random)
        case .question: self = .question(scene, &random)
        case .grounding: self = .grounding(scene, &random)
        case .textToImage:
            let words = Wording.varied(using: &random) { scene.phrase(&$0) }
            self.init(.textToImage, [.given(words), .drawn(scene)])
        case .segmentationToImage: self = .segmentationToImage(scene)
        case .editing:
            let (after, change) = scene.changed(using: &random, split: split)
            let words = Wording.varied(using: &random) { change.phrase(&$0) }
            self.init(
                .editing,
                [.picture(scene, isDrawn: false), .given(words), .drawn(after)],
                changes: [change]
            )
        case .story, .interleaved:
            self = .alternating(assignment, scene, &random, split)
        case .freeTextToImage: self = .freeTextToImage(scene, &random)
        case .freeQuestion: self = .freeQuestion(scene, &random)
        case .freeYesNo: self = .freeYesNo(scene, &random)
        case .freeEditing: self = .freeEditing(scene, &random, split)
        case .unknown: self = .unknown(scene, &random)
        }
    }

    /// The scenes to draw, in order.
    package var drawnScenes: [Scene] {
        parts.compactMap { if case .picture(let scene, true) = $0 { scene } else { nil } }
    }

    /// The words to say, joined.
    package var saidWords: String {
        parts.reduce(into: "") { words, part in
            if case .text(let text, true) = part { words += text }
        }
    }

    // MARK: - Understanding

    private static func caption(_ scene: Scene, _ random: inout SplitMix64) -> Example {
        // The reference's prompt ends in a blank; people leave it out.
        let (prompt, start) = random.choice([("a photo of ", ""), ("a photo of", " ")])
        return Example(
            .caption,
            [
                .picture(scene, isDrawn: false), .given(prompt),
                .text(start + scene.caption, isSaid: true),
            ]
        )
    }

    private static func question(_ scene: Scene, _ random: inout SplitMix64) -> Example {
        let thing = random.choice(scene.things)
        let (questions, answer) = questions(about: thing, in: scene, kind: random.below(6))
        let words = random.choice(questions)
        return Example(
            .question,
            [
                .given("Based on the image, please answer the question. "),
                .picture(scene, isDrawn: false),
                .given(
                    "\(words) Please provide an accurate answer within one word. The answer is:"
                ),
                .text(" \(answer)", isSaid: true),
            ]
        )
    }

    /// Ways to ask about colour, shape, count, position, size or background, and the answer.
    private static func questions(
        about thing: Thing,
        in scene: Scene,
        kind: Int
    ) -> (questions: [String], answer: String) {
        let shape = thing.shape.word
        switch kind {
        case 0:
            let questions = ["What color is the \(shape)?", "What is the color of the \(shape)?"]
            return (questions, thing.hue.word)
        case 1:
            var canonical = Wording.canonical
            let isOnly = scene.things.count { $0.hue == thing.hue } == 1
            let name =
                isOnly
                ? "the \(thing.hue.word) object" : "the object \(thing.cell.phrase(&canonical))"
            return (["What shape is \(name)?", "What is the shape of \(name)?"], shape)
        case 2:
            let questions = [
                "How many objects are there?", "How many objects are in the image?",
            ]
            return (questions, ["one", "two", "three"][scene.things.count - 1])
        case 3:
            let questions = ["Where is the \(shape)?", "In which place is the \(shape)?"]
            return (questions, thing.cell.words)
        case 4:
            return (["What size is the \(shape)?", "How large is the \(shape)?"], thing.size.word)
        default:
            let questions = [
                "Is the background light or dark?", "What is the background like?",
            ]
            return (questions, scene.background.word)
        }
    }

    private static func grounding(_ scene: Scene, _ random: inout SplitMix64) -> Example {
        let thing = random.choice(scene.things)
        var canonical = Wording.canonical
        let words = random.choice([
            "the \(thing.shape.word)", "the \(thing.hue.word) \(thing.shape.word)",
            thing.phrase(&canonical),
        ])
        let prompt = "Provide the bounding box coordinate of the region this sentence describes. "
        return Example(
            .grounding,
            [
                .picture(scene, isDrawn: false), .given("\(prompt)\(words)<box>"),
                .text("\(thing.box.words)</box>", isSaid: true),
            ]
        )
    }

    // MARK: - Drawing

    private static func segmentationToImage(_ scene: Scene) -> Example {
        let things = scene.things.map { "a \($0.hue.word) \($0.shape.word)" }
        let words = things.joined(separator: " and ")
        return Example(
            .segmentationToImage,
            [
                .segmentationMap(scene),
                .given("\(words) on a \(scene.background.word) background"), .drawn(scene),
            ]
        )
    }

    /// Rounds of sentence and picture; each changes the scene of the one before.
    private static func alternating(
        _ assignment: Assignment,
        _ first: Scene,
        _ random: inout SplitMix64,
        _ split: Split
    ) -> Example {
        var scene = first
        let words = Wording.varied(using: &random) { scene.phrase(&$0) }
        var parts: [Part] = [.given(words), .drawn(scene)]
        var changes: [Change] = []
        for _ in 1..<roundCount {
            let change: Change
            (scene, change) = scene.changed(using: &random, split: split)
            changes.append(change)
            if assignment == .interleaved {
                var canonical = Wording.canonical
                parts.append(.text(change.phrase(&canonical), isSaid: true))
            } else {
                parts.append(.given(Wording.varied(using: &random) { change.phrase(&$0) }))
            }
            parts.append(.drawn(scene))
        }
        return Example(assignment, parts, changes: changes)
    }

    /// Pictures of a story.
    package static let roundCount = 3
}

extension Example.Part {
    fileprivate static func given(_ words: String) -> Self { .text(words, isSaid: false) }
    fileprivate static func drawn(_ scene: Scene) -> Self { .picture(scene, isDrawn: true) }
}
