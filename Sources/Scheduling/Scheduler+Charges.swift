// MARK: - Who pays for a step

/// What was paid for a step before its end.
struct StepAdvance: Hashable, Sendable {
    /// When the step would have begun if nothing had interrupted it.
    var begun = Duration.zero
    /// Time of it that was charged to requests which have ended since.
    var paid = Duration.zero
}

extension Scheduler {
    /// Charges a step that has ended to the requests for which it computed: to those that are left, what is left.
    mutating func charge(_ plan: StepPlan, of cost: Duration) {
        var rest = cost
        if stepsInFlight.isEmpty {
            rest = max(.zero, cost - advance.paid)
        } else {
            // The step that goes on has stood still.
            advance.begun += cost
        }
        var served: [TenantIdentifier: [WorkKind: Duration]] = [:]
        let shares = payers(of: plan)
        let unitCount = shares.reduce(0) { $0 + $1.unitCount }
        for (identifier, count) in shares {
            guard let bounds = requests[identifier]?.bounds else { continue }
            let share = rest * (Double(count) / Double(unitCount))
            charge(identifier, share)
            served[bounds.tenant, default: [:]][bounds.kind, default: .zero] += share
        }
        observeRates(served, of: cost)
    }

    /// Charges a request that ends for the step that computes for it.
    ///
    /// Others may need the step, which is then computed to its end for all: so it pays for that as far as measured costs tell. Who
    /// ends last pays for what was computed.
    mutating func chargeStep(to identifier: RequestIdentifier) {
        guard let plan = stepsInFlight.first, let bounds = requests[identifier]?.bounds else {
            return
        }
        let left = payers(of: plan)
        let count = left.reduce(0) { $0 + ($1.request == identifier ? $1.unitCount : 0) }
        guard count > 0 else { return }
        let elapsed = max(.zero, latestTime - advance.begun)
        var share = max(.zero, elapsed - advance.paid)
        if left.contains(where: { $0.request != identifier }) {
            let expected = costs[plan.stage].prediction(unitCount: plan.unitCount) ?? .zero
            share = max(elapsed, expected) * (Double(count) / Double(plan.unitCount))
        }
        charge(identifier, share)
        advance.paid += share
        observeRates([bounds.tenant: [bounds.kind: share]], of: .zero)
    }

    /// The requests for which a step computes, as far as they have not ended: a picture that several have asked for is paid for by
    /// the first that is left of them.
    private func payers(
        of plan: StepPlan
    ) -> [(request: RequestIdentifier, unitCount: Int)] {
        guard case .encode(let plan) = plan else {
            return plan.shares.filter { requests[$0.request] != nil }
        }
        return plan.items.compactMap { item in
            let owners = images.owners(of: item.image)
            let payer = owners.contains(item.request) ? item.request : owners.first
            return payer.map { ($0, 1) }
        }
    }

    private mutating func charge(_ identifier: RequestIdentifier, _ share: Duration) {
        guard let bounds = requests[identifier]?.bounds else { return }
        requests[identifier]?.cost += share
        requests[identifier]?.virtualTime += FairClock.charge(share, weight: bounds.priority.weight)
        tenants[bounds.tenant]?.virtualTime += FairClock.charge(share, weight: 1)
    }
}
