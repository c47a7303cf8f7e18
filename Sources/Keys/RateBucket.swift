/// A limit per minute as a bucket: it holds what may be taken at once, a minute's worth when it is full, and fills
/// steadily.
///
/// What costs more than is left may be taken still, as what something costs is known only when it is over: the bucket
/// owes it then, and nothing more is to be had before it has filled again. So the average keeps the limit.
struct RateBucket: Hashable, Sendable {
    /// How much a minute brings, and how much there can be.
    private(set) var limit: Int
    private var balance: Double
    private var updated: ContinuousClock.Instant

    /// A full bucket.
    init(limit: Int, at now: ContinuousClock.Instant) {
        self.limit = limit
        balance = Double(limit)
        updated = now
    }

    /// How much may be taken without owing it.
    var remaining: Int { max(0, Int(balance)) }

    /// Fills for the time that has passed.
    mutating func fill(_ now: ContinuousClock.Instant) {
        guard now > updated else { return }
        let minutes = updated.duration(to: now) / .seconds(60)
        balance = min(Double(limit), balance + minutes * Double(limit))
        updated = now
    }

    /// Takes an amount, or owes it.
    mutating func take(_ amount: Int) { balance -= Double(amount) }

    /// Goes on with another limit; what was taken stays taken.
    mutating func change(limit: Int) {
        balance = min(Double(limit), balance + Double(limit - self.limit))
        self.limit = limit
    }

    /// Time until there is an amount.
    func wait(for amount: Int) -> Duration { time(until: Double(min(amount, limit))) }

    /// Time until it is full.
    var timeUntilFull: Duration { time(until: Double(limit)) }

    private func time(until wanted: Double) -> Duration {
        .seconds(60) * (max(0, wanted - balance) / Double(limit))
    }
}
