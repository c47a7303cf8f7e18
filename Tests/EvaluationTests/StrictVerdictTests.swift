import Evaluation
import Images
import Testing
import World

@Suite("The stricter judge")
struct StrictVerdictTests {
    @Test(
        "Has nothing against a perfect answer",
        arguments: Assignment.allCases,
        Split.allCases
    )
    func acceptsPerfectAnswers(assignment: Assignment, split: Split) {
        for index in 0..<6 {
            let example = Example.heldOut(assignment, index, split)
            let verdict = Verdict(example, example.perfectAnswers)
            #expect(verdict.isStrictlyRight, "example \(index): \(verdict)")
        }
    }

    @Test(
        "A picture that the other judge accepts is wrong in what is off",
        arguments: Flaw.allCases
    )
    func findsFlaws(flaw: Flaw) throws {
        let example = Example.heldOut(.editing, 0)
        let scene = example.drawnScenes[0]
        let picture = flaw.picture(of: scene)
        let verdict = Verdict(example, [.picture(AnswerPicture(picture))])
        #expect(verdict.isRight, "\(verdict)")
        #expect(verdict.strictChecks.filter { !$0.passes }.map(\.name) == [flaw.rawValue])
    }

    @Test("A score counts both judges' verdicts, and how exactly objects stay")
    func countsBoth() throws {
        let example = Example.heldOut(.editing, 0)
        let flawed = Flaw.tone.picture(of: example.drawnScenes[0])
        var score = SuiteScore(.editing, .train)
        score.add(Verdict(example, example.perfectAnswers))
        score.add(Verdict(example, [.picture(AnswerPicture(flawed))]))
        #expect(score.right == Proportion(2, of: 2))
        #expect(score.strictlyRight == Proportion(1, of: 2))
        let kept = try #require(score.strictDetails.first { $0.name == "tone kept" })
        #expect(kept.proportion == Proportion(1, of: 2))
    }

    @Test(
        "Objects that stay exactly have slope 1 and little error, those put into their cells' middles slope 0"
    )
    func measuresOffsets() throws {
        var exact = OffsetStatistics()
        var middle = OffsetStatistics()
        for index in 0..<60 {
            let example = Example.heldOut(.editing, index)
            exact.add(Verdict(example, example.perfectAnswers).keptOffsets)
            let scene = example.drawnScenes[0]
            let centered = scene.with(
                scene.things.map { thing in
                    var thing = thing
                    (thing.jitterX, thing.jitterY) = (0, 0)
                    return thing
                }
            )
            let answer = AnswerSegment.picture(AnswerPicture(centered.picture))
            middle.add(Verdict(example, [answer]).keptOffsets)
        }
        #expect(exact.count == middle.count && exact.count > 10)
        let (slope, error) = (try #require(exact.slope), try #require(exact.meanError))
        #expect(abs(slope - 1) < 0.2 && error < 0.4)
        #expect(abs(try #require(middle.slope)) < 0.05)
    }

    @Test("Capitals and a full stop do not matter in an answer to free words, other words do")
    func comparesFreeWords() {
        let example = Example.heldOut(.freeYesNo, 0)
        func isRight(_ words: String) -> Bool {
            Verdict(example, [.text(words, opensPicture: false)]).isRight
        }
        let answer = example.saidWords
        let other = answer == " yes" ? "no" : "yes"
        #expect(isRight(answer) && isRight("\(answer.uppercased()).") && !isRight(other))
    }

    @Test("A model that says nothing where it decides is wrong, and no fault")
    func acceptsSilence() throws {
        let example = Example.heldOut(.freeTextToImage, 0)
        let answers = try Dialogue(example, seed: 0).run(SilentAnswerer())
        #expect(answers.isEmpty && !Verdict(example, answers).isRight)
        #expect(throws: AnswerFault.self) {
            try Dialogue(Example.heldOut(.caption, 0), seed: 0).run(SilentAnswerer())
        }
    }

    private struct SilentAnswerer: Answerer {
        func answer(_ request: EvaluationRequest) throws -> [AnswerSegment] { [] }
    }

    /// What only the stricter judge sees.
    enum Flaw: String, CaseIterable, Sendable {
        case palette
        case outline
        case grey = "background grey"
        case strays = "nothing else"
        case tone = "tone kept"

        func picture(of scene: Scene) -> RGBImage {
            var pixels = scene.picture.pixels
            func change(_ amount: (_ pixel: Int, _ isObject: Bool) -> [Int]) {
                for pixel in 0..<pixels.count / 3 {
                    let own = pixels[3 * pixel..<3 * pixel + 3]
                    let isObject = (own.max() ?? 0) - (own.min() ?? 0) > 40
                    for (channel, more) in amount(pixel, isObject).enumerated() {
                        let value = Int(pixels[3 * pixel + channel]) + more
                        pixels[3 * pixel + channel] = UInt8(min(max(value, 0), 255))
                    }
                }
            }
            switch self {
            case .palette: change { _, isObject in isObject ? [-38, -38, -38] : [0, 0, 0] }
            case .outline:
                // Every third pixel of an object is half background.
                change { pixel, isObject in
                    guard isObject, pixel % 3 == 0 else { return [0, 0, 0] }
                    return (0..<3).map { (scene.level - Int(pixels[3 * pixel + $0])) * 3 / 4 }
                }
            case .grey: change { _, isObject in isObject ? [0, 0, 0] : [0, 5, -5] }
            case .strays:
                for pixel in [2, 3, 4, 5] {
                    for channel in 0..<3 { pixels[3 * pixel + channel] = 128 }
                }
            case .tone:
                let more = scene.tone < 16 ? 10 : -10
                change { _, isObject in isObject ? [0, 0, 0] : [more, more, more] }
            }
            return RGBImage(width: Scene.pictureSide, height: Scene.pictureSide, pixels: pixels)
        }
    }
}
