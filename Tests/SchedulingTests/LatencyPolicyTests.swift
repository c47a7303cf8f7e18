import Testing

@testable import Scheduling

@Suite struct LatencyPolicyTests {
    @Test("Where reading the weights is what costs, a prompt gets as many rows as double the step")
    func fillsExpensiveSteps() {
        let policy = LatencyPolicy(makeConfiguration { $0.stepDurationTarget = .milliseconds(50) })
        var cost = StageCost()
        for count in 1...40 { cost.observe(unitCount: count, duration: .milliseconds(200 + count)) }
        #expect((180...230).contains(policy.prefillLimit(256, beside: 8, cost: cost)))
        #expect(policy.prefillLimit(64, beside: 8, cost: cost) == 56)
    }

    @Test("However many sequences decode, a prompt gets its rows")
    func leavesRowsToPrompts() throws {
        var scheduler = try Scheduler(
            makeConfiguration {
                $0.maximumRowCount = 6
                $0.minimumPrefillRowCount = 2
            }
        )
        var sequences: [SequenceIdentifier] = []
        for index in 0..<6 {
            let request = try scheduler.startRequest()
            sequences.append(scheduler.addPrompt([index], to: request))
        }
        _ = try scheduler.step()
        for sequence in sequences { scheduler.extend(sequence, [9]) }
        let request = try scheduler.startRequest()
        let prompt = scheduler.addPrompt(20..<30, to: request)
        let plan = try scheduler.languageStep()
        #expect(plan.items.count { sequences.contains($0.sequence) } == 4)
        #expect(plan.items.first { $0.sequence == prompt }?.positions == 0..<2)
    }
}
