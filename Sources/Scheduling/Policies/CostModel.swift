/// Measured costs: of the stages' steps, and of whole requests.
package struct CostModel: Hashable, Sendable {
    private static let requestMemory = 0.1

    private var stages: [Stage: StageCost] = [:]
    /// Mean time of the machine that a request was charged, over those that ended lately.
    package private(set) var meanRequestCost: Duration?

    package init() {}

    /// The estimate for one stage.
    package subscript(stage: Stage) -> StageCost { stages[stage] ?? StageCost() }

    /// Adds a measured step.
    package mutating func observe(_ stage: Stage, unitCount: Int, duration: Duration) {
        stages[stage, default: StageCost()].observe(unitCount: unitCount, duration: duration)
    }

    /// Adds a request that ended after it was charged `cost`.
    package mutating func observeRequest(cost: Duration) {
        guard let mean = meanRequestCost else {
            meanRequestCost = cost
            return
        }
        meanRequestCost = mean + (cost - mean) * Self.requestMemory
    }
}

extension Duration {
    /// The duration as a number of seconds.
    package var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}
