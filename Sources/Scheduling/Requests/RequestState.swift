/// A request from admission to its end.
struct RequestState: Hashable, Sendable {
    let identifier: RequestIdentifier
    var bounds: RequestBounds
    let admittedAt: Duration
    var isReady = false
    /// Later requests that started before it.
    var overtakeCount = 0

    /// When it started, or nil while it waits.
    var startedAt: Duration?
    /// Requests that started before it; meaningless while it waits.
    var startIndex = 0
    /// Sequences in order of creation.
    var sequences: [SequenceIdentifier] = []
    /// Drawings in order of creation.
    var drawings: [DrawingIdentifier] = []
    /// Pictures that it waits for, in the order in which it asked.
    var awaitedImages: [ImageDigest] = []

    /// Machine time charged.
    var cost = Duration.zero
    var virtualTime = 0.0
    /// Whether it had work when the last step was planned.
    var wasActive = false
    /// Whether it waits for blocks that others have.
    var isStalled = false
}

/// A sequence: what stands at its positions, and how far they are computed.
struct SequenceState: Hashable, Sendable {
    let request: RequestIdentifier
    /// Names those with whom it shares computed positions.
    let salt: CacheSalt
    var content: [PositionContent] = []
    var computedCount = 0
    /// Block table; holds at least the computed positions.
    var blocks: [Int] = []
    /// Positions taken over from others since the last step in which the sequence took part.
    var adoptedCount = 0
    /// Whether someone waits until it is computed to its end.
    var isRequested = false
    /// Since when.
    var requestedAt = Duration.zero
    /// What it may go on with.
    var draft = DraftState()

    var remainingCount: Int { content.count - computedCount }
    var isRunnable: Bool { isRequested && remainingCount > 0 }
    /// Whether all but the newest position is computed: the next token follows from one row.
    var isDecoding: Bool { isRunnable && remainingCount == 1 && computedCount > 0 }
}

/// A picture that is being drawn.
struct DrawingState: Hashable, Sendable {
    /// What is to be computed next.
    enum Work: Hashable, Sendable {
        case denoise
        case render
    }

    let request: RequestIdentifier
    let sampleCount: Int
    var work: Work?
}
