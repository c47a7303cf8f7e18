internal import Scheduling

/// Why a request was not, or not fully, answered.
package struct EngineError: Error, Hashable, CustomStringConvertible {
    /// Sort of reason; each has its own HTTP status.
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
        /// The client went away, or cancelled.
        case cancelled
        /// The model computed something that is not a number.
        case notFinite
        /// A fault of this program.
        case internalFailure
    }

    /// Sort of reason.
    package let kind: Kind
    /// Field of the request, such as `input[2].image`, where there is one to blame.
    package let field: String?
    /// What is wrong, with the limit where there is one.
    package let detail: String
    /// When to try again, for a full queue.
    package let retryAfter: Duration?

    /// Describes a reason.
    package init(_ kind: Kind, field: String? = nil, _ detail: String, retryAfter: Duration? = nil)
    {
        self.kind = kind
        self.field = field
        self.detail = detail
        self.retryAfter = retryAfter
    }

    package var description: String { field.map { "\($0): \(detail)" } ?? detail }
}

extension EngineError {
    /// A refusal of the scheduler, with the limit and what to do about it.
    init(_ refusal: AdmissionRefusal) {
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
        case .tooLarge(let pool, let needed, let limit):
            self.init(
                pool.isOfContext ? .contextLengthExceeded : .invalidRequest,
                field: pool.field,
                "may need \(needed) \(pool.noun), the server has \(limit)"
            )
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
    fileprivate var field: String {
        switch self {
        case .drawings: "image.n"
        case .positionBlocks, .imageFeatures, .inputBytes, .waitingRequests: "input"
        }
    }
}
