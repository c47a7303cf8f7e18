/// How an engine is doing.
package struct EngineStatus: Hashable, Sendable {
    /// Requests that are being computed.
    package let runningCount: Int
    /// Requests that wait.
    package let waitingCount: Int
    /// Most requests that are computed and wait, together.
    package let capacity: Int
    /// When one that is refused now should come again.
    package let retryAfter: Duration
    /// Time since a step last ended while requests run; nil when none does.
    package let sinceProgress: Duration?
    /// Whether new requests are refused because the engine is about to stop.
    package let isDraining: Bool
}
