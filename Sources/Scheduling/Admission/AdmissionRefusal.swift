/// Why a request was not admitted.
package enum AdmissionRefusal: Error, Hashable, Sendable {
    /// Something with a fixed capacity.
    package enum Pool: String, CaseIterable, Hashable, Sendable {
        /// Blocks of positions of the language model.
        case positionBlocks
        /// Encoded pictures that are held at the same time.
        case imageFeatures
        /// Pictures that are drawn at the same time.
        case drawings
        /// Bytes of input that are held.
        case inputBytes
        /// Requests that wait.
        case waitingRequests
    }

    /// The pool has no room now; `used` of `limit` are taken, and trying again after `retryAfter` is
    /// likely to work.
    case queueFull(Pool, used: Int, limit: Int, retryAfter: Duration)
    /// So many of the tenant's requests of this kind wait that the places left are kept for others.
    case shareTaken(WorkKind, used: Int, retryAfter: Duration)
    /// The answer would come after its deadline: it takes `needed` from now on, and `available` is left.
    case deadlineUnreachable(needed: Duration, available: Duration)
    /// The request can never run: it may need more than there is at all.
    case tooLarge(Pool, needed: Int, limit: Int)
    /// No request is taken any more.
    case draining
}
