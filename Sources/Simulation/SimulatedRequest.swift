package import Scheduling

/// A request in a simulation: asks the scheduler for what a real one asks for, in the same order, and
/// notes when what would be sent to its client is there.
struct SimulatedRequest {
    /// What a request is waiting for.
    private enum Phase {
        case input
        case words
        case opening
        case drawing
        case feedback
    }

    let arrival: Arrival
    let identifier: RequestIdentifier
    private(set) var outcome: SimulatedOutcome
    private(set) var isFinished = false

    private let imagePositionCount: Int
    private var phase = Phase.input
    private var sequence: SequenceIdentifier?
    private var awaitedImageCount = 0
    private var imageNumber: UInt64
    private var tokenNumber: UInt64 = 0
    private var segmentIndex = 0
    private var segmentTokenCount = 0
    private var stepCount = 0
    private var pace = DenoisingPace(from: .zero)
    /// When the picture that is drawn was expected to be, after its first step.
    private var expectation: (from: Duration, rest: Duration)?

    /// Bounds as the engine would give them for this request.
    static func bounds(
        _ arrival: Arrival,
        imagePositionCount: Int,
        timeout: Duration?
    ) -> RequestBounds {
        let positionsPerImage = imagePositionCount + 1
        var bounds = RequestBounds(
            priority: arrival.priority,
            deadline: timeout.map { arrival.time + $0 },
            promptPositionCount: 1 + arrival.promptTokenCount
                + arrival.imageCount * positionsPerImage,
            continuationPositionCount: arrival.generatedTokenCount
                + arrival.pictureCount * positionsPerImage,
            imageCount: arrival.imageCount + max(0, arrival.pictureCount - 1),
            drawingCount: min(1, arrival.pictureCount)
        )
        bounds.mostWork.readCount = bounds.imageCount
        bounds.mostWork.promptPositionCount = bounds.promptPositionCount
        bounds.mostWork.tokenCount = arrival.generatedTokenCount
        bounds.mostWork.denoiseStepCount = arrival.pictureCount * arrival.stepCount
        bounds.mostWork.sampleCount = arrival.isGuided ? 2 : 1
        bounds.mostWork.renderCount = arrival.pictureCount
        // A picture alone is certain; how long words become, and whether pictures follow them, is not.
        if arrival.kind == .picture {
            bounds.leastWork = bounds.mostWork
        } else {
            bounds.leastWork.readCount = arrival.imageCount
            bounds.leastWork.promptPositionCount = bounds.promptPositionCount
        }
        return bounds
    }

    init(_ arrival: Arrival, _ identifier: RequestIdentifier, imagePositionCount: Int) {
        self.arrival = arrival
        self.identifier = identifier
        self.imagePositionCount = imagePositionCount
        imageNumber = 0
        outcome = SimulatedOutcome(
            kind: arrival.kind,
            priority: arrival.priority,
            arrivedAt: arrival.time
        )
    }

    mutating func start(_ scheduler: inout Scheduler, now: Duration) {
        outcome.startedAt = now
        sequence = scheduler.addSequence(to: identifier)
        for _ in 0..<arrival.imageCount {
            if scheduler.requestEncode(newImage(), of: identifier) == .awaited {
                awaitedImageCount += 1
            }
        }
        if awaitedImageCount == 0 { appendPrompt(&scheduler) }
    }

    /// All pictures of a simulation are different, and so are all texts: no luck with caches.
    private mutating func newImage() -> ImageDigest {
        imageNumber += 1
        return ImageDigest(identifier.number, imageNumber, 0, 0)
    }

    private mutating func newToken() -> PositionContent {
        tokenNumber += 1
        return .token(Int(identifier.number << 20 | tokenNumber))
    }

    private func positions(_ image: ImageDigest) -> [PositionContent] {
        (0..<imagePositionCount).map { .image(image, offset: $0) }
    }

    private mutating func appendPrompt(_ scheduler: inout Scheduler) {
        var content = [newToken()]
        for number in 0..<arrival.imageCount {
            content.append(newToken())
            content += positions(ImageDigest(identifier.number, UInt64(number) + 1, 0, 0))
        }
        for _ in 0..<arrival.promptTokenCount { content.append(newToken()) }
        phase = .words
        if segmentTokens == 0 && arrival.pictureCount > 0 {
            // The answer begins with a picture: the token that opens it ends the prompt.
            content.append(newToken())
            phase = .opening
        }
        compute(content, &scheduler)
    }

    private func compute(_ content: [PositionContent], _ scheduler: inout Scheduler) {
        guard let sequence else { return }
        scheduler.append(content, to: sequence)
        scheduler.requestLanguage(sequence)
    }

    /// Tokens of the present text segment; every picture but none follows one, and a rest ends the answer.
    private var segmentTokens: Int {
        let count = max(1, arrival.pictureCount)
        let part = arrival.generatedTokenCount / count
        return segmentIndex == 0 ? arrival.generatedTokenCount - part * (count - 1) : part
    }

    mutating func receive(
        _ event: SchedulingEvent,
        _ scheduler: inout Scheduler,
        now: Duration
    ) {
        switch event {
        case .encoded(let image, _):
            if phase == .feedback {
                beginSegment(after: image, &scheduler)
            } else {
                awaitedImageCount -= 1
                if awaitedImageCount == 0 { appendPrompt(&scheduler) }
            }
        case .computed:
            if phase == .opening {
                draw(&scheduler, now: now)
            } else {
                generate(&scheduler, now: now)
            }
        case .denoised(let drawing, _):
            stepCount += 1
            noteExpectation(scheduler, now: now)
            if stepCount < arrival.stepCount {
                scheduler.requestDenoise(drawing)
            } else {
                scheduler.requestRender(drawing)
            }
        case .rendered(let drawing, _):
            scheduler.remove(drawing)
            outcome.pictureTimes.append(now)
            segmentIndex += 1
            guard segmentIndex < arrival.pictureCount else { return finish(now: now) }
            let image = newImage()
            phase = .feedback
            if scheduler.requestEncode(image, of: identifier) == .held {
                beginSegment(after: image, &scheduler)
            }
        }
    }

    private mutating func beginSegment(after image: ImageDigest, _ scheduler: inout Scheduler) {
        segmentTokenCount = 0
        if segmentTokens > 0 {
            phase = .words
            compute(positions(image), &scheduler)
        } else {
            phase = .opening
            compute(positions(image) + [newToken()], &scheduler)
        }
    }

    /// A token is chosen from the logits of what was just computed.
    private mutating func generate(_ scheduler: inout Scheduler, now: Duration) {
        outcome.tokenTimes.append(now)
        segmentTokenCount += 1
        let isOver = segmentTokenCount >= segmentTokens
        if isOver && arrival.pictureCount == 0 { return finish(now: now) }
        var content = [newToken()]
        if isOver {
            phase = .opening
            content.append(newToken())
        }
        compute(content, &scheduler)
    }

    private mutating func draw(_ scheduler: inout Scheduler, now: Duration) {
        phase = .drawing
        stepCount = 0
        pace = DenoisingPace(from: now)
        let drawing = scheduler.addDrawing(
            to: identifier,
            sampleCount: arrival.isGuided ? 2 : 1
        )
        scheduler.requestDenoise(drawing)
    }

    /// Notes after the first step when the last is expected, and after that how long it took.
    private mutating func noteExpectation(_ scheduler: Scheduler, now: Duration) {
        if stepCount == 1, arrival.stepCount > 1 {
            var work = RequestWork()
            work.denoiseStepCount = arrival.stepCount - 1
            work.sampleCount = arrival.isGuided ? 2 : 1
            let rest = pace.rest(
                after: 1,
                of: arrival.stepCount,
                now: now,
                expected: scheduler.expectedTime(of: work, for: identifier)
            )
            expectation = (now, rest)
        } else if stepCount == arrival.stepCount, let (start, rest) = expectation {
            outcome.expectations.append(
                SimulatedOutcome.Expectation(expected: rest, actual: now - start)
            )
        }
    }

    private mutating func finish(now: Duration) {
        outcome.endedAt = now
        isFinished = true
    }
}

/// What became of one request of a simulation.
package struct SimulatedOutcome: Hashable, Sendable {
    /// How long something was expected to take, and did.
    package struct Expectation: Hashable, Sendable {
        package let expected: Duration
        package let actual: Duration
    }

    package let kind: RequestKind
    package let priority: Priority
    package let arrivedAt: Duration
    /// When it started, or nil.
    package var startedAt: Duration?
    /// When it was complete, or nil if it was refused or timed out.
    package var endedAt: Duration?
    /// When each token was there.
    package var tokenTimes: [Duration] = []
    /// When each picture was there.
    package var pictureTimes: [Duration] = []
    /// Times of all steps but the first of each picture.
    package var expectations: [Expectation] = []
    /// Why it was not admitted, or nil.
    package var refusal: AdmissionRefusal?
    /// Whether its time was over before it was complete.
    package var isExpired = false

    package init(kind: RequestKind, priority: Priority, arrivedAt: Duration) {
        self.kind = kind
        self.priority = priority
        self.arrivedAt = arrivedAt
    }

    /// Time between admission and start.
    package var queueTime: Duration? { startedAt.map { $0 - arrivedAt } }
    /// Time until the first token or picture.
    package var timeToFirst: Duration? {
        [tokenTimes.first, pictureTimes.first].compactMap(\.self).min().map { $0 - arrivedAt }
    }
    /// Time until the end.
    package var endToEnd: Duration? { endedAt.map { $0 - arrivedAt } }
    /// Times between two tokens without a picture between them.
    package var interTokenTimes: [Duration] {
        zip(tokenTimes, tokenTimes.dropFirst()).compactMap { earlier, later in
            pictureTimes.contains { earlier < $0 && $0 <= later } ? nil : later - earlier
        }
    }
}
