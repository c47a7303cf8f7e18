/// Somebody who shares the machine with others: tenants take turns, and the requests of one take turns in its own.
struct TenantState: Hashable, Sendable {
    /// Turns of its requests among themselves.
    var clock = FairClock()
    /// Machine time charged to its requests, as far as others waited for it.
    var virtualTime = 0.0
    /// Whether it had work when the last step was planned.
    var wasActive = false
    /// Its requests that were admitted and have not ended.
    var requestCount = 0
    /// Those of them that run.
    var runningCount = 0
}
