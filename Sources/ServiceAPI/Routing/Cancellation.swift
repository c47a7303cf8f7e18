internal import Engine
internal import Synchronization

/// Ends a request's computation when its client goes away, before or after it was submitted.
final class Cancellation: Sendable {
    private struct State {
        var isCancelled = false
        var ticket: Engine.Ticket?
    }

    private let state = Mutex(State())

    /// Whether the client is gone.
    var isCancelled: Bool { state.withLock(\.isCancelled) }

    /// Names the computation to end; ends it at once if the client is gone already.
    func attach(_ ticket: Engine.Ticket) {
        let isCancelled = state.withLock { state in
            state.ticket = ticket
            return state.isCancelled
        }
        if isCancelled { ticket.cancel() }
    }

    /// Ends the computation.
    func cancel() {
        let ticket = state.withLock { state in
            state.isCancelled = true
            return state.ticket
        }
        ticket?.cancel()
    }
}
