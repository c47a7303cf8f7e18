/// Measured costs: of the stages' steps, and of whole requests.
package struct CostModel: Hashable, Sendable {
    private static let requestMemory = 0.1

    private var stages: [Stage: StageCost] = [:]
    /// Of language steps whose rows are followed by a token each.
    package internal(set) var fewRows = RowCosts()
    /// Of language steps with rows of prompts: what few rows cost, which share the weights, says nothing about many.
    package internal(set) var prompts = StageCost()
    /// Mean time of the machine that a request was charged, over those that ended lately.
    package private(set) var meanRequestCost: Duration?
    /// Part of the most that a request may take which it took, over those of a kind that were completed lately.
    private var takenShares: [WorkKind: Double] = [:]

    package init() {}

    /// The estimate for one stage.
    package subscript(stage: Stage) -> StageCost { stages[stage] ?? StageCost() }

    /// Adds a measured step.
    mutating func observe(_ plan: StepPlan, duration: Duration) {
        observe(plan.stage, unitCount: plan.unitCount, duration: duration)
        guard case .language(let plan) = plan else { return }
        if plan.isDecoding {
            fewRows.observe(rowCount: plan.rowCount, duration: duration)
        } else {
            prompts.observe(unitCount: plan.rowCount, duration: duration)
        }
    }

    /// Adds a measured step of a stage.
    package mutating func observe(_ stage: Stage, unitCount: Int, duration: Duration) {
        stages[stage, default: StageCost()].observe(unitCount: unitCount, duration: duration)
    }

    /// Expected time of a prompt's positions, or nil before the first measurement.
    package func promptTime(positionCount: Int) -> Duration? {
        let cost = prompts.observationCount > 0 ? prompts : self[.language]
        return cost.prediction(unitCount: positionCount)
    }

    /// Expected time of a step that continues so many sequences by a token each, or nil before the first measurement.
    func decodingTime(sequenceCount: Int) -> Duration? {
        guard sequenceCount <= RowCosts.largestRowCount else {
            return self[.language].prediction(unitCount: sequenceCount)
        }
        return fewRows.prediction(rowCount: sequenceCount).map { .seconds($0) }
    }

    /// Adds a request that ended after it was charged `cost`.
    package mutating func observeRequest(cost: Duration) {
        guard let mean = meanRequestCost else {
            meanRequestCost = cost
            return
        }
        meanRequestCost = mean + (cost - mean) * Self.requestMemory
    }

    /// Adds a request that was completed with so much of the machine.
    mutating func observeCompletion(_ bounds: RequestBounds, cost: Duration) {
        guard let most = prediction(bounds.mostWork), most > .zero else { return }
        let share = min(cost / most, 1)
        let mean = takenShares[bounds.kind] ?? share
        takenShares[bounds.kind] = mean + (share - mean) * Self.requestMemory
    }

    /// Time of the machine that a request is likely to take.
    func expectation(_ bounds: RequestBounds) -> Duration {
        let least = prediction(bounds.leastWork) ?? .zero
        guard let most = prediction(bounds.mostWork), let share = takenShares[bounds.kind]
        else { return least }
        return max(least, most * share)
    }
}

extension Duration {
    /// The duration as a number of seconds.
    package var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}
