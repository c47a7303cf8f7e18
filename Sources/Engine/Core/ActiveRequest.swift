internal import Scheduling

/// An admitted request until its end.
///
/// Not `Sendable`: belongs to the engine's thread.
final class ActiveRequest {
    /// Runs a request from its prompt to its end; what it returns reports the result.
    typealias Session =
        @Sendable (isolated EngineCore, ActiveRequest) async -> @Sendable () -> Void

    /// Where the request is in its life.
    enum Phase {
        /// Its pictures are being decoded.
        case preparing
        /// It waits for the scheduler to start it.
        case waiting(Session)
        /// Its session runs.
        case running
        /// Its result is being, or was, reported.
        case ended
    }

    let identifier: RequestIdentifier
    /// With whom it shares what was computed.
    let scope: CacheScope
    /// Its input until it is prepared.
    var preparation: PromptPreparation?
    /// How long the request may take from its arrival.
    let timeout: Duration?
    var phase = Phase.preparing
    /// Why the session is to end early; its stage calls throw this from then on.
    var failure: EngineError?
    /// The stage call that the session waits in.
    var wait: (any SessionWait)?
    /// Tells the submitter that the request failed before its session began.
    let refuse: @Sendable (EngineError) -> Void

    /// Where the request's progress is told.
    let recorder: RequestRecorder?

    /// Positions that the language model computed, again ones included.
    var computedTokenCount = 0
    /// Positions that were found computed.
    var cachedTokenCount = 0
    /// Pictures that went through the vision model for this request.
    var encodedImageCount = 0
    /// What its steps took so far, and where the features of its pictures came from, drawn ones included.
    var explanation = Explanation()

    init(
        _ identifier: RequestIdentifier,
        _ preparation: PromptPreparation?,
        scope: CacheScope,
        timeout: Duration?,
        recorder: RequestRecorder?,
        refuse: @escaping @Sendable (EngineError) -> Void
    ) {
        self.identifier = identifier
        self.preparation = preparation
        self.scope = scope
        self.timeout = timeout
        self.recorder = recorder
        self.refuse = refuse
    }

    /// Why the request ends if its time is over now.
    var deadlineError: EngineError {
        let limit = timeout.map { " within \(Int($0 / .milliseconds(1))) ms" } ?? ""
        let place =
            switch phase {
            case .preparing: "its input was being read"
            case .waiting: "it waited in the queue"
            case .running, .ended: "it was being computed"
            }
        return EngineError(
            .deadlineExceeded,
            field: .timeout,
            "not done\(limit); \(place) until then"
        )
    }
}
