import Testing

@testable import Scheduling

/// A configuration with blocks of four positions, no reserve, and one-byte pictures.
func makeConfiguration(
    blocks: Int = 64,
    images: Int = 8,
    _ change: (inout SchedulingConfiguration) -> Void = { _ in }
) -> SchedulingConfiguration {
    var configuration = SchedulingConfiguration()
    configuration.blockSize = 4
    configuration.blockCount = blocks
    configuration.imageByteCount = 1
    configuration.imageByteBudget = images
    configuration.reservedBlockCount = 0
    change(&configuration)
    return configuration
}

extension Scheduler {
    /// A request that runs at once, with room for everything a test does.
    mutating func startRequest(
        tenant: TenantIdentifier = .everybody,
        priority: Priority = .normal,
        positions: Int = 16,
        sequences: Int = 1,
        images: Int = 0,
        drawings: Int = 0
    ) throws -> RequestIdentifier {
        let bounds = RequestBounds(
            tenant: tenant,
            priority: priority,
            promptPositionCount: 0,
            continuationPositionCount: positions,
            sequenceCount: sequences,
            imageCount: images,
            drawingCount: drawings
        )
        let request = try admit(bounds, now: latestTime)
        markReady(request)
        try #require(startRequests(now: latestTime) == [request])
        return request
    }

    /// A sequence that asks for these tokens.
    mutating func addPrompt(
        _ tokens: some Sequence<Int>,
        to request: RequestIdentifier,
        salt: CacheSalt = .none
    ) -> SequenceIdentifier {
        let sequence = addSequence(to: request, salt: salt)
        extend(sequence, tokens)
        return sequence
    }

    mutating func extend(_ sequence: SequenceIdentifier, _ tokens: some Sequence<Int>) {
        append(tokens.map { .token($0) }, to: sequence)
        requestLanguage(sequence)
    }

    /// Positions of a sequence, and how many of them are computed; nil if it is gone.
    func progress(of identifier: SequenceIdentifier) -> (computedCount: Int, totalCount: Int)? {
        sequences[identifier].map { ($0.computedCount, $0.content.count) }
    }

    /// The sequence's block table as it is now.
    func blocks(of identifier: SequenceIdentifier) -> [Int] {
        sequences[identifier]?.blocks ?? []
    }

    /// Plans and applies one step of `cost`; returns both the plan and what came of it.
    mutating func step(
        cost: Duration = .milliseconds(1)
    ) throws -> (plan: StepPlan, events: [SchedulingEvent]) {
        let planned = plan(now: latestTime)
        let plan = try #require(planned)
        let events = apply(plan, cost: cost, now: latestTime + cost)
        try checkInvariants()
        return (plan, events)
    }

    /// Plans and applies one step, which must be one of the language stage.
    mutating func languageStep(cost: Duration = .milliseconds(1)) throws -> LanguagePlan {
        let plan = try step(cost: cost).plan
        guard case .language(let language) = plan else {
            throw InvariantViolation("expected a language step, not \(plan)")
        }
        return language
    }
}

extension StepPlan {
    /// The drawings of a denoising step.
    var drawings: [DrawingIdentifier] {
        if case .denoise(let items) = self { items.map(\.drawing) } else { [] }
    }
}
