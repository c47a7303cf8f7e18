internal import Engine
internal import Locking

/// Ends a request's computation when its client goes away or asks for it, before or after it was submitted.
final class Cancellation: Sendable {
    /// Why a computation is ended.
    enum Cause {
        /// Nobody waits for the answer any more.
        case clientGone
        /// Somebody asked for its end; its client still waits and hears of it.
        case asked
        /// Its answer cannot be made.
        case fault
    }

    private struct State {
        var isCancelled = false
        var isClientGone = false
        var isAsked = false
        var ticket: Engine.Ticket?
    }

    private let state = Mutex(State())

    /// Whether somebody asked for the end.
    var isAsked: Bool { state.withLock(\.isAsked) }

    /// Whether the client is gone.
    var isClientGone: Bool { state.withLock(\.isClientGone) }

    /// Names the computation to end; ends it at once if that was asked for already.
    func attach(_ ticket: Engine.Ticket) {
        let isCancelled = state.withLock { state in
            state.ticket = ticket
            return state.isCancelled
        }
        if isCancelled { ticket.cancel() }
    }

    /// Ends the computation.
    func cancel(_ cause: Cause = .clientGone) {
        let ticket = state.withLock { state in
            state.isCancelled = true
            switch cause {
            case .clientGone: state.isClientGone = true
            case .asked: state.isAsked = true
            case .fault: break
            }
            return state.ticket
        }
        ticket?.cancel()
    }
}
