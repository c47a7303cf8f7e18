/// How a job ended.
package enum JobOutcome: Hashable, Sendable {
    /// With an answer, as its client gets it.
    case completed(document: [UInt8])
    /// Without one.
    case failed(JobFailure)

    /// The status of a job that ended so.
    package var status: JobStatus {
        switch self {
        case .completed: .completed
        case .failed: .failed
        }
    }
}

/// Why a job has no answer.
package struct JobFailure: Hashable, Sendable {
    /// The HTTP status.
    package let status: Int
    /// What programs look at.
    package let code: String
    /// What people read.
    package let message: String
    /// The field at fault.
    package let parameter: String?
    /// Whether the client is not to try again: it chose this end itself, or would get the same.
    package let isFinal: Bool
    /// When the same request may do better; those who ask later are not told.
    package let retryAfter: Duration?

    /// A reason.
    package init(
        status: Int,
        code: String,
        message: String,
        parameter: String? = nil,
        isFinal: Bool = false,
        retryAfter: Duration? = nil
    ) {
        self.status = status
        self.code = code
        self.message = message
        self.parameter = parameter
        self.isFinal = isFinal
        self.retryAfter = retryAfter
    }

    /// Whether the same request may do better another time, so that it is to begin anew when it comes again.
    var isTransient: Bool { !isFinal && (status >= 500 || status == 408 || status == 429) }
}
