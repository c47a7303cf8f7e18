internal import Engine
internal import JSON
internal import Jobs
internal import Keys
internal import Locking

/// A request that the engine works on, or soon will: what ends its computation when its client goes away or asks for
/// it, before or after it was submitted.
final class ActiveRequest: Sendable {
    /// Why a computation is ended.
    enum Cause {
        /// Nobody waits for the answer any more.
        case clientGone
        /// More of the answer waits for its client than may.
        case clientTooSlow
        /// Somebody asked for its end, with this key if there are any; its client still waits and hears of it.
        case asked(key: String?)
        /// Its own time is over.
        case timeOver
        /// Its answer cannot be made.
        case fault
    }

    private struct State {
        /// Why it was ended first.
        var cause: Cause?
        var isClientGone = false
        var isAsked = false
        var ticket: Engine.Ticket?
    }

    /// Name of the answer.
    let id: String
    /// The names under which a client may ask for the end: that of the answer, and the one that it gave the request.
    let names: Set<JSONKey>
    /// Who asked for it.
    let caller: Caller
    /// Whether the client said itself how long the answer may take.
    private let setsTimeout: Bool
    private let state = Mutex(State())

    /// A request that is about to be submitted.
    ///
    /// - Parameters:
    ///   - id: Name of the answer.
    ///   - exchange: The request, which has a name of its own and a caller.
    ///   - setsTimeout: Whether the client said how long the answer may take.
    init(id: String, for exchange: Exchange, setsTimeout: Bool) {
        self.id = id
        names = [JSONKey(id), JSONKey(exchange.context.id)]
        caller = exchange.caller
        self.setsTimeout = setsTimeout
    }

    /// A request that outlives its connection, and is about to be submitted.
    ///
    /// - Parameters:
    ///   - job: The request.
    ///   - caller: Who asked for it.
    ///   - setsTimeout: Whether the client said how long the answer may take.
    init(for job: JobRequest, by caller: Caller, setsTimeout: Bool) {
        id = job.id
        names = [JSONKey(job.id), JSONKey(job.requestName)]
        self.caller = caller
        self.setsTimeout = setsTimeout
    }

    /// Why it was ended first; nil if nobody ended it.
    var cause: Cause? { state.withLock(\.cause) }

    /// Whether the client is gone.
    var isClientGone: Bool { state.withLock(\.isClientGone) }

    /// Names the computation to end; ends it at once if that was asked for already.
    func attach(_ ticket: Engine.Ticket) {
        let isCancelled = state.withLock { state in
            state.ticket = ticket
            return state.cause != nil
        }
        if isCancelled { ticket.cancel() }
    }

    /// Ends the computation.
    func cancel(_ cause: Cause = .clientGone) {
        let ticket = state.withLock { state in
            state.cause = state.cause ?? cause
            switch cause {
            case .clientGone, .clientTooSlow: state.isClientGone = true
            case .asked: state.isAsked = true
            case .timeOver, .fault: break
            }
            return state.ticket
        }
        ticket?.cancel()
    }

    // MARK: - Limits of the caller's key

    /// Takes a place among the requests that the key may have at once.
    ///
    /// - Parameters:
    ///   - draws: Whether pictures may be drawn for it.
    ///   - isTriedAgain: Whether it waits when it is refused, so that it does not count as refused.
    /// - Throws: ``ErrorResponse`` with 429.
    func begin(draws: Bool, isTriedAgain: Bool = false) throws(ErrorResponse) {
        do throws(LimitExceeded) {
            try caller.account?.begin(draws: draws, isTriedAgain: isTriedAgain)
        } catch {
            throw ErrorResponse(error)
        }
    }

    /// Gives the place back, and charges the key.
    ///
    /// - Parameter effort: What the request took; nil if the engine never had it.
    func end(_ effort: RequestEffort?) {
        caller.account?.end(
            effort.map {
                KeyWork(
                    tokenCount: $0.tokenCount,
                    pictureCount: $0.pictureCount,
                    machineTime: $0.machineTime
                )
            }
        )
    }

    /// The form in which the client hears of an error; an end that it asked for itself is not to be tried again.
    func report(_ error: any Error, _ exchange: Exchange) -> ErrorResponse {
        report(exchange.report(error))
    }

    /// The same error for a client that asked for this end itself.
    func report(_ error: ErrorResponse) -> ErrorResponse {
        error.asked(isCancelled: state.withLock(\.isAsked), setsTimeout: setsTimeout)
    }

    /// What became of it, for the log: who or what ended it, or the code of the error.
    func outcome(of report: ErrorResponse) -> Outcome {
        var outcome = Outcome(finishReason: report.code, error: report.description)
        guard report.code == "cancelled" else { return outcome }
        switch state.withLock(\.cause) {
        case .clientGone: outcome.finishReason = "client_gone"
        case .clientTooSlow: outcome.finishReason = "client_too_slow"
        case .asked(let key): outcome.cancellingKey = key
        // What nobody asked for is the end of the daemon.
        case .timeOver, .fault, nil: outcome.finishReason = "shutdown"
        }
        return outcome
    }
}
