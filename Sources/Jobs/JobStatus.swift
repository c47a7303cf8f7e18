/// Where a job is in its life; the names are those of OpenAI's background responses.
package enum JobStatus: String, CaseIterable, Sendable {
    /// Nobody computes it yet.
    case queued
    /// It is being computed.
    case inProgress = "in_progress"
    /// Its answer is complete.
    case completed
    /// It ended without an answer.
    case failed

    /// Whether it has ended.
    package var isOver: Bool { self == .completed || self == .failed }
}
