/// Decides which requests may wait, and knows how long they take.
struct Admission {
    private(set) var waitingCount = 0
    private(set) var runningCount = 0
    private(set) var isDraining = false

    private let maximumWaitingCount: Int
    /// Moving average of the time that a request computes.
    private var meanService: Duration?

    init(maximumWaitingCount: Int) {
        self.maximumWaitingCount = maximumWaitingCount
    }

    /// Takes a request into the queue.
    ///
    /// - Throws: ``EngineError`` of kind `draining` or `queueFull`, with the time after which a place
    ///   is likely to be free.
    mutating func admit() throws(EngineError) {
        guard !isDraining else {
            throw EngineError(
                .draining,
                "the server is shutting down",
                retryAfter: .seconds(5)
            )
        }
        // The next in line is about to run: only those behind it count as a queue.
        guard waitingCount < maximumWaitingCount + (runningCount == 0 ? 1 : 0) else {
            throw EngineError(
                .queueFull,
                "\(waitingCount) requests wait already, at most \(maximumWaitingCount) may",
                retryAfter: retryAfter
            )
        }
        waitingCount += 1
    }

    /// A waiting request begins to be computed.
    mutating func start() {
        waitingCount -= 1
        runningCount += 1
    }

    /// A waiting request ends without being computed.
    mutating func abandon() {
        waitingCount -= 1
    }

    /// A request ends after computing for `service`.
    mutating func finish(service: Duration) {
        runningCount -= 1
        // A short memory: loads change with the kinds of requests that arrive.
        meanService = meanService.map { $0 * 0.8 + service * 0.2 } ?? service
    }

    /// Refuses everything from now on.
    mutating func drain() {
        isDraining = true
    }

    /// One request's time frees one place; whole seconds, as the header counts them.
    private var retryAfter: Duration {
        guard let meanService else { return .seconds(1) }
        return .seconds(max(1, meanService.components.seconds + 1))
    }
}
