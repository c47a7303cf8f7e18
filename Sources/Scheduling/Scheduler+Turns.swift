// MARK: - Turns

extension Scheduler {
    /// Requests that have work and can go on: those of the least served tenant first, and of a tenant the least
    /// served first.
    ///
    /// Tenants and requests that had no work before this step join at their clocks.
    mutating func takeTurns() -> [RequestIdentifier] {
        var active: [RequestIdentifier] = []
        var least: [TenantIdentifier: Double] = [:]
        for identifier in running {
            guard var request = requests[identifier] else { continue }
            let stage = nextStage(of: identifier)
            // What waits for blocks has no turn; pictures need none.
            let isActive = stage != nil && !(request.isStalled && stage == .language)
            if isActive || isInFlight(identifier) {
                let tenant = request.bounds.tenant
                if !request.wasActive, let clock = tenants[tenant]?.clock {
                    request.virtualTime = clock.joining(request.virtualTime)
                }
                least[tenant] = min(least[tenant] ?? .infinity, request.virtualTime)
                active.append(identifier)
            }
            request.wasActive = isActive
            requests[identifier] = request
        }
        advanceClocks(least)
        return active.map { (turn($0), $0) }.sorted { $0.0 < $1.0 }.map(\.1)
    }

    /// Moves the clocks to the least served: `least` has the smallest virtual time of each tenant that has work.
    private mutating func advanceClocks(_ least: [TenantIdentifier: Double]) {
        for (tenant, state) in tenants {
            var state = state
            let smallest = least[tenant]
            if let smallest {
                state.clock.advance(to: smallest)
                if !state.wasActive { state.virtualTime = clock.joining(state.virtualTime) }
            }
            state.wasActive = smallest != nil
            tenants[tenant] = state
        }
        let times = least.keys.compactMap { tenants[$0]?.virtualTime }
        // When nobody has work, nobody waited for those who are ahead: all begin anew.
        if let now = times.min() ?? tenants.values.map(\.virtualTime).max() {
            clock.advance(to: now)
        }
        // Who left ahead of the others is remembered until they have caught up.
        tenants = tenants.filter { $1.requestCount > 0 || $1.virtualTime > clock.now }
    }

    private func turn(_ identifier: RequestIdentifier) -> Turn {
        guard let request = requests[identifier] else { preconditionFailure("the request is gone") }
        let tenant = request.bounds.tenant
        return Turn(
            tenantTime: tenants[tenant]?.virtualTime ?? 0,
            tenant: tenant,
            requestTime: request.virtualTime,
            request: identifier
        )
    }

    /// A request's place when blocks run out.
    ///
    /// Priorities are a tenant's own affair: while several have requests, who started first goes first.
    func rank(of request: RequestState) -> PreemptionPolicy.Rank {
        let isAlone = tenants[request.bounds.tenant]?.runningCount == running.count
        return PreemptionPolicy.Rank(
            priority: isAlone ? request.bounds.priority : .normal,
            startIndex: request.startIndex
        )
    }
}

/// Place of a request in the order of turns.
private struct Turn: Comparable {
    let tenantTime: Double
    let tenant: TenantIdentifier
    let requestTime: Double
    let request: RequestIdentifier

    static func < (left: Self, right: Self) -> Bool {
        (left.tenantTime, left.tenant, left.requestTime, left.request)
            < (right.tenantTime, right.tenant, right.requestTime, right.request)
    }
}
