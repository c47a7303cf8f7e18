internal import Locking

/// Bytes of answers that wait for their clients to read, over all connections.
///
/// Only what the system has not taken counts. When it becomes too much, the slowest readers are cut.
///
/// Threads: every member may be called from any thread.
final class AnswerBudget: Sendable {
    private struct Waiting {
        /// Bytes that the connection keeps.
        var outputByteCount = 0
        /// Bytes that the handler keeps until the connection takes them.
        var backlogByteCount = 0
        var start = ContinuousClock.now
        /// Bytes that the client took since then.
        var takenByteCount = 0
        let cut: @Sendable () -> Void

        var byteCount: Int { outputByteCount + backlogByteCount }

        /// Bytes per second, kindly judged where there was little time to show any.
        func rate(_ now: ContinuousClock.Instant) -> Double {
            (Double(takenByteCount) + 65_536) / (start.duration(to: now) / .seconds(1) + 0.1)
        }
    }

    private struct State {
        var waiting: [ObjectIdentifier: Waiting] = [:]
        var byteCount = 0
        var cutCount = 0
    }

    /// Most bytes, unless a single answer has more.
    let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// Bytes that wait.
    var usedByteCount: Int { state.withLock(\.byteCount) }

    /// Answers cut because too much waited, or because their clients were too slow.
    var cutCount: Int { state.withLock(\.cutCount) }

    /// Counts an answer that its connection has cut itself.
    func countCut() { state.withLock { $0.cutCount += 1 } }

    /// Tells what a connection keeps; `cut` is called on any thread if it has to be closed.
    func outputChanged(
        of connection: ObjectIdentifier,
        to byteCount: Int,
        cut: @escaping @Sendable () -> Void
    ) {
        change(connection, cut) { waiting in
            waiting.takenByteCount += max(0, waiting.outputByteCount - byteCount)
            waiting.outputByteCount = byteCount
        }
    }

    /// Tells what a connection's handler keeps.
    func backlogChanged(
        of connection: ObjectIdentifier,
        to byteCount: Int,
        cut: @escaping @Sendable () -> Void
    ) {
        change(connection, cut) { $0.backlogByteCount = byteCount }
    }

    /// Forgets a connection.
    func remove(_ connection: ObjectIdentifier) {
        state.withLock { state in
            state.byteCount -= state.waiting.removeValue(forKey: connection)?.byteCount ?? 0
        }
    }

    private func change(
        _ connection: ObjectIdentifier,
        _ cut: @escaping @Sendable () -> Void,
        _ change: (inout Waiting) -> Void
    ) {
        let cuts: [@Sendable () -> Void] = state.withLock { state in
            var waiting = state.waiting[connection] ?? Waiting(cut: cut)
            state.byteCount -= waiting.byteCount
            change(&waiting)
            state.byteCount += waiting.byteCount
            state.waiting[connection] = waiting.byteCount > 0 ? waiting : nil
            guard state.byteCount > capacity else { return [] }
            return Self.cutSlowest(&state, capacity)
        }
        for cut in cuts { cut() }
    }

    private static func cutSlowest(_ state: inout State, _ capacity: Int) -> [@Sendable () -> Void]
    {
        let now = ContinuousClock.now
        var cuts: [@Sendable () -> Void] = []
        while state.byteCount > capacity, state.waiting.count > 1 {
            guard let slowest = state.waiting.min(by: { $0.value.rate(now) < $1.value.rate(now) })
            else { break }
            state.waiting[slowest.key] = nil
            state.byteCount -= slowest.value.byteCount
            state.cutCount += 1
            cuts.append(slowest.value.cut)
        }
        return cuts
    }
}
