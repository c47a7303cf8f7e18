package import Scheduling

/// Everything that happened in a simulation, in the order in which it ended.
package struct SimulationLog: Hashable, Sendable {
    /// Sums over the steps of a stage.
    package struct StageSum: Hashable, Sendable {
        package var stepCount = 0
        package var unitCount = 0
        package var busy = Duration.zero
        package var longest = Duration.zero
    }

    package var outcomes: [SimulatedOutcome] = []
    package var stages: [Stage: StageSum] = [:]
    /// Sequences that lost their blocks.
    package var preemptionCount = 0
    /// Steps that came between the parts of others.
    package var interruptionCount = 0
    /// Time of the machine charged to requests that were completed.
    package var usefulTime = Duration.zero
    /// Time from the start to the last end.
    package var duration = Duration.zero

    package init() {}

    mutating func record(_ plan: StepPlan, cost: Duration) {
        var sum = stages[plan.stage] ?? StageSum()
        sum.stepCount += 1
        sum.unitCount += plan.unitCount
        sum.busy += cost
        sum.longest = max(sum.longest, cost)
        stages[plan.stage] = sum
        if case .language(let step) = plan { preemptionCount += step.preempted.count }
    }
}
