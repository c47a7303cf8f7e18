/// Somebody who shares the machine with others: tenants take turns, and the requests of one take turns in its own.
struct TenantState: Hashable, Sendable {
    /// Turns of its requests among themselves.
    var clock = FairClock()
    /// Machine time charged to its requests, as far as others waited for it.
    var virtualTime = 0.0
    /// Whether it had work when the last step was planned.
    var wasActive = false
    /// Its requests that need no drawing.
    var words = RequestClass()
    /// Its requests that need one.
    var pictures = RequestClass()

    /// Its requests that were admitted and have not ended.
    var requestCount: Int { words.requestCount + pictures.requestCount }
    /// Those of them that run.
    var runningCount: Int { requestCount - words.waitingCount - pictures.waitingCount }

    /// Requests of one kind.
    subscript(kind: WorkKind) -> RequestClass {
        get {
            switch kind {
            case .words: words
            case .pictures: pictures
            }
        }
        set {
            switch kind {
            case .words: words = newValue
            case .pictures: pictures = newValue
            }
        }
    }
}

/// A tenant's requests of one kind, and how fast they are served.
struct RequestClass: Hashable, Sendable {
    /// Seconds over which what was measured fades.
    private static let memory = 5.0
    /// Seconds for which the first guess counts.
    private static let guessed = 1.0

    /// Those that were admitted and have not ended.
    var requestCount = 0
    /// Those of them that wait.
    var waitingCount = 0
    /// Seconds of the machine that were charged to them lately.
    private var served = 0.0
    /// Seconds that the machine computed while there were any, lately.
    private var elapsed = 0.0

    /// Notes that the machine computed for a time, of which so much was charged to them.
    mutating func observe(served duration: Duration, during time: Duration) {
        let seconds = max(0, time.inSeconds)
        // No exponential function: the same numbers on every machine.
        let kept = 1 / (1 + seconds / Self.memory)
        served = served * kept + duration.inSeconds
        elapsed = elapsed * kept + (requestCount > 0 ? seconds : 0)
    }

    /// Share of the machine that they get while there are any, from 0 to 1.
    ///
    /// - Parameter guess: The share that is assumed before anything was measured.
    /// - Returns: At least a hundredth.
    func rate(guess: Double) -> Double {
        let rate = (served + guess * Self.guessed) / (elapsed + Self.guessed)
        return min(max(rate, 0.01), 1)
    }
}
