import Engine
import MMInterleaved
import ModelTestSupport
import Scheduling
import TestSupport
import Testing

private let vocabulary = TinyModel.configuration.vocabulary

/// Texts that go on, and like to say the same again.
private let repetitive: [Int: Float] = [
    vocabulary.endOfSequence: -60, vocabulary.beginOfImage: -60, 70: 6, 71: 6,
]

@Suite("Drafts of texts")
struct DraftTests {
    private func runner(
        biases: [Int: Float] = repetitive,
        drafts: Int = 7,
        _ change: (inout Engine.Configuration) -> Void = { _ in }
    ) throws -> RequestRunner {
        try RequestRunner(biases: biases) {
            $0.scheduling.maximumDraftCount = drafts
            change(&$0)
        }
    }

    /// All that a client may see of a request but times.
    private func seen(_ events: [EngineEvent]) -> [String] {
        events.map { event in
            switch event {
            case .completed(let completion): "\(completion.finishReason) \(completion.usage)"
            case .imageProgress(let index, let picture, let step, let stepCount, _):
                "segment \(index), picture \(picture), step \(step) of \(stepCount)"
            default: "\(event)"
            }
        }
    }

    private func request(_ random: inout SeededRandom) -> InterleaveRequest {
        RequestRunner.request {
            let words = ["a dog", "dog cat dog cat dog"].randomElement(using: &random)
            $0.input = [.text(words ?? "")]
            $0.mode = Bool.random(using: &random) ? .text : .interleave
            $0.maximumSegmentCount = 3
            $0.seed = UInt64.random(in: 0...1000, using: &random)
            $0.text.temperature = [0, 0.5, 1].randomElement(using: &random) ?? 0
            $0.text.repetitionPenalty = [1, 1, 1.3].randomElement(using: &random) ?? 1
            $0.text.maximumTokenCount = Int.random(in: 1...60, using: &random)
            $0.text.minimumTokenCount = Int.random(in: 0...9, using: &random)
            $0.text.stop = [[], ["dog"], ["a", "t "]].randomElement(using: &random) ?? []
            $0.text.logProbabilityCount = [nil, 0, 2].randomElement(using: &random) ?? nil
            if $0.mode == .text { $0.text.sequenceCount = Int.random(in: 1...2, using: &random) }
            if Int.random(in: 0...5, using: &random) == 0 {
                $0.text.sequenceCount = 1
                $0.text.beamCount = 2
            }
        }
    }

    @Test(
        "Every event is the same with and without drafts, whatever was asked for",
        arguments: [
            repetitive, [vocabulary.beginOfImage: 3, 70: 5], [vocabulary.endOfSequence: 2],
        ]
    )
    func changeNothing(biases: [Int: Float]) throws {
        var random = SeededRandom(seed: 3)
        let requests = (0..<40).map { _ in request(&random) }
        let (with, without) = (try runner(biases: biases), try runner(biases: biases, drafts: 0))
        for request in requests {
            let expected = seen(try without.submit(request).wait())
            #expect(seen(try with.submit(request).wait()) == expected)
        }
        #expect(without.engine.metrics.snapshot().draftedTokenCount == 0)
    }

    @Test("A text that repeats itself takes fewer steps than it has tokens, and metrics tell why")
    func saveSteps() throws {
        let runner = try runner()
        let (segments, completion) = try runner.answer {
            $0.text.temperature = 0
            $0.text.maximumTokenCount = 80
        }
        #expect(segments.first?.text?.choices.first?.tokens.count == 80)
        let metrics = runner.engine.metrics.snapshot()
        #expect(metrics.acceptedTokenCount > 0)
        #expect(metrics.draftedTokenCount >= metrics.acceptedTokenCount)
        let stepCount = metrics.stages[.language]?.durations.count ?? 0
        // One step computes the prompt, and the last token is not computed: 80 steps without drafts.
        #expect(stepCount == 80 - metrics.acceptedTokenCount)
        #expect(completion.usage.computedTokenCount == completion.usage.promptTokenCount + 79)
    }

    @Test("Those who are computed together, preempted and cancelled get the same as alone")
    func amongOthers() throws {
        var random = SeededRandom(seed: 8)
        let requests = (0..<12).map { _ in
            var request = request(&random)
            request.text.sequenceCount = 1
            request.text.beamCount = 1
            return request
        }
        let without = try runner(drafts: 0)
        let expected = try requests.map { seen(try without.submit($0).wait()) }
        // Room for little more than one sequence: they take blocks from one another.
        let with = try runner { $0.keyValueByteBudget = 1 }
        let cancelled = try with.submit(requests[0])
        let submitted = try requests.map { try with.submit($0) }
        cancelled.cancel()
        for (events, expected) in zip(submitted, expected) {
            // What was found computed, and what had to be computed again, depends on the others.
            let seen = seen(events.wait())
            #expect(seen.dropLast() == expected.dropLast())
        }
    }
}
