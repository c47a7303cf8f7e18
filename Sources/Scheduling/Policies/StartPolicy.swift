/// In which order waiting requests may start, and when later ones may pass.
///
/// The tenant that runs the fewest requests comes first. Among those of one tenant a request's claim is its weight
/// times the time it has waited: inside a priority the oldest comes first, and a low priority gains on a high one
/// while it waits. If the first in line does not fit the memory that
/// is left, others may start. Those that need nothing of what it lacks always may: they do not make it wait
/// longer. Of those that do need it only so many: then nobody does until the first fits. So large
/// requests are delayed by a bounded number of small ones, and small ones do not stand behind a large one
/// for nothing.
struct StartPolicy: Hashable, Sendable {
    /// A waiting request, ready to start.
    struct Candidate: Hashable, Sendable {
        let request: RequestIdentifier
        let tenant: TenantIdentifier
        let priority: Priority
        let wait: Duration
    }

    /// What a request that does not fit lacks.
    enum Shortage: Hashable, Sendable {
        case blocks
        case images
        case drawings
        /// Time: pictures that run would come too late.
        case turns

        /// Whether starting another request takes away some of it.
        func isWorsened(by bounds: RequestBounds) -> Bool {
            switch self {
            case .blocks: true
            case .images: bounds.imageCount > 0
            case .drawings, .turns: bounds.drawingCount > 0
            }
        }
    }

    /// Requests in want of the same that may start before one that came first.
    let maximumOvertakeCount: Int

    // Without it all priorities would be equal in their first moment.
    private static let headStart = 0.1

    /// The candidates in the order in which they may start.
    ///
    /// - Parameters:
    ///   - candidates: Who waits.
    ///   - runningCount: Requests of a tenant that run already.
    /// - Returns: All of them.
    static func ordered(
        _ candidates: [Candidate],
        runningCount: (TenantIdentifier) -> Int
    ) -> [Candidate] {
        let claims = candidates.map { candidate in
            let wait = max(0, candidate.wait.inSeconds) + headStart
            return (candidate, claim: candidate.priority.weight * wait)
        }
        .sorted { ($1.claim, $0.0.request) < ($0.claim, $1.0.request) }
        // Each tenant's next comes where its number of running requests, with those before it, puts it.
        var runningCounts: [TenantIdentifier: Int] = [:]
        return claims.enumerated().map { place, claimed in
            let tenant = claimed.0.tenant
            let count = runningCounts[tenant] ?? runningCount(tenant)
            runningCounts[tenant] = count + 1
            return (count, place, claimed.0)
        }
        .sorted { ($0.0, $0.1) < ($1.0, $1.1) }
        .map(\.2)
    }

    /// Whether another may start before a request that does not fit now, after so many that did.
    func mayBeOvertaken(_ overtakeCount: Int) -> Bool { overtakeCount < maximumOvertakeCount }
}
