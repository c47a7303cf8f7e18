internal import MMInterleaved
internal import Scheduling

/// Why a request was not, or not fully, answered.
package struct EngineError: Error, Hashable, CustomStringConvertible {
    /// Sort of reason; interfaces have an answer of their own for each.
    package enum Kind: String, Sendable {
        /// A value of the request cannot be used.
        case invalidRequest
        /// The sequence has more positions or images than the model has room for.
        case contextLengthExceeded
        /// A picture of the request cannot be decoded.
        case unreadableImage
        /// Too many requests wait already.
        case queueFull
        /// The engine takes no more requests.
        case draining
        /// The request's time is over.
        case deadlineExceeded
        /// Measured costs tell that the request's time will be over before its answer.
        case deadlineUnreachable
        /// The client went away, or cancelled.
        case cancelled
        /// The model computed something that is not a number.
        case notFinite
        /// A fault of this program.
        case internalFailure
    }

    /// Sort of reason.
    package let kind: Kind
    /// What part of the request is to blame, if one is.
    package let field: RequestField?
    /// What is wrong, with the limit where there is one.
    package let detail: String
    /// When to try again, for a queue that is full or too long.
    package let retryAfter: Duration?

    /// Describes a reason.
    package init(
        _ kind: Kind,
        field: RequestField? = nil,
        _ detail: String,
        retryAfter: Duration? = nil
    ) {
        self.kind = kind
        self.field = field
        self.detail = detail
        self.retryAfter = retryAfter
    }

    package var description: String { detail }

    /// What is wrong, after the name that an interface has for the field.
    package func description(naming name: (RequestField) -> String) -> String {
        field.map { "\(name($0)): \(detail)" } ?? detail
    }
}

extension EngineError {
    /// Any error that a computation throws, as one of ours.
    init(_ error: any Error) {
        self = error as? EngineError ?? EngineError(.internalFailure, "\(error)")
    }

    /// A refusal of the scheduler, with the limit and what to do about it.
    ///
    /// - Parameters:
    ///   - refusal: What the scheduler says.
    ///   - bounds: What the request may need at most.
    ///   - branching: What of the request makes it several sequences.
    init(
        _ refusal: AdmissionRefusal,
        _ bounds: RequestBounds,
        _ branching: Branching
    ) {
        if case .tooLarge(.positionBlocks, let needed, let limit) = refusal,
            let fitting = branching.count(fitting: limit, bounds)
        {
            self.init(
                .invalidRequest,
                field: branching.field,
                """
                \(branching.count) after this input may need \(needed) \
                \(AdmissionRefusal.Pool.positionBlocks.noun), the server has \(limit): at most \(fitting) fit
                """
            )
            return
        }
        switch refusal {
        case .draining:
            self.init(.draining, "the server is shutting down", retryAfter: .seconds(5))
        case .queueFull(.waitingRequests, let used, let limit, let retryAfter):
            self.init(
                .queueFull,
                "\(used) requests wait already, at most \(limit) may",
                retryAfter: retryAfter
            )
        case .queueFull(let pool, let used, let limit, let retryAfter):
            self.init(
                .queueFull,
                "\(used) of \(limit) \(pool.noun) are taken by admitted requests",
                retryAfter: retryAfter
            )
        case .shareTaken(let kind, let used, let retryAfter):
            self.init(
                .queueFull,
                """
                \(used) requests for \(kind.noun) wait already; the places that are left are kept for other \
                kinds and others
                """,
                retryAfter: retryAfter
            )
        case .deadlineUnreachable(let needed, let available):
            self.init(deadlineIn: available, needed: needed)
        case .tooLarge(let pool, let needed, let limit):
            self.init(
                pool.isOfContext ? .contextLengthExceeded : .invalidRequest,
                field: pool.field,
                "may need \(needed) \(pool.noun), the server has \(limit)"
            )
        }
    }
}

extension EngineError {
    /// Measured costs tell that a request would be answered too late.
    ///
    /// - Parameters:
    ///   - available: Time that is left.
    ///   - needed: Time that its answer takes, with the wait before it.
    init(deadlineIn available: Duration, needed: Duration) {
        func seconds(_ time: Duration) -> String {
            "\((max(.zero, time) / .milliseconds(100)).rounded(.up) / 10) s"
        }
        self.init(
            .deadlineUnreachable,
            field: .timeout,
            """
            behind the requests that are there already the answer takes about \(seconds(needed)), \
            \(seconds(available)) are left
            """,
            retryAfter: needed - available
        )
    }
}

extension WorkKind {
    /// What such requests ask for.
    fileprivate var noun: String {
        switch self {
        case .words: "words"
        case .pictures: "pictures"
        }
    }
}

extension AdmissionRefusal.Pool {
    /// What is counted.
    fileprivate var noun: String {
        switch self {
        case .positionBlocks: "blocks of positions"
        case .imageFeatures: "pictures' features"
        case .drawings: "drawings at a time"
        case .inputBytes: "bytes of input"
        case .waitingRequests: "waiting requests"
        }
    }

    /// Whether it bounds what a sequence may hold, as against what a request may ask for.
    fileprivate var isOfContext: Bool { self == .positionBlocks || self == .imageFeatures }

    /// The field of a request that asks for too much.
    fileprivate var field: RequestField {
        switch self {
        case .drawings: .pictureCount
        case .positionBlocks, .imageFeatures, .inputBytes, .waitingRequests: .input
        }
    }
}
