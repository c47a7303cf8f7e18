@testable import Scheduling

/// What a request does, cut down to what matters to the scheduler, with every choice left to the test.
struct ToySession: Hashable {
    enum Phase: Hashable {
        case absent, preparing, waiting, busy, deciding, ended
    }

    /// What may happen when everything that was asked for is there.
    enum Choice: Hashable, CaseIterable {
        case token, otherToken, fork, picture, end
    }

    /// What the request may still do.
    struct Script: Hashable {
        var prompt: [Int]
        var images: [ImageDigest] = []
        var tokenCount = 1
        var forkCount = 0
        var pictureCount = 0
        var stepCount = 1
        var sampleCount = 1
        var priority = Priority.normal
        var tenant = TenantIdentifier.everybody
        var imagePositionCount = 2
        /// What is guessed to follow, whatever was chosen before.
        var draft: [Int] = []
    }

    var script: Script
    let name: UInt64
    var phase = Phase.absent
    var request: RequestIdentifier?
    private var sequences: [SequenceIdentifier] = []
    private var drawing: DrawingIdentifier?
    private var awaitedImages: Set<ImageDigest> = []
    private var awaitedSequences: Set<SequenceIdentifier> = []

    init(_ script: Script, name: Int) {
        self.script = script
        self.name = UInt64(name)
    }

    var bounds: RequestBounds {
        let images = script.images.count * script.imagePositionCount
        return RequestBounds(
            tenant: script.tenant,
            priority: script.priority,
            promptPositionCount: script.prompt.count + images,
            continuationPositionCount: script.tokenCount + script.forkCount
                + script.pictureCount * script.imagePositionCount,
            sequenceCount: 1 + script.forkCount,
            imageCount: script.images.count + script.pictureCount,
            drawingCount: min(1, script.pictureCount)
        )
    }

    /// The choices that the script still allows.
    var choices: [Choice] {
        guard phase == .deciding else { return [] }
        return Choice.allCases.filter { choice in
            switch choice {
            case .token, .otherToken: script.tokenCount > 0
            case .fork: script.forkCount > 0
            case .picture: script.pictureCount > 0
            case .end: true
            }
        }
    }

    mutating func start(_ scheduler: inout Scheduler) {
        guard let request else { return }
        phase = .busy
        for image in script.images where scheduler.requestEncode(image, of: request) == .awaited {
            awaitedImages.insert(image)
        }
        let sequence = scheduler.addSequence(to: request)
        sequences = [sequence]
        if awaitedImages.isEmpty { appendPrompt(&scheduler) }
    }

    private mutating func appendPrompt(_ scheduler: inout Scheduler) {
        let images = script.images.flatMap { image in
            (0..<script.imagePositionCount).map { PositionContent.image(image, offset: $0) }
        }
        extend(sequences[0], images + script.prompt.map { .token($0) }, &scheduler)
    }

    private mutating func extend(
        _ sequence: SequenceIdentifier,
        _ content: [PositionContent],
        _ scheduler: inout Scheduler
    ) {
        scheduler.append(content, to: sequence)
        scheduler.requestLanguage(sequence, draft: script.draft)
        awaitedSequences.insert(sequence)
    }

    mutating func decide(_ choice: Choice, _ scheduler: inout Scheduler) {
        guard let request else { return }
        phase = .busy
        switch choice {
        case .token, .otherToken:
            // Of a guess that was computed all is right, or only the first token.
            let guessed = scheduler.sequences[sequences[0]]?.draft.computedCount ?? 0
            let right = min(choice == .token ? guessed : 1, guessed, script.tokenCount - 1)
            let tokens = script.draft.prefix(right) + [choice == .token ? 1 : 2]
            script.tokenCount -= tokens.count
            for sequence in sequences {
                extend(sequence, tokens.map { .token($0) }, &scheduler)
            }
        case .fork:
            script.forkCount -= 1
            let fork = scheduler.fork(sequences[0])
            extend(sequences[0], [.token(1)], &scheduler)
            extend(fork, [.token(2)], &scheduler)
            sequences.append(fork)
        case .picture:
            script.pictureCount -= 1
            let drawing = scheduler.addDrawing(to: request, sampleCount: script.sampleCount)
            scheduler.requestDenoise(drawing)
            self.drawing = drawing
        case .end: end(&scheduler)
        }
    }

    mutating func end(_ scheduler: inout Scheduler) {
        if let request { scheduler.end(request, now: scheduler.latestTime) }
        phase = .ended
        sequences = []
        drawing = nil
        awaitedImages = []
        awaitedSequences = []
    }

    mutating func receive(_ event: SchedulingEvent, _ scheduler: inout Scheduler) {
        switch event {
        case .computed(let sequence, _):
            awaitedSequences.remove(sequence)
            if awaitedSequences.isEmpty { phase = .deciding }
        case .encoded(let image, _):
            awaitedImages.remove(image)
            guard awaitedImages.isEmpty else { return }
            if scheduler.progress(of: sequences[0])?.totalCount == 0 {
                appendPrompt(&scheduler)
            } else {
                feedBack(image, &scheduler)
            }
        case .denoised(let drawing, _):
            script.stepCount -= 1
            if script.stepCount > 0 {
                scheduler.requestDenoise(drawing)
            } else {
                scheduler.requestRender(drawing)
            }
        case .rendered(let drawing, let request):
            scheduler.remove(drawing)
            self.drawing = nil
            // Every picture that is drawn is a new one.
            let image = ImageDigest(1000 + name, UInt64(script.pictureCount), 0, 0)
            if scheduler.requestEncode(image, of: request) == .awaited {
                awaitedImages.insert(image)
            } else {
                feedBack(image, &scheduler)
            }
        }
    }

    private mutating func feedBack(_ image: ImageDigest, _ scheduler: inout Scheduler) {
        for sequence in sequences {
            extend(
                sequence,
                (0..<script.imagePositionCount).map { .image(image, offset: $0) },
                &scheduler
            )
        }
    }
}

/// A scheduler, its requests, and the memory that its plans speak of.
struct ToyEngine: Hashable {
    enum Move: Hashable {
        case admit(Int)
        case ready(Int)
        case start
        case plan
        case apply
        case interrupt
        case giveUp
        case decide(Int, ToySession.Choice)
        case cancel(Int)
    }

    var scheduler: Scheduler
    var sessions: [ToySession]
    var plan: StepPlan?
    /// The plan that is executed while the other one waits.
    var interruption: StepPlan?
    private var memory: ReferenceMemory
    /// Time that a step takes.
    var stepDuration = Duration.milliseconds(10)

    init(
        _ configuration: SchedulingConfiguration,
        _ scripts: [ToySession.Script]
    ) throws {
        scheduler = try Scheduler(configuration)
        sessions = scripts.enumerated().map { ToySession($1, name: $0) }
        memory = ReferenceMemory(configuration)
    }

    /// Everything that may happen next; requests are admitted in order.
    func moves(cancelling: Bool = true) -> [Move] {
        var moves: [Move] = []
        if let next = sessions.firstIndex(where: { $0.phase == .absent }) {
            moves.append(.admit(next))
        }
        for (index, session) in sessions.enumerated() {
            if session.phase == .preparing { moves.append(.ready(index)) }
            moves += session.choices.map { .decide(index, $0) }
            if cancelling && session.phase != .absent && session.phase != .ended {
                moves.append(.cancel(index))
            }
        }
        if sessions.contains(where: { $0.phase == .waiting }) { moves.append(.start) }
        if plan == nil { moves.append(.plan) } else { moves.append(.apply) }
        // Whatever the time is: every moment is one at which a step may be interrupted.
        if let plan, plan.stage != .language, interruption == nil {
            moves.append(.interrupt)
            if !scheduler.isStepAwaited { moves.append(.giveUp) }
        }
        return moves
    }

    mutating func make(_ move: Move) throws {
        let now = scheduler.latestTime
        switch move {
        case .admit(let index):
            sessions[index].request = try scheduler.admit(sessions[index].bounds, now: now)
            sessions[index].phase = .preparing
        case .ready(let index):
            if let request = sessions[index].request { scheduler.markReady(request) }
            sessions[index].phase = .waiting
        case .start:
            for request in scheduler.startRequests(now: now) {
                for index in sessions.indices where sessions[index].request == request {
                    sessions[index].start(&scheduler)
                }
            }
        case .plan:
            plan = scheduler.plan(now: now)
            if let plan { try memory.execute(plan, scheduler) }
        case .interrupt:
            interruption = scheduler.planInterruption(now: max(now, scheduler.wordsTime))
            if let interruption { try memory.execute(interruption, scheduler) }
        case .giveUp:
            guard let plan else { return }
            self.plan = nil
            memory.giveUp(plan)
            scheduler.giveUp(plan, now: now)
        case .apply:
            guard let plan = interruption ?? plan else { return }
            if interruption == nil { self.plan = nil } else { interruption = nil }
            memory.finish(plan)
            deliver(scheduler.apply(plan, cost: stepDuration, now: now + stepDuration))
        case .decide(let index, let choice): sessions[index].decide(choice, &scheduler)
        case .cancel(let index): sessions[index].end(&scheduler)
        }
        try scheduler.checkInvariants()
    }

    private mutating func deliver(_ events: [SchedulingEvent]) {
        for event in events {
            for index in sessions.indices
            where sessions[index].request == event.request && sessions[index].phase != .ended {
                sessions[index].receive(event, &scheduler)
            }
        }
    }

    /// Lets everything run to its end, every request doing as much as its script allows.
    ///
    /// - Returns: Whether all ended within `limit` steps.
    mutating func finish(limit: Int) throws -> Bool {
        for _ in 0..<limit {
            for index in sessions.indices {
                if sessions[index].phase == .absent { try make(.admit(index)) }
                if sessions[index].phase == .preparing { try make(.ready(index)) }
                if let choice = sessions[index].choices.first { try make(.decide(index, choice)) }
            }
            try make(.start)
            if plan == nil { try make(.plan) }
            try make(.apply)
            if sessions.allSatisfy({ $0.phase == .ended }) { return true }
        }
        return false
    }

    /// Whether nothing is held once all requests have ended.
    var isEmpty: Bool {
        scheduler.pool.availableCount == scheduler.pool.blockCount
            && scheduler.images.pinnedCount == 0
            && scheduler.images.reservedCount == 0 && scheduler.sequences.isEmpty
            && scheduler.drawings.isEmpty && scheduler.requests.isEmpty
    }
}
