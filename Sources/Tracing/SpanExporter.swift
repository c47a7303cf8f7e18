internal import Dispatch
internal import Locking

/// Sends spans to a collector, some at a time, without anybody waiting for it.
///
/// Spans wait in a bounded queue; those for which there is no room, or which the collector did not take, are lost and counted.
///
/// Threads: every member may be called from any thread.
package final class SpanExporter: Sendable {
    private struct State {
        var waiting: [Span] = []
        var isSending = false
        var lostCount = 0
        /// When sending ends; nil as long as it goes on.
        var end: ContinuousClock.Instant?
    }

    private let service: String
    private let version: String
    private let instance = Span.randomIdentifier()
    private let capacity: Int
    private let pause: Duration
    private let send: @Sendable ([UInt8]) throws -> Void
    private let lost: @Sendable (Int, any Error) -> Void
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "interleaved.spans", qos: .utility)

    /// Most spans of one request to the collector.
    private static let batchCount = 512

    /// Begins without a span.
    ///
    /// - Parameters:
    ///   - service: What the process is called.
    ///   - version: Its version.
    ///   - capacity: Most spans that wait.
    ///   - pause: How long spans are gathered before they are sent.
    ///   - send: Sends the body of one request, `application/json`; it may take its time, and throws if it was not taken.
    ///   - lost: Told how many spans were lost with a body, and why.
    package init(
        service: String,
        version: String,
        capacity: Int = 8192,
        pause: Duration = .seconds(1),
        send: @escaping @Sendable ([UInt8]) throws -> Void,
        lost: @escaping @Sendable (Int, any Error) -> Void
    ) {
        self.service = service
        self.version = version
        self.capacity = capacity
        self.pause = pause
        self.send = send
        self.lost = lost
    }

    /// Spans lost so far.
    package var lostCount: Int { state.withLock(\.lostCount) }

    /// Takes spans, or loses them.
    package func export(_ spans: [Span]) {
        let mustBegin = state.withLock { state in
            let room = max(0, capacity - state.waiting.count)
            state.waiting += spans.prefix(room)
            state.lostCount += max(0, spans.count - room)
            guard !state.isSending, !state.waiting.isEmpty else { return false }
            state.isSending = true
            return true
        }
        guard mustBegin else { return }
        queue.asyncAfter(deadline: .now() + pause / .seconds(1)) { self.sendWaiting() }
    }

    /// Sends what waits, now, and nothing later; returns when all of it is sent or lost.
    ///
    /// A collector that did not take something is not asked again.
    ///
    /// - Parameter limit: Time after which no more is sent; one request may be on its way then.
    package func end(limit: Duration) {
        state.withLock { $0.end = .now + limit }
        queue.sync { sendWaiting() }
    }

    private func sendWaiting() {
        while true {
            let batch = state.withLock { state in
                if let end = state.end, .now >= end {
                    state.lostCount += state.waiting.count
                    state.waiting = []
                }
                let batch = Array(state.waiting.prefix(Self.batchCount))
                state.waiting.removeFirst(batch.count)
                if batch.isEmpty { state.isSending = false }
                return batch
            }
            if batch.isEmpty { return }
            let document = SpanDocument(
                service: service,
                version: version,
                instance: instance,
                spans: batch
            )
            do {
                try send(document.encoded)
            } catch {
                state.withLock { state in
                    state.lostCount += batch.count
                    if state.end != nil { state.end = .now }
                }
                lost(batch.count, error)
            }
        }
    }
}
