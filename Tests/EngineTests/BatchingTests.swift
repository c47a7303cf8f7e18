import Engine
import Images
import MMInterleaved
import ModelTestSupport
import Scheduling
import TestSupport
import Testing

private let vocabulary = TinyModel.configuration.vocabulary
private let goesOn = [vocabulary.endOfSequence: Float(-60), vocabulary.beginOfImage: Float(-60)]

/// A request's words, log-probabilities and pixels: what must not depend on anything else.
struct Answer: Hashable {
    var texts: [[String]] = []
    var tokens: [[Int]] = []
    var logProbabilities: [[Float]] = []
    var pixels: [[UInt8]] = []

    init(_ events: [EngineEvent]) {
        for segment in events.segments {
            if let text = segment.text {
                texts.append(text.choices.map(\.text))
                tokens += text.choices.map(\.tokens)
                logProbabilities += text.choices.compactMap(\.logProbabilities).map {
                    $0.map(\.logProbability)
                }
            }
            pixels += segment.pictures?.pictures.map(\.image.pixels) ?? []
        }
    }
}

/// Requests of every kind, drawn from a seed.
func randomRequest(_ random: inout SeededRandom) throws -> InterleaveRequest {
    var request = RequestRunner.request()
    request.input = []
    for _ in 0..<Int.random(in: 1...3, using: &random) {
        if Bool.random(using: &random) {
            let words = ["a dog", "a cat a dog", "dog", "a", "cat cat cat cat cat"]
            request.input.append(.text(words.randomElement(using: &random) ?? "a"))
        } else {
            // Few pictures, so that requests share them.
            request.input.append(
                .image(try RequestRunner.picture(seed: UInt64.random(in: 1...3, using: &random)))
            )
        }
    }
    request.mode = [.text, .image, .interleave].randomElement(using: &random) ?? .text
    request.seed = UInt64.random(in: 0...5, using: &random)
    request.text.temperature = Bool.random(using: &random) ? 0 : 1
    request.text.maximumTokenCount = Int.random(in: 1...12, using: &random)
    request.text.beamCount = Int.random(in: 0...3, using: &random) == 0 ? 3 : 1
    if request.text.beamCount == 1 && request.mode == .text {
        request.text.sequenceCount = Int.random(in: 1...3, using: &random)
    }
    if request.text.beamCount == 1, Bool.random(using: &random) {
        request.text.logProbabilityCount = 2
    }
    request.picture.stepCount = Int.random(in: 1...4, using: &random)
    request.picture.guidanceScale = Bool.random(using: &random) ? 1 : 7.5
    request.picture.count = Int.random(in: 1...2, using: &random)
    request.maximumSegmentCount = Int.random(in: 1...4, using: &random)
    request.priority = Priority.allCases.randomElement(using: &random) ?? .normal
    return request
}

@Suite("Batching")
struct BatchingTests {
    /// Answers of requests computed one after the other by engines of their own.
    private func alone(_ requests: [InterleaveRequest]) throws -> [Answer] {
        try requests.map { request in
            Answer(try RequestRunner(biases: [vocabulary.beginOfImage: 2]).submit(request).wait())
        }
    }

    private func together(
        _ requests: [InterleaveRequest],
        workerCount: Int = 1,
        _ change: (inout Engine.Configuration) -> Void = { _ in }
    ) throws -> (answers: [Answer], engine: Engine) {
        let runner = try RequestRunner(
            biases: [vocabulary.beginOfImage: 2],
            workerCount: workerCount,
            change
        )
        let running = try requests.map { try runner.submit($0) }
        return (running.map { Answer($0.wait()) }, runner.engine)
    }

    @Test(
        "Answers are the same bytes alone and among others, with any number of workers",
        arguments: [(1, UInt64(1)), (2, UInt64(2)), (7, UInt64(3)), (64, UInt64(4))]
    )
    func sameBytes(workerCount: Int, seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let requests = try (0..<12).map { _ in try randomRequest(&random) }
        let expected = try alone(requests)
        let (answers, engine) = try together(requests, workerCount: workerCount) {
            $0.scheduling.maximumRowCount = 40
            $0.scheduling.minimumPrefillRowCount = 4
        }
        for (index, (answer, expected)) in zip(answers, expected).enumerated() {
            #expect(answer == expected, "request \(index)")
        }
        let steps = engine.metrics.snapshot().stages
        #expect(
            (steps[.denoise]?.batchSizes.sum ?? 0) > Double(steps[.denoise]?.batchSizes.count ?? 0)
        )
    }

    @Test("Answers are the same bytes when sequences lose their memory and are computed again")
    func preempted() throws {
        let requests = (0..<6).map { index in
            RequestRunner.request {
                $0.input = [.text("a dog a cat")]
                $0.seed = UInt64(index)
                $0.text.maximumTokenCount = 80
            }
        }
        let expected = try requests.map { request in
            Answer(try RequestRunner(biases: goesOn).submit(request).wait())
        }
        // Room for little more than one sequence of the longest.
        let runner = try RequestRunner(biases: goesOn) {
            $0.keyValueByteBudget = 1
            $0.scheduling.reservedBlockCount = 0
        }
        let running = try requests.map { try runner.submit($0) }
        let answers = running.map { Answer($0.wait()) }
        #expect(answers == expected)
        #expect(runner.engine.metrics.snapshot().preemptionCount > 0)
    }

    @Test("A picture that several requests show is encoded once")
    func encodedOnce() throws {
        let picture = try RequestRunner.picture(seed: 7)
        let runner = try RequestRunner(biases: goesOn)
        let request = RequestRunner.request { $0.input = [.image(picture), .text("a dog")] }
        let running = try (0..<5).map { _ in try runner.submit(request) }
        let encoded = running.map { events -> Int in
            if case .completed(let completion) = events.wait().last {
                return completion.usage.encodedImageCount
            }
            return 100
        }
        #expect(encoded.reduce(0, +) == 1)
        let again = try runner.submit(request).wait()
        guard case .completed(let completion) = again.last else {
            Issue.record("not completed")
            return
        }
        #expect(completion.usage.encodedImageCount == 0)
        #expect(completion.usage.inputImageCount == 1)
    }

    @Test("A request that goes on from an earlier one computes only what is new")
    func prefix() throws {
        let runner = try RequestRunner(biases: goesOn)
        let picture = try RequestRunner.picture(seed: 7)
        func usage(_ input: [InputPart]) throws -> Usage {
            let events = try runner.submit(RequestRunner.request { $0.input = input }).wait()
            guard case .completed(let completion) = events.last else {
                throw EngineError(.internalFailure, "no completion")
            }
            return completion.usage
        }
        let long = String(repeating: "a dog a cat ", count: 4)
        let first = try usage([.image(picture), .text(long)])
        #expect(first.cachedTokenCount == 0)
        let second = try usage([.image(picture), .text(long + "a dog")])
        #expect(second.cachedTokenCount >= first.promptTokenCount / 16 * 16 - 16)
        #expect(second.cachedTokenCount % 16 == 0 && second.cachedTokenCount > 0)
        // The last token of a text is chosen, not computed.
        #expect(
            second.computedTokenCount
                == second.promptTokenCount - second.cachedTokenCount
                + second.completionTokenCount - 1
        )
    }

    @Test(
        "A second round goes on from the blocks of the first and says what it would say without them",
        arguments: [FormatPolicy.Profile.f32, .w8a8, .w4a8]
    )
    func secondRound(profile: FormatPolicy.Profile) throws {
        func ask(_ runner: RequestRunner, _ text: String) throws -> (Answer, Usage) {
            let events = try runner.events {
                $0.input = [.text(text)]
                $0.text.logProbabilityCount = 0
                $0.text.maximumTokenCount = 12
            }
            guard case .completed(let completion) = events.last else {
                throw EngineError(.internalFailure, "no completion")
            }
            return (Answer(events), completion.usage)
        }
        let formats = FormatPolicy(profile)
        let runner = try RequestRunner(biases: goesOn, formats: formats)
        let prompt = String(repeating: "a dog a cat ", count: 4)
        let (first, usage) = try ask(runner, prompt)
        let next = prompt + (first.texts.first?.first ?? "") + " a dog"
        let (second, secondUsage) = try ask(runner, next)
        // Where the rounds meet, a token may be another.
        #expect(secondUsage.cachedTokenCount >= usage.promptTokenCount / 16 * 16 - 16)
        #expect(secondUsage.cachedTokenCount > 0)
        let (fresh, freshUsage) = try ask(
            try RequestRunner(biases: goesOn, formats: formats),
            next
        )
        #expect(freshUsage.cachedTokenCount == 0)
        #expect(second == fresh && !second.logProbabilities.isEmpty)
    }

    @Test(
        "Everything is free again when requests ended, however they did, and wherever steps were interrupted",
        arguments: [SchedulingConfiguration().interruptionInterval, .nanoseconds(1)]
    )
    func nothingLeaks(interruptionInterval: Duration) throws {
        var random = SeededRandom(seed: 5)
        let runner = try RequestRunner(biases: [vocabulary.beginOfImage: 2]) {
            $0.scheduling.interruptionInterval = interruptionInterval
            $0.scheduling.maximumRunningCount = 6
            $0.scheduling.maximumWaitingCount = 200
        }
        var running: [Events] = []
        for index in 0..<60 {
            var request = try randomRequest(&random)
            if index % 7 == 3 {
                request.timeout = .microseconds(Int.random(in: 0...3000, using: &random))
            }
            if index % 11 == 5 { request.input.append(.image([1, 2, 3])) }
            do {
                let events = try runner.submit(request)
                if index % 5 == 2 { events.cancel() }
                running.append(events)
            } catch let error as EngineError {
                // Behind others its time may be too short from the beginning.
                #expect(error.kind == .deadlineUnreachable)
            }
        }
        for (index, events) in running.enumerated() where index % 5 == 4 { events.cancel() }
        for events in running {
            #expect(events.wait().count { $0.isLast } == 1)
        }
        runner.engine.waitUntilIdle(limit: .seconds(60))
        let snapshot = runner.engine.snapshot(runner.engine.metrics)
        #expect(snapshot.runningCount == 0 && snapshot.waitingCount == 0)
        for pool in snapshot.pools {
            #expect(pool.usedBlockCount == 0, "\(pool.name)")
        }
    }
}
