import Evaluation
import Images
import Testing
import World

@Suite("Verdicts")
struct VerdictTests {
    @Test("A perfect answer is right", arguments: Assignment.allCases, Split.allCases)
    func acceptsPerfectAnswers(assignment: Assignment, split: Split) {
        for index in 0..<3 {
            let example = Example.heldOut(assignment, index, split)
            let verdict = Verdict(example, example.perfectAnswers)
            #expect(verdict.isRight, "example \(index): \(verdict)")
        }
    }

    @Test("No answer, and half an answer, is wrong", arguments: Assignment.allCases)
    func refusesIncompleteAnswers(assignment: Assignment) {
        let example = Example.heldOut(assignment, 0)
        #expect(!Verdict(example, []).isRight)
        #expect(!Verdict(example, example.perfectAnswers.dropLast()).isRight)
    }

    @Test(
        "The answer to another example is wrong",
        arguments: Assignment.allCases.filter {
            ![.question, .freeQuestion, .freeYesNo, .unknown].contains($0)
        }
    )
    func refusesOtherAnswers(assignment: Assignment) {
        let example = Example.heldOut(assignment, 0)
        #expect(!Verdict(example, Example.heldOut(assignment, 1).perfectAnswers).isRight)
    }

    @Test("White space around words does not matter, other words do")
    func comparesWords() {
        for assignment in [Assignment.caption, .question] {
            let example = Example.heldOut(assignment, 2)
            func verdict(_ words: String) -> Bool {
                Verdict(example, [.text(words, opensPicture: false)]).isRight
            }
            #expect(verdict("\n \(example.saidWords) "))
            #expect(!verdict(example.saidWords + "s"))
            #expect(!verdict(String(example.saidWords.dropLast())))
        }
    }

    @Test("A box is right from an overlap of a half on, and must be closed")
    func comparesBoxes() throws {
        let example = Example.heldOut(.grounding, 0)
        let box = try #require(Box(words: example.saidWords))
        func verdict(_ right: Int, end: String = "</box>") -> Bool {
            let words = [box.left, box.top, right, box.bottom].map(threeDigits)
            let text = "(\(words[0]),\(words[1]))(\(words[2]),\(words[3]))\(end)"
            return Verdict(example, [.text(text, opensPicture: false)]).isRight
        }
        let width = box.right - box.left
        #expect(verdict(box.left + (width + 1) / 2))
        #expect(!verdict(box.left + width / 2 - 1))
        #expect(!verdict(box.right, end: ""))
    }

    @Test(
        "A picture with one attribute wrong is wrong in it",
        arguments: ["background", "count", "shape", "color", "size", "position"]
    )
    func findsWrongAttributes(name: String) throws {
        let example = Example.heldOut(.textToImage, 0)
        let scene = example.drawnScenes[0]
        let damaged = Verdict(example, [.picture(AnswerPicture(try damage(scene, name).picture))])
        #expect(!damaged.isRight)
        let wrong = damaged.checks.filter { !$0.passes }.map(\.name)
        #expect(wrong.first == name)
    }

    @Test("An edit that moves what was to stay is wrong")
    func findsMovedObjects() throws {
        var examples = (0..<40).map { Example.heldOut(.editing, $0) }
        examples.removeAll { $0.drawnScenes[0].things.count < 2 }
        let example = try #require(examples.first)
        let scene = example.drawnScenes[0]
        let changed = try #require(example.changes.first).after
        var things = scene.things
        let index = try #require(things.firstIndex { $0 != changed })
        things[index].jitterX += things[index].jitterX > 0 ? -48 : 48
        let verdict = Verdict(example, [.picture(AnswerPicture(scene.with(things).picture))])
        #expect(verdict.checks.filter { !$0.passes }.map(\.name) == ["others kept"])
    }

    @Test("A picture beside its colour map is wrong in its region")
    func findsMovedRegions() {
        let example = Example.heldOut(.segmentationToImage, 0)
        let scene = example.drawnScenes[0]
        let moved = scene.with(
            scene.things.map { thing in
                var thing = thing
                thing.jitterX += thing.jitterX > 0 ? -60 : 60
                return thing
            }
        )
        let verdict = Verdict(example, [.picture(AnswerPicture(moved.picture))])
        #expect(verdict.checks.filter { !$0.passes }.map(\.name) == ["region"])
    }

    @Test("An interleaved answer may tell another story, if it draws what it tells")
    func acceptsOtherStories() throws {
        let example = Example.heldOut(.interleaved, 0)
        let first = example.drawnScenes[0]
        var scenes = [first]
        var answers = [AnswerSegment.picture(AnswerPicture(first.picture))]
        for step in 1...2 {
            var random = SplitMix64(seed: 77, index: step)
            let (scene, change) = scenes[step - 1].changed(using: &random, split: .unseen)
            var wording = Wording.canonical
            answers.append(.text(change.phrase(&wording), opensPicture: true))
            answers.append(.picture(AnswerPicture(scene.picture)))
            scenes.append(scene)
        }
        #expect(Verdict(example, answers).isRight)
        var stays = answers
        stays[4] = stays[2]
        #expect(!Verdict(example, stays).isRight)
        var stops = answers
        if case .text(let words, _) = answers[3] { stops[3] = .text(words, opensPicture: false) }
        let verdict = Verdict(example, stops)
        #expect(verdict.checks.first { $0.name == "sentences" }?.passes == false)
    }

    private func threeDigits(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: 3 - digits.count) + digits
    }

    private func damage(_ scene: Scene, _ name: String) throws -> Scene {
        var thing = scene.things[0]
        let others = scene.things.dropFirst()
        switch name {
        case "background":
            return Scene(
                background: scene.background == .light ? .dark : .light,
                tone: scene.tone,
                things: scene.things
            )
        case "count":
            let free = try #require(
                Cell.allCases.first { cell in !scene.things.contains { $0.cell == cell } }
            )
            let shape = try #require(
                Shape.allCases.first { shape in !scene.things.contains { $0.shape == shape } }
            )
            thing.cell = free
            thing.shape = shape
            return scene.with(scene.things + [thing])
        case "shape":
            thing.shape = try #require(
                Shape.allCases.first { shape in !scene.things.contains { $0.shape == shape } }
            )
        case "color": thing.hue = thing.hue == .red ? .blue : .red
        case "size": thing.size = thing.size.other
        default:
            thing.cell = try #require(
                // In the same reading order.
                Cell.allCases.first { cell in
                    cell != thing.cell && others.allSatisfy { cell.rawValue < $0.cell.rawValue }
                }
            )
        }
        return scene.with([thing] + others)
    }
}
