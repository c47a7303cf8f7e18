/// How fast the steps of a picture follow one another.
struct DenoisingPace {
    /// The first step that was seen, and when.
    private var first: (step: Int, time: ContinuousClock.Instant)?

    /// Expected time until the last step is taken: as long for each step that is left as for those since the first.
    ///
    /// - Parameters:
    ///   - step: The step that was taken, from 1.
    ///   - stepCount: Number of steps.
    ///   - now: When that was.
    /// - Returns: The time; nil after the first step alone.
    mutating func rest(
        after step: Int,
        of stepCount: Int,
        now: ContinuousClock.Instant = .now
    ) -> Duration? {
        if step >= stepCount { return .zero }
        guard let first, step > first.step else {
            if first == nil { first = (step, now) }
            return nil
        }
        return first.time.duration(to: now) / (step - first.step) * (stepCount - step)
    }
}
