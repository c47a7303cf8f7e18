import Engine
import Evaluation
import Images
import Locking
import MMInterleaved
import ModelTestSupport
import Testing
import Tokenization
import World

@Suite("Evaluations")
struct EvaluationRunTests {
    @Test("A perfect answerer gets everything right in every suite and split")
    func perfectAnswererIsRight() throws {
        let plan = Self.plan(count: 2)
        let examples = Split.allCases.flatMap { split in
            Assignment.allCases.flatMap { assignment in
                (0..<2).map { Example.heldOut(assignment, $0, split) }
            }
        }
        let told = Mutex(0)
        let run = EvaluationRun(plan, try PerfectAnswerer(examples)) { _, _ in
            told.withLock { $0 += 1 }
        }
        let outcome = try run.run(concurrency: 4)
        let count = Assignment.allCases.count * Split.allCases.count
        #expect(outcome.scores.count == count)
        for score in outcome.scores {
            #expect(score.right == Proportion(2, of: 2))
            #expect(score.strictlyRight == Proportion(2, of: 2))
        }
        #expect(told.withLock { $0 } == 2 * count)
        #expect(outcome.exhibits.count == count)
        let sheet = ContactSheet(outcome.exhibits).image
        #expect(sheet.height > count * 128)
        // Every row has the green bar of a right answer.
        let bars = (0..<sheet.height).count { sheet.pixels[$0 * sheet.width * 3] == 0x2c }
        #expect(bars == count * 128)
    }

    @Test("A fault ends the run and names its example")
    func faultEndsRun() throws {
        let run = EvaluationRun(Self.plan(count: 5), try PerfectAnswerer([]))
        let fault = #expect(throws: AnswerFault.self) { try run.run(concurrency: 1) }
        #expect(fault?.description.contains("caption, example 0 of train") == true)
    }

    @Test("An untrained model is asked all suites, and scores the same twice")
    func untrainedModel() throws {
        let plan = Self.plan(count: 1)
        let first = try EvaluationRun(plan, try Self.tinyAnswerer()).run(concurrency: 8)
        let second = try EvaluationRun(plan, try Self.tinyAnswerer(workerCount: 2))
            .run(concurrency: 1)
        #expect(first.scores == second.scores)
        #expect(first.scores.allSatisfy { $0.right.count == 1 })
        #expect(first.exhibits.map(\.answers) == second.exhibits.map(\.answers))
        #expect(first.exhibits.allSatisfy { !$0.verdict.isRight })
    }

    @Test("Another seed draws other pictures and says the same words")
    func otherSeed() throws {
        var plan = Self.plan(count: 1)
        plan.assignments = [.caption, .textToImage]
        plan.splits = [.train]
        let answerer = try Self.tinyAnswerer()
        let first = try EvaluationRun(plan, answerer).run(concurrency: 2).exhibits
        plan.seed = 1
        let second = try EvaluationRun(plan, answerer).run(concurrency: 2).exhibits
        #expect(first[0].answers == second[0].answers)
        #expect(first[1].answers != second[1].answers)
    }

    @Test("Without the image decoder's synchronizers only pictures that follow others differ")
    func withoutImageDecoderSynchronizers() throws {
        var plan = Self.plan(count: 1)
        plan.assignments = [.caption, .textToImage, .editing]
        plan.splits = [.train]
        let with = try EvaluationRun(plan, try Self.tinyAnswerer()).run(concurrency: 3).exhibits
        let without = try EvaluationRun(
            plan,
            try Self.tinyAnswerer { $0.synchronizers = .language }
        )
        .run(concurrency: 3).exhibits
        #expect(with[0].answers == without[0].answers)
        #expect(with[1].answers == without[1].answers)
        #expect(with[2].answers != without[2].answers)
    }

    @Test("Without the language model's synchronizers pictures from words stay, edits do not")
    func withoutLanguageSynchronizers() throws {
        var plan = Self.plan(count: 1)
        plan.assignments = [.textToImage, .editing]
        plan.splits = [.train]
        let with = try EvaluationRun(plan, try Self.tinyAnswerer()).run(concurrency: 2).exhibits
        let without = try EvaluationRun(
            plan,
            try Self.tinyAnswerer { $0.synchronizers = .imageDecoder }
        )
        .run(concurrency: 2).exhibits
        #expect(with[0].answers == without[0].answers)
        #expect(with[1].answers != without[1].answers)
    }

    @Test("A story shows the model its own pictures, and counts its noise on")
    func storyGoesOn() throws {
        let example = Example.heldOut(.story, 0)
        let drawn = AnswerPicture(RGBImage(width: 1, height: 1, pixels: [1, 2, 3]))
        let dialogue = Dialogue(example, seed: 40)
        let first = try #require(try dialogue.request(after: []))
        let last = try #require(try dialogue.request(after: [.picture(drawn), .picture(drawn)]))
        #expect(first.seed == 40 && last.seed == 42)
        #expect(first.input.count == 1 && last.input.count == 5)
        #expect(last.input[1] == .image(try ImageFileEncoder.encodePNG(drawn.image)))
        #expect(try dialogue.request(after: Array(repeating: .picture(drawn), count: 3)) == nil)
    }

    private static func plan(count: Int) -> EvaluationPlan {
        var plan = EvaluationPlan()
        plan.count = count
        plan.drawing.stepCount = 2
        plan.exhibitCount = 1
        return plan
    }

    /// The tiny model with room for the world's sentences.
    private static func tinyAnswerer(
        workerCount: Int = 1,
        _ change: (inout Engine.Configuration) -> Void = { _ in }
    ) throws -> EngineAnswerer {
        var sizes = TinyModel.configuration
        sizes.language.maximumPositionCount = 640
        var configuration = Engine.Configuration()
        configuration.workerCount = workerCount
        change(&configuration)
        return EngineAnswerer(
            try Engine(
                try InterleavedModel(Parameters(from: RandomParameters(seed: 1)), sizes),
                tokenizer: try TinyModel.tokenizer(),
                configuration: configuration
            )
        )
    }
}
