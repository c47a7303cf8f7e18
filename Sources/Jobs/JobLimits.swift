/// How much is kept of requests that outlive their connections.
package struct JobLimits: Hashable, Sendable {
    /// Most jobs of one tenant, those that have ended included.
    package var maximumCount = 1000
    /// Most bytes of one tenant: requests, events and answers.
    package var maximumByteCount = 256 * 1024 * 1024
    /// Most jobs that are computed at once; the others wait here, and take no place of those whose clients wait.
    package var maximumRunningCount = 4
    /// How long a job is kept after its end.
    package var age = Duration.seconds(3600)
    /// How often it is begun at most: what ends the process twice is not begun a third time.
    package static let maximumAttemptCount = 2

    /// The defaults above.
    package init() {}
}

/// Why a job is not taken.
package enum JobRefusal: Error, Hashable, Sendable {
    /// There are as many of its tenant as may be, or as many bytes; when there will be room is told where that is known.
    case full(Bound, retryAfter: Duration?)
    /// Another document came under the same name before.
    case otherDocument
    /// It cannot be written down.
    case notStored
    /// The daemon ends.
    case closed

    /// What there is enough of.
    package enum Bound: Hashable, Sendable {
        /// So many there are, and so many may be.
        case count(Int, of: Int)
        /// So many may be.
        case bytes(Int)
    }
}
