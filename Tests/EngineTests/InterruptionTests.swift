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

    /// Streams words beside a picture of one step, and does something once when words come in the middle of that step.
    ///
    /// Where the machine is busy, all words may be said before the picture is prepared: then both are asked for again.
    private func interrupt(
        _ runner: RequestRunner,
        _ picture: InterleaveRequest = InterruptionTests.picture,
        in stage: Stage = .denoise,
        _ body: @escaping @Sendable (_ picture: Events) -> Void = { _ in }
    ) throws -> (caption: [EngineEvent], picture: [EngineEvent]) {
        for _ in 0..<100 {
            if let all = try tryToInterrupt(runner, picture, in: stage, body) { return all }
        }
        throw NoWordsInBetween()
    }

    private struct NoWordsInBetween: Error {}

    private func tryToInterrupt(
        _ runner: RequestRunner,
        _ picture: InterleaveRequest,
        in stage: Stage,
        _ body: @escaping @Sendable (_ picture: Events) -> Void
    ) throws -> (caption: [EngineEvent], picture: [EngineEvent])? {
        let metrics = runner.engine.metrics
        let interruptionCount = { @Sendable in
            metrics.snapshot().interruptions[stage]?.count ?? 0
        }
        let before = interruptionCount()
        let drawing = Mutex<Events?>(nil)
        let isSubmitted = Door()
        let hasActed = Mutex(false)
        let words = try runner.submit(Self.caption) { event in
            guard case .textDelta = event else { return }
            isSubmitted.pass()
            // One step is all there is, and it has not ended before words interrupted it.
            guard interruptionCount() > before else { return }
            let isFirst = hasActed.withLock { hasActed in
                defer { hasActed = true }
                return !hasActed
            }
            if isFirst, let events = drawing.withLock({ $0 }) { body(events) }
        }
        let events = try runner.submit(picture)
        drawing.withLock { $0 = events }
        isSubmitted.open()
        let all = (words.wait(), events.wait())
        return hasActed.withLock { $0 } ? all : nil
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
        let (caption, picture) = try interrupt(Self.makeRunner())
        let alone = try RequestRunner(biases: goesOn)
        #expect(Answer(caption) == Answer(try alone.submit(Self.caption).wait()))
        #expect(Answer(picture) == Answer(try alone.submit(Self.picture).wait()))
    }

    @Test("A request that is cancelled while its step is computed ends before the step does")
    func cancelled() throws {
        let runner = try Self.makeRunner()
        let (caption, picture) = try interrupt(runner) { $0.cancel() }
        #expect(picture.failure == .cancelled)
        #expect(!picture.contains { if case .imageProgress = $0 { true } else { false } })
        #expect(caption.failure == nil)
        runner.engine.waitUntilIdle(limit: .seconds(60))
        // The engine goes on.
        #expect(try runner.events { $0.mode = .image }.failure == nil)
    }

    @Test(
        "A step is given up that nobody waits for any more, and who was cancelled is charged for it"
    )
    func givenUp() throws {
        let runner = try Self.makeRunner()
        var request = Self.picture
        request.recorder = runner.engine.metrics.makeRecorder(
            identifier: "a",
            clientIdentifier: "a",
            kind: .image,
            priority: .normal
        )
        let (caption, picture) = try interrupt(runner, request) { $0.cancel() }
        #expect(picture.failure == .cancelled)
        #expect(caption.failure == nil)
        runner.engine.waitUntilIdle(limit: .seconds(60))
        // Computed in part: its time counts, what steps cost is not learned from it.
        let snapshot = runner.engine.metrics.snapshot()
        #expect(snapshot.stages[.denoise]?.durations.count == 1)
        let costs = runner.engine.core.scheduler.withLock(\.costs)
        #expect(costs[.denoise].observationCount == 0)
        let effort = try #require(request.recorder?.effort)
        #expect(effort.pictureCount == 1)
        let time = try #require(snapshot.stages[.denoise]?.durations.sum)
        #expect(effort.machineTime / .seconds(1) > time / 2)
    }

    @Test("A picture whose reading was given up is read again when it comes again")
    func readAgain() throws {
        let runner = try Self.makeRunner()
        let file = try RequestRunner.picture(seed: 5)
        let question = RequestRunner.request { $0.input = [.image(file), .text("a dog")] }
        let (_, cancelled) = try interrupt(runner, question, in: .encode) { $0.cancel() }
        #expect(cancelled.failure == .cancelled)
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
        let runner = try Self.makeRunner()
        let core = runner.engine.core
        let (caption, picture) = try interrupt(runner) { _ in
            core.post { $0.endAll(EngineError(.draining, "the end")) }
        }
        #expect(caption.failure == .draining)
        #expect(picture.failure == .draining)
        runner.engine.waitUntilIdle(limit: .seconds(60))
        #expect(runner.engine.status.runningCount == 0)
    }

    @Test("What a step finds wrong ends its own request, not the words that interrupted it")
    func broken() throws {
        let runner = try Self.makeRunner(broken: "image_decoder.decoder.unet")
        let (caption, picture) = try interrupt(runner)
        #expect(picture.failure == .notFinite)
        #expect(caption.failure == nil)
    }

    @Test("A step's measured time leaves out the words that interrupted it")
    func measuredTimes() throws {
        let runner = try Self.makeRunner()
        let start = ContinuousClock.now
        _ = try interrupt(runner)
        runner.engine.waitUntilIdle(limit: .seconds(60))
        let elapsed = start.duration(to: .now)
        let snapshot = runner.engine.metrics.snapshot()
        let computed = snapshot.stages.values.reduce(0) { $0 + $1.durations.sum }
        #expect(computed <= elapsed / .seconds(1))
        #expect(snapshot.interruptions[.denoise]?.duration ?? .zero > .zero)
    }
}
