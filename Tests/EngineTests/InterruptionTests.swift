@testable import Engine
import Locking
import MMInterleaved
import ModelTestSupport
import Scheduling
import Tensors
import TestSupport
import Testing

private let vocabulary = TinyModel.configuration.vocabulary
private let goesOn = [vocabulary.endOfSequence: Float(-60), vocabulary.beginOfImage: Float(-60)]

/// Steps are interrupted at every point at which they can be.
@Suite("Interruptions of steps")
struct InterruptionTests {
    private static func makeRunner(
        biases: [Int: Float] = goesOn,
        broken: String? = nil,
        workerCount: Int = 1
    ) throws -> RequestRunner {
        try RequestRunner(biases: biases, broken: broken, workerCount: workerCount) {
            $0.scheduling.interruptionInterval = .nanoseconds(1)
        }
    }

    private static let caption = RequestRunner.request { $0.text.maximumTokenCount = 60 }

    private static let picture = RequestRunner.request {
        $0.mode = .image
        $0.picture.stepCount = 1
    }

    /// Two requests, of which one interrupted a step of the other.
    private struct Interrupted {
        let runner: RequestRunner
        let caption: [EngineEvent]
        let picture: [EngineEvent]
    }

    private struct NoWordsInBetween: Error {}

    /// Streams words beside a picture of one step, and does something once when words come in the middle of that step.
    ///
    /// Where the machine is busy, all words may be said before the picture is prepared: then another engine tries again.
    private func interrupt(
        _ stage: Stage = .denoise,
        broken: String? = nil,
        asking makePicture: (RequestRunner) -> InterleaveRequest = { _ in Self.picture },
        doing body: @escaping @Sendable (_ picture: Events, _ engine: Engine) -> Void = { _, _ in }
    ) throws -> Interrupted {
        for _ in 0..<100 {
            let runner = try Self.makeRunner(broken: broken)
            let picture = makePicture(runner)
            if let both = try interrupt(runner, picture, in: stage, body) { return both }
        }
        throw NoWordsInBetween()
    }

    /// The same with an engine that did nothing before; nil if no words came in the middle.
    private func interrupt(
        _ runner: RequestRunner,
        _ picture: InterleaveRequest,
        in stage: Stage,
        _ body: @escaping @Sendable (_ picture: Events, _ engine: Engine) -> Void
    ) throws -> Interrupted? {
        let engine = runner.engine
        let drawing = Mutex<Events?>(nil)
        let isSubmitted = Door()
        let hasActed = Mutex(false)
        let words = try runner.submit(Self.caption) { event in
            guard case .textDelta = event else { return }
            isSubmitted.pass()
            // One step is all there is, and it has not ended before words interrupted it.
            guard engine.metrics.snapshot().interruptions[stage]?.count ?? 0 > 0 else { return }
            let isFirst = hasActed.withLock { hasActed in
                defer { hasActed = true }
                return !hasActed
            }
            if isFirst, let events = drawing.withLock({ $0 }) { body(events, engine) }
        }
        let events = try runner.submit(picture)
        drawing.withLock { $0 = events }
        isSubmitted.open()
        let both = Interrupted(runner: runner, caption: words.wait(), picture: events.wait())
        return hasActed.withLock { $0 } ? both : nil
    }

    @Test(
        "Answers are the same bytes wherever steps were interrupted",
        arguments: [(1, UInt64(11)), (3, UInt64(12)), (7, UInt64(13))]
    )
    func sameBytes(workerCount: Int, seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let requests = try (0..<12).map { _ in try randomRequest(&random) }
        let biases = [vocabulary.beginOfImage: Float(2)]
        let expected = try requests.map {
            Answer(try RequestRunner(biases: biases).submit($0).wait())
        }
        let runner = try Self.makeRunner(biases: biases, workerCount: workerCount)
        let running = try requests.map { try runner.submit($0) }
        for (index, (events, expected)) in zip(running, expected).enumerated() {
            #expect(Answer(events.wait()) == expected, "request \(index)")
        }
        let interruptions = runner.engine.metrics.snapshot().interruptions
        #expect(interruptions.values.contains { $0.count > 0 })
    }

    @Test("Every stage computes the same bits with words between all its parts", arguments: [1, 3])
    func sameBits(workerCount: Int) throws {
        let model = try TinyModel.make()
        let compute = Compute(workerCount: workerCount)
        let expected = try Self.numbers(of: model, compute)
        var count = 0
        compute.pool.interruption = Interruption {
            true
        } _: {
            count += 1
            let prompt = [SequenceElement](repeating: .token(1), count: 1 + count % 3)
            model.language.extend(model.language.makeSequence(), with: prompt, compute)
        }
        let numbers = try Self.numbers(of: model, compute)
        #expect(numbers == expected)
        #expect(count > 100)
    }

    /// What the stages on pictures compute: features of two, latents of three samples, pixels.
    private static func numbers(
        of model: InterleavedModel,
        _ compute: Compute
    ) throws -> [[Float]] {
        var random = SeededRandom(seed: 3)
        let configuration = model.configuration
        let side = configuration.vision.imageSize
        let pixels = (0..<2).map { _ in
            Matrix(
                rows: side * side,
                columns: 3,
                values: (0..<3 * side * side).map { _ in Float.random(in: 0...1, using: &random) }
            )
        }
        let images = model.encode(pixels, compute)
        let decoder = model.imageDecoder
        let drawings = try [Float(7.5), 1].map { guidance in
            var parameters = PictureParameters()
            parameters.guidanceScale = guidance
            parameters.stepCount = 3
            return try Drawing(
                decoder,
                conditioning: decoder.unet.conditioning(of: decoder.negativeTokens, compute),
                source: decoder.unet.source(of: images[0].pyramid, compute),
                parameters: parameters,
                schedulerConfiguration: configuration.imageDecoder.scheduler,
                seed: 4
            )
        }
        for _ in 0..<2 { Drawing.step(drawings, compute) }
        let pictures = drawings.map { _ in
            Matrix(rows: decoder.pictureSide * decoder.pictureSide, columns: 3)
        }
        decoder.render(drawings.map(\.latents), compute, into: pictures)
        let features = images.flatMap { [$0.tokens] + $0.pyramid + $0.values.layers }
        return (features + drawings.map(\.latents) + pictures).map { $0.toArray() }
    }

    @Test("Words come in the middle of a picture's step, and both are as they are alone")
    func wordsInBetween() throws {
        let both = try interrupt()
        let alone = try RequestRunner(biases: goesOn)
        #expect(Answer(both.caption) == Answer(try alone.submit(Self.caption).wait()))
        #expect(Answer(both.picture) == Answer(try alone.submit(Self.picture).wait()))
    }

    @Test("A request that is cancelled while its step is computed ends before the step does")
    func cancelled() throws {
        let both = try interrupt(doing: { picture, _ in picture.cancel() })
        #expect(both.picture.failure == .cancelled)
        #expect(!both.picture.contains { if case .imageProgress = $0 { true } else { false } })
        #expect(both.caption.failure == nil)
        let runner = both.runner
        runner.engine.waitUntilIdle(limit: .seconds(60))
        // The engine goes on.
        #expect(try runner.events { $0.mode = .image }.failure == nil)
    }

    @Test(
        "A step is given up that nobody waits for any more, and who was cancelled is charged for it"
    )
    func givenUp() throws {
        var recorder: RequestRecorder?
        let both = try interrupt { runner in
            var request = Self.picture
            recorder = runner.engine.metrics.makeRecorder(
                identifier: "a",
                clientIdentifier: "a",
                kind: .image,
                priority: .normal
            )
            request.recorder = recorder
            return request
        } doing: { picture, _ in
            picture.cancel()
        }
        #expect(both.picture.failure == .cancelled)
        #expect(both.caption.failure == nil)
        let runner = both.runner
        runner.engine.waitUntilIdle(limit: .seconds(60))
        // Computed in part: its time counts, what steps cost is not learned from it.
        let snapshot = runner.engine.metrics.snapshot()
        #expect(snapshot.stages[.denoise]?.durations.count == 1)
        let costs = runner.engine.core.scheduler.withLock(\.costs)
        #expect(costs[.denoise].observationCount == 0)
        let effort = try #require(recorder?.effort)
        #expect(effort.pictureCount == 1)
        let time = try #require(snapshot.stages[.denoise]?.durations.sum)
        #expect(effort.machineTime / .seconds(1) > time / 2)
    }

    @Test("A picture whose reading was given up is read again when it comes again")
    func readAgain() throws {
        let file = try RequestRunner.picture(seed: 5)
        let question = RequestRunner.request { $0.input = [.image(file), .text("a dog")] }
        let both = try interrupt(.encode) { _ in
            question
        } doing: { picture, _ in
            picture.cancel()
        }
        #expect(both.picture.failure == .cancelled)
        let runner = both.runner
        runner.engine.waitUntilIdle(limit: .seconds(60))
        let expected = Answer(try RequestRunner(biases: goesOn).submit(question).wait())
        #expect(Answer(try runner.submit(question).wait()) == expected)
    }

    @Test("Every stage may be given up at any point", arguments: [1, 3])
    func givenUpAnywhere(workerCount: Int) throws {
        let model = try TinyModel.make()
        let compute = Compute(workerCount: workerCount)
        // Of another model: nothing that this one may keep is computed yet when it is given up.
        let expected = try Self.numbers(of: TinyModel.make(), Compute(workerCount: 1))
        var (place, isReached) = (0, true)
        while isReached {
            var count = 0
            compute.pool.interruption = Interruption {
                true
            } _: {
                compute.pool.isGivenUp = count == place
                count += 1
            }
            let numbers = try Self.numbers(of: model, compute)
            isReached = compute.pool.isGivenUp
            #expect(isReached || numbers == expected)
            compute.pool.interruption = nil
            compute.pool.isGivenUp = false
            place += 1 + place / 4
        }
        #expect(place > 100)
        #expect(try Self.numbers(of: model, compute) == expected)
    }

    @Test("All requests can be ended in the middle of a step")
    func allEnded() throws {
        let both = try interrupt(doing: { _, engine in
            engine.core.post { $0.endAll(EngineError(.draining, "the end")) }
        })
        #expect(both.caption.failure == .draining)
        #expect(both.picture.failure == .draining)
        let engine = both.runner.engine
        engine.waitUntilIdle(limit: .seconds(60))
        #expect(engine.status.runningCount == 0)
    }

    @Test("What a step finds wrong ends its own request, not the words that interrupted it")
    func broken() throws {
        let both = try interrupt(broken: "image_decoder.decoder.unet")
        #expect(both.picture.failure == .notFinite)
        #expect(both.caption.failure == nil)
    }

    @Test("A step's measured time leaves out the words that interrupted it")
    func measuredTimes() throws {
        let start = ContinuousClock.now
        let engine = try interrupt().runner.engine
        engine.waitUntilIdle(limit: .seconds(60))
        let elapsed = start.duration(to: .now)
        let snapshot = engine.metrics.snapshot()
        let computed = snapshot.stages.values.reduce(0) { $0 + $1.durations.sum }
        #expect(computed <= elapsed / .seconds(1))
        #expect(snapshot.interruptions[.denoise]?.duration ?? .zero > .zero)
    }
}
