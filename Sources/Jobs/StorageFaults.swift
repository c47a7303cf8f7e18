/// What could not be written down, told once while it goes on.
struct StorageFaults {
    /// How often something could not be written down.
    private(set) var count = 0
    private var last: ContinuousClock.Instant?
    private var told: ContinuousClock.Instant?

    /// As long as this nothing may have failed before all is well, as small things have room where others have none.
    private static let calm = Duration.seconds(10)
    /// How often the same is told again.
    private static let interval = Duration.seconds(600)

    /// Takes note of a fault.
    ///
    /// - Returns: Whether it is to be told.
    mutating func fail(at now: ContinuousClock.Instant = .now) -> Bool {
        count += 1
        last = now
        guard told.map({ now - $0 >= Self.interval }) ?? true else { return false }
        told = now
        return true
    }

    /// Takes note that something was written down.
    ///
    /// - Returns: Whether it is to be told that all is well again.
    mutating func succeed(at now: ContinuousClock.Instant = .now) -> Bool {
        guard told != nil, let last, now - last >= Self.calm else { return false }
        told = nil
        return true
    }
}
