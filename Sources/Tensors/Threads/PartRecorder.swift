/// Measures the parts of computations, for a simulation of more workers than there are processors.
///
/// Parts then run one after the other on the calling thread. What measuring itself takes, a look at the clock for every
/// part, counts with the part; what keeping the times takes counts nowhere.
package final class PartRecorder {
    /// One computation whose parts may run side by side.
    package struct Computation: Sendable {
        /// From the end of the computation before, or from the start, to the beginning of this one.
        package let before: Duration
        /// How long each part took.
        package let parts: [Duration]
        /// Memory that all parts together read and write.
        package let byteCount: Int
    }

    private let clock = ContinuousClock()
    private var computations: [Computation] = []
    /// When the last computation ended, or the recording began.
    private var end: ContinuousClock.Instant

    /// Nothing measured yet.
    package init() { end = clock.now }

    /// Measures what a body computes.
    ///
    /// - Parameter body: Runs computations on the pool whose recorder this is.
    /// - Returns: The computations in their order, and the time after the last one.
    package func record(_ body: () -> Void) -> (computations: [Computation], after: Duration) {
        computations.removeAll(keepingCapacity: true)
        end = clock.now
        body()
        return (computations, end.duration(to: clock.now))
    }

    /// Runs and measures parts.
    func run(_ count: Int, byteCount: Int, _ body: (_ part: Int, _ worker: Int) -> Void) {
        guard count > 0 else { return }
        let before = end.duration(to: clock.now)
        var parts = [Duration](repeating: .zero, count: count)
        var last = clock.now
        for part in 0..<count {
            body(part, 0)
            let now = clock.now
            parts[part] = last.duration(to: now)
            last = now
        }
        computations.append(Computation(before: before, parts: parts, byteCount: byteCount))
        end = clock.now
    }
}
