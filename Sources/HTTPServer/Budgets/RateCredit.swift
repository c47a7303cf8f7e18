/// How long a client may go on at the rate that it has shown: the least average rate, without savings for ever.
///
/// It begins with some time of its own. Every byte earns the time that it takes at the least rate, but never more
/// than `longest` from now: who was fast once cannot be silent for hours.
struct RateCredit {
    /// When the credit is used up.
    private(set) var end = ContinuousClock.now

    /// Begins anew.
    mutating func begin(_ now: ContinuousClock.Instant, free: Duration) {
        end = now + free
    }

    /// Earns time with bytes.
    mutating func earn(
        _ byteCount: Int,
        at now: ContinuousClock.Instant,
        byteRate: Int,
        longest: Duration
    ) {
        guard byteRate > 0 else { return }
        end = min(end + .seconds(Double(byteCount) / Double(byteRate)), max(end, now + longest))
    }
}
