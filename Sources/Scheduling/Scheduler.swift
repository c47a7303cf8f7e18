/// Decides which requests start and what the model computes next.
///
/// A value without clock, threads or tensors: time comes in with the calls, and what is to be done comes out
/// as plans, which somebody else executes. A request is admitted, waits until its input is prepared, starts,
/// and ends. While it runs it owns sequences of the language model and drawings, and asks for work on
/// them; ``plan(now:)`` gathers the work of all requests into one batch of one stage, ``apply(_:cost:now:)`` tells
/// what the finished batch means for each.
///
/// Calls come from one place at a time. Between a plan and its end everything but another plan may be called;
/// a request may end at any time, also while a step computes for it. A step that takes long is interrupted: then
/// ``planInterruption(now:)`` gives a step of the language stage, which is planned and applied while the long one waits.
///
/// Durations are times since any fixed moment; they should not fall from one call to the next.
///
/// Invariants, verified by ``checkInvariants()``: see ``BlockPool`` and ``ImageFeatureCache``; moreover
/// tables cover what is computed, what runs fits the limits, and every part belongs to a running request.
package struct Scheduler: Hashable, Sendable {
    package let configuration: SchedulingConfiguration
    /// Measured costs of stages and requests.
    package internal(set) var costs = CostModel()
    /// Whether new requests are refused for good.
    package internal(set) var isDraining = false
    /// Plans that are being executed: one, and the one that interrupts it.
    package internal(set) var stepsInFlight: [StepPlan] = []
    /// When the step that is being computed is to be interrupted; nil if it is not.
    package internal(set) var interruptionTime: Duration?
    /// Until when a step on pictures goes on before words interrupt it.
    var wordsTime = Duration.zero
    /// What requests have paid that ended while the first of these steps was computed.
    var advance = StepAdvance()

    var requests: [RequestIdentifier: RequestState] = [:]
    /// Waiting requests in order of admission.
    var waiting: [RequestIdentifier] = []
    /// Running requests in the order in which they started.
    var running: [RequestIdentifier] = []
    var sequences: [SequenceIdentifier: SequenceState] = [:]
    var drawings: [DrawingIdentifier: DrawingState] = [:]
    var pool: BlockPool
    var images: ImageFeatureCache<ImageDigest, RequestIdentifier>
    var reservedDrawingCount = 0
    var inputByteCount = 0

    /// Turns of the tenants.
    var clock = FairClock()
    /// Tenants with requests, and those that lately had more than their turn.
    var tenants: [TenantIdentifier: TenantState] = [:]
    var latency: LatencyPolicy
    var latestTime = Duration.zero
    /// When waiting requests are next looked at for deadlines that cannot be kept.
    var nextDeadlineCheck = Duration.zero
    var nextNumber: UInt64 = 0
    var startCount = 0
    var prefixQueryCount = 0
    var prefixHitCount = 0

    /// A request with work that fits nowhere although nothing else could go on, as of the last plan: a
    /// mistake of the scheduler, which ending that request repairs.
    package internal(set) var stuckRequest: RequestIdentifier?

    /// A scheduler without requests.
    ///
    /// - Throws: ``SchedulingConfigurationError`` if nothing could run.
    package init(_ configuration: SchedulingConfiguration) throws(SchedulingConfigurationError) {
        try configuration.validate()
        self.configuration = configuration
        pool = BlockPool(
            blockCount: configuration.blockCount,
            blockSize: configuration.blockSize
        )
        images = ImageFeatureCache(capacity: configuration.imageCapacity)
        latency = LatencyPolicy(configuration)
    }

    /// Requests that wait.
    package var waitingCount: Int { waiting.count }
    /// Requests that run.
    package var runningCount: Int { running.count }

    /// Time of the machine that was charged to a request so far; nil once it has ended.
    package func machineTime(of identifier: RequestIdentifier) -> Duration? {
        requests[identifier]?.cost
    }

    mutating func makeNumber() -> UInt64 {
        defer { nextNumber += 1 }
        return nextNumber
    }

    mutating func observe(_ now: Duration) { latestTime = max(latestTime, now) }

    func requireRunning(_ identifier: RequestIdentifier) {
        precondition(requests[identifier]?.startedAt != nil, "the request does not run")
    }
}
