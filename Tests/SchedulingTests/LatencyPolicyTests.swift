import Testing

@testable import Scheduling

@Suite struct LatencyPolicyTests {
    /// Steps of some rows of prompts that take so long.
    private func prompts(_ duration: (_ rowCount: Int) -> Duration) -> StageCost {
        var cost = StageCost()
        for count in 1...40 { cost.observe(unitCount: count, duration: duration(count)) }
        return cost
    }

    @Test("Where reading the weights is what costs, a prompt gets as many rows as double the step")
    func fillsExpensiveSteps() {
        let policy = LatencyPolicy(makeConfiguration { $0.stepDurationTarget = .milliseconds(50) })
        let limit = policy.prefillLimit(
            beside: 8,
            decodingTime: .milliseconds(108),
            cost: prompts { .milliseconds(100 + $0) }
        )
        #expect((95...110).contains(limit))
    }

    @Test("However long words take themselves, a prompt makes them wait no longer than pictures do")
    func boundsExpensiveSteps() {
        let policy = LatencyPolicy(makeConfiguration())
        let limit = policy.prefillLimit(
            beside: 1,
            decodingTime: .milliseconds(1010),
            cost: prompts { .milliseconds(1000 + 10 * $0) }
        )
        #expect((13...16).contains(limit))
    }

    @Test("Where every row is expensive, a prompt still gets some")
    func leavesSomeRows() {
        let policy = LatencyPolicy(makeConfiguration { $0.minimumPrefillRowCount = 3 })
        let limit = policy.prefillLimit(
            beside: 4,
            decodingTime: .milliseconds(500),
            cost: prompts { .milliseconds(100 * $0) }
        )
        #expect(limit == 3)
    }

    @Test("While nothing decodes, a prompt gets rows for as long as others can wait, or enough")
    func quietPrompts() {
        let policy = LatencyPolicy(makeConfiguration { $0.quietPrefillRowCount = 20 })
        func limit(_ cost: StageCost) -> Int {
            policy.prefillLimit(beside: 0, decodingTime: nil, cost: cost)
        }
        #expect(limit(StageCost()) == 20)
        #expect((48...50).contains(limit(prompts { .milliseconds(5 * $0) })))
        #expect(limit(prompts { .milliseconds(100 * $0) }) == 20)
    }

    @Test("What steps of few rows cost says nothing of prompts")
    func measuresPromptsAlone() throws {
        var scheduler = try Scheduler(
            makeConfiguration(blocks: 256) { $0.minimumPrefillRowCount = 2 }
        )
        let first = try scheduler.startRequest(positions: 100)
        let sequence = scheduler.addPrompt(0..<40, to: first)
        _ = try scheduler.languageStep(cost: .milliseconds(400))
        // One row or four take the same time.
        let second = try scheduler.startRequest(positions: 64, sequences: 3)
        let others = (0..<3).map { scheduler.addPrompt([100 + $0], to: second) }
        _ = try scheduler.languageStep(cost: .milliseconds(20))
        for token in 0..<50 {
            scheduler.extend(sequence, [token])
            if token % 2 == 0 { for other in others { scheduler.extend(other, [token]) } }
            _ = try scheduler.languageStep(cost: .milliseconds(20))
        }
        scheduler.extend(sequence, [1])
        let newcomer = try scheduler.startRequest(positions: 200)
        let prompt = scheduler.addPrompt(200..<400, to: newcomer)
        let plan = try scheduler.languageStep()
        let item = try #require(plan.items.first { $0.sequence == prompt })
        // By the line through all steps any number of rows would do.
        #expect((2...5).contains(item.positions.count))
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
