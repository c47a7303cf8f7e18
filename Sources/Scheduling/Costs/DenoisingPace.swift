/// How fast a picture comes that is being drawn, by the steps that were taken and by what steps cost.
package struct DenoisingPace: Hashable, Sendable {
    /// Steps taken, for which measured costs count as much as what was seen: the first ones may wait for less or more than a
    /// turn, and are slower than later ones.
    private static let weight = 2

    /// When its first step could be computed.
    private let start: Duration

    /// Begins to look.
    ///
    /// - Parameter start: When its first step was asked for.
    package init(from start: Duration) {
        self.start = start
    }

    /// Expected time until the last step is taken.
    ///
    /// - Parameters:
    ///   - step: The step that was taken, from 1.
    ///   - stepCount: Number of steps.
    ///   - now: When that was.
    ///   - expected: Time that the steps which are left take by measured costs, from
    ///     ``Scheduler/expectedTime(of:for:)``; nil if nobody knows.
    /// - Returns: The time.
    package func rest(
        after step: Int,
        of stepCount: Int,
        now: Duration,
        expected: Duration?
    ) -> Duration {
        guard step > 0, step < stepCount else { return .zero }
        let left = stepCount - step
        guard let expected else { return (now - start) / step * left }
        return (expected * Self.weight + (now - start) * left) / (Self.weight + step)
    }
}
