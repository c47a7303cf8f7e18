// MARK: - Deadlines that measured costs can tell

extension Scheduler {
    private static let deadlineCheckInterval = Duration.milliseconds(50)

    /// Whether a request is likely to be answered before its deadline, behind those of its tenant and kind that are
    /// there already.
    ///
    /// Where there are none it is taken whatever costs say: they may be of a moment when the machine was slow, and only what is
    /// computed corrects them.
    func requireReachable(_ bounds: RequestBounds, now: Duration) throws(AdmissionRefusal) {
        guard let deadline = bounds.deadline else { return }
        let ahead = remainingTime(before: bounds)
        guard ahead > .zero else { return }
        let (needed, available) = (time(for: bounds, after: ahead), deadline - now)
        guard needed <= available else {
            throw .deadlineUnreachable(needed: needed, available: available)
        }
    }

    /// Waiting requests that are not likely to be answered before their deadlines even if they start now: computing
    /// them would take time from those that can be.
    ///
    /// To be asked before every step; it looks now and then, since looking at a long queue takes as long as a short step.
    package mutating func unreachable(
        now: Duration
    ) -> [(request: RequestIdentifier, needed: Duration, available: Duration)] {
        guard now >= nextDeadlineCheck else { return [] }
        nextDeadlineCheck = now + Self.deadlineCheckInterval
        return waiting.compactMap { identifier in
            guard let request = requests[identifier], request.isReady,
                let deadline = request.bounds.deadline,
                let ahead = sharedTime(beside: request.bounds)
            else { return nil }
            let needed = time(for: request.bounds, after: ahead)
            return now + needed > deadline ? (identifier, needed, deadline - now) : nil
        }
    }

    /// Time until a request would be answered after `ahead` of the machine's time on others.
    private func time(for bounds: RequestBounds, after ahead: Duration) -> Duration {
        let least = costs.prediction(bounds.leastWork) ?? .zero
        // An answer may be shorter than such answers are. Where little else is to be done, it gets its chance.
        let own = max(least, min(costs.expectation(bounds), ahead))
        return (ahead + own) / rate(of: bounds)
    }

    /// Time until a running request has done some work, in turn with others that run, by measured costs.
    ///
    /// - Parameters:
    ///   - work: What is left to be done.
    ///   - identifier: The request.
    /// - Returns: The time; nil where nothing was measured.
    package func expectedTime(
        of work: RequestWork,
        for identifier: RequestIdentifier
    ) -> Duration? {
        guard let request = requests[identifier], let own = costs.prediction(work) else {
            return nil
        }
        var (time, others) = (own, [TenantIdentifier: Duration]())
        for other in running.compactMap({ requests[$0] }) where other.identifier != identifier {
            let rest = remainingTime(of: other)
            if other.bounds.tenant == request.bounds.tenant {
                let weight = other.bounds.priority.weight / request.bounds.priority.weight
                time += min(rest, own * weight)
            } else {
                others[other.bounds.tenant, default: .zero] += rest
            }
        }
        // Tenants take turns, whatever each has to do.
        return time + others.values.reduce(.zero) { $0 + min($1, time) }
    }

    /// Time of the machine that goes to others of the tenant and kind while a request runs that starts now; nil if none runs.
    private func sharedTime(beside bounds: RequestBounds) -> Duration? {
        let others = running.compactMap { requests[$0] }.filter { isAlike($0.bounds, bounds) }
        guard !others.isEmpty else { return nil }
        let own = costs.expectation(bounds)
        // Each takes turns with it; where others wait, who ends is followed by another, which does the same.
        let isFollowed = (tenants[bounds.tenant]?[bounds.kind].waitingCount ?? 0) > 1
        let times = others.map { isFollowed ? own : min(remainingTime(of: $0), own) }
        // It starts when one of them ends.
        let places =
            bounds.kind == .pictures
            ? configuration.drawingCapacity : configuration.maximumRunningCount
        return times.sorted().prefix(max(0, places - 1)).reduce(.zero, +)
    }

    /// Whether pictures that run would come too late if another of their tenant took turns with them.
    func delaysPictures(_ bounds: RequestBounds) -> Bool {
        guard bounds.kind == .pictures else { return false }
        let others = running.compactMap { requests[$0] }.filter { isAlike($0.bounds, bounds) }
        let remaining = others.map { remainingTime(of: $0) }
        let (own, rate) = (costs.expectation(bounds), rate(of: bounds))
        return zip(others, remaining).contains { other, time in
            guard let deadline = other.bounds.deadline else { return false }
            let before = remaining.reduce(Duration.zero) { $0 + min($1, time) } / rate
            let after = before + min(own, time) / rate
            return latestTime + before <= deadline && latestTime + after > deadline
        }
    }

    /// Share of the machine that requests like this one get.
    private func rate(of bounds: RequestBounds) -> Double {
        let isNew = tenants[bounds.tenant] == nil
        let sharing = tenants.values.count { $0.requestCount > 0 } + (isNew ? 1 : 0)
        let state = tenants[bounds.tenant] ?? TenantState()
        return state[bounds.kind].rate(guess: 1 / Double(max(1, sharing)))
    }

    /// Time of the machine that goes to others of the tenant and kind before a request is answered that comes now.
    private func remainingTime(before bounds: RequestBounds) -> Duration {
        var (sum, runningCount) = (Duration.zero, 0)
        for other in requests.values where isAlike(other.bounds, bounds) {
            if other.startedAt != nil { runningCount += 1 }
            // A higher priority passes lower ones.
            let weight = other.bounds.priority.weight / bounds.priority.weight
            sum += remainingTime(of: other) * min(1, weight)
        }
        // Those that start after it take turns with it, too: half of what those did that it found running.
        return sum + min(sum, costs.expectation(bounds) * runningCount) / 2
    }

    private func remainingTime(of request: RequestState) -> Duration {
        max(.zero, costs.expectation(request.bounds) - request.cost)
    }

    private func isAlike(_ one: RequestBounds, _ other: RequestBounds) -> Bool {
        one.tenant == other.tenant && one.kind == other.kind
    }

    /// Notes how much of a step's time each kind of requests got.
    mutating func observeRates(
        _ served: [TenantIdentifier: [WorkKind: Duration]],
        of cost: Duration
    ) {
        for tenant in tenants.keys {
            for kind in WorkKind.allCases {
                let charged = served[tenant]?[kind] ?? .zero
                tenants[tenant]?[kind].observe(served: charged, during: cost)
            }
        }
    }
}
