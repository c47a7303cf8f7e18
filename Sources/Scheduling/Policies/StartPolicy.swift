/// In which order waiting requests may start, and when later ones may pass.
///
/// A request's claim is its weight times the time it has waited: inside a priority the oldest comes first,
/// and a low priority gains on a high one while it waits. If the first in line does not fit the memory that
/// is left, others may start, but only so many: then nobody does until it fits. Large requests are delayed
/// by a bounded number of small ones, and small ones do not stand behind a large one for nothing.
struct StartPolicy: Hashable, Sendable {
    /// A waiting request, ready to start.
    struct Candidate: Hashable, Sendable {
        let request: RequestIdentifier
        let priority: Priority
        let wait: Duration
    }

    let maximumOvertakeCount: Int

    // Without it all priorities would be equal in their first moment.
    private static let headStart = 0.1

    /// The candidates, the one with the greatest claim first.
    static func ordered(_ candidates: [Candidate]) -> [Candidate] {
        candidates.map { candidate in
            let wait = max(0, candidate.wait.inSeconds) + headStart
            return (candidate, claim: candidate.priority.weight * wait)
        }
        .sorted { ($1.claim, $0.0.request) < ($0.claim, $1.0.request) }
        .map(\.0)
    }

    /// Whether another may start before a request that does not fit now, after so many that did.
    func mayBeOvertaken(_ overtakeCount: Int) -> Bool { overtakeCount < maximumOvertakeCount }
}
