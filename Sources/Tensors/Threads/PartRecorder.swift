/// Measures the parts of computations, for a simulation of more workers than there are processors.
///
/// Parts then run one after the other on the calling thread.
package final class PartRecorder {
    /// One computation whose parts may run side by side.
    package struct Computation: Sendable {
        /// How long each part took.
        package let parts: [Duration]
        /// Memory that all parts together read and write.
        package let byteCount: Int
    }

    /// Computations in their order.
    package private(set) var computations: [Computation] = []

    /// Nothing measured yet.
    package init() {}

    /// Forgets what was measured.
    package func reset() { computations.removeAll(keepingCapacity: true) }

    /// Runs and measures parts.
    func run(_ count: Int, byteCount: Int, _ body: (_ part: Int, _ worker: Int) -> Void) {
        guard count > 0 else { return }
        let clock = ContinuousClock()
        let parts = (0..<count).map { part in clock.measure { body(part, 0) } }
        computations.append(Computation(parts: parts, byteCount: byteCount))
    }
}
