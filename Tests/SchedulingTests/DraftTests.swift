import Testing

@testable import Scheduling

@Suite("Drafts")
struct DraftTests {
    /// A request that decodes: its prompt and a token are computed, and rows cost next to nothing.
    private func decoding(
        _ scheduler: inout Scheduler,
        prompt: Range<Int> = 0..<4
    ) throws -> SequenceIdentifier {
        let request = try scheduler.startRequest(positions: 64)
        let sequence = scheduler.addPrompt(prompt, to: request)
        _ = try scheduler.step()
        scheduler.extend(sequence, [100])
        _ = try scheduler.step()
        return sequence
    }

    private func extend(
        _ scheduler: inout Scheduler,
        _ sequence: SequenceIdentifier,
        _ tokens: [Int],
        draft: [Int]
    ) {
        scheduler.append(tokens.map { .token($0) }, to: sequence)
        scheduler.requestLanguage(sequence, draft: draft)
    }

    @Test("A guess is computed with the token that is known, and kept as far as it was right")
    func keepsWhatIsRight() throws {
        var scheduler = try Scheduler(makeConfiguration { $0.blockSize = 16 })
        let sequence = try decoding(&scheduler)
        extend(&scheduler, sequence, [1], draft: [2, 3, 4])
        let (plan, events) = try scheduler.step()
        #expect(plan.unitCount == 4)
        #expect(events.count == 1)
        #expect(scheduler.progress(of: sequence)?.computedCount == 6)
        extend(&scheduler, sequence, [2, 3, 9], draft: [])
        #expect(scheduler.progress(of: sequence)?.computedCount == 8)
        let next = try #require(try scheduler.languageStep().items.first)
        #expect(next.positions == 8..<9)
    }

    @Test("The last token is computed though it was guessed: what follows it has to be known")
    func computesTheLast() throws {
        var scheduler = try Scheduler(makeConfiguration { $0.blockSize = 16 })
        let sequence = try decoding(&scheduler)
        extend(&scheduler, sequence, [1], draft: [2, 3])
        _ = try scheduler.step()
        extend(&scheduler, sequence, [2, 3], draft: [])
        let next = try #require(try scheduler.languageStep().items.first)
        #expect(next.positions == 7..<8)
    }

    @Test("Whoever computes is charged for guesses too")
    func charges() throws {
        var scheduler = try Scheduler(makeConfiguration { $0.blockSize = 16 })
        let sequence = try decoding(&scheduler)
        extend(&scheduler, sequence, [1], draft: [2, 3])
        guard case .language(let plan)? = scheduler.plan(now: scheduler.latestTime) else {
            throw InvariantViolation("no language step")
        }
        #expect(StepPlan.language(plan).shares.map(\.unitCount) == [3])
        #expect(plan.items.first?.draft == [2, 3])
    }

    @Test("Guesses end where a sequence's blocks end, and take none of their own")
    func takeNoMemory() throws {
        var scheduler = try Scheduler(makeConfiguration { $0.blockSize = 4 })
        let sequence = try decoding(&scheduler)
        // Five positions are computed, in two blocks.
        extend(&scheduler, sequence, [1], draft: [2, 3, 4, 5, 6])
        let plan = try scheduler.languageStep()
        #expect(plan.items.first?.positions == 5..<8)
        #expect(scheduler.pool.usedCount == 2)
        extend(&scheduler, sequence, [2, 3, 4], draft: [5, 6])
        #expect(try scheduler.languageStep().items.first?.blocks.count == 3)
    }

    @Test("A block that guesses have filled is found by others once it is certain")
    func sharesWhatIsKept() throws {
        var scheduler = try Scheduler(makeConfiguration { $0.blockSize = 4 })
        let sequence = try decoding(&scheduler)
        extend(&scheduler, sequence, [1], draft: [2, 3])
        _ = try scheduler.step()
        extend(&scheduler, sequence, [2, 3, 4], draft: [])
        let other = try scheduler.startRequest(positions: 64)
        _ = scheduler.addPrompt([0, 1, 2, 3, 100, 1, 2, 3, 7], to: other)
        let items = try scheduler.languageStep().items
        #expect(items.map(\.adoptedCount) == [0, 8])
    }

    @Test("A block that guesses have filled is found by others after its sequence is gone")
    func leavesWhatIsKept() throws {
        var scheduler = try Scheduler(makeConfiguration { $0.blockSize = 4 })
        let sequence = try decoding(&scheduler)
        extend(&scheduler, sequence, [1], draft: [2, 3])
        _ = try scheduler.step()
        // The last token is not computed; all before it are, as they are without guesses.
        scheduler.append([2, 3, 4].map { .token($0) }, to: sequence)
        scheduler.remove(sequence)
        let other = try scheduler.startRequest(positions: 64)
        _ = scheduler.addPrompt([0, 1, 2, 3, 100, 1, 2, 3, 4, 7], to: other)
        #expect(try scheduler.languageStep().items.map(\.adoptedCount) == [8])
    }

    @Test("Who loses the blocks loses the guess with them")
    func forgetsWithBlocks() throws {
        var scheduler = try Scheduler(makeConfiguration { $0.blockSize = 16 })
        let sequence = try decoding(&scheduler)
        extend(&scheduler, sequence, [1], draft: [2, 3])
        _ = try scheduler.step()
        scheduler.releaseBlocks(of: sequence)
        extend(&scheduler, sequence, [2, 3, 4], draft: [])
        #expect(scheduler.progress(of: sequence)?.computedCount == 0)
        #expect(try scheduler.languageStep().items.first?.positions == 0..<9)
    }

    @Test("Wrong guesses are soon no longer computed, right ones are again")
    func learns() throws {
        // A row costs a third of a step of one.
        func cost(_ rowCount: Int) -> Duration { .milliseconds(2 + rowCount) }
        var scheduler = try Scheduler(makeConfiguration { $0.blockSize = 16 })
        let request = try scheduler.startRequest(positions: 600)
        let sequence = scheduler.addPrompt([0], to: request)
        _ = try scheduler.step(cost: cost(1))
        func rowCounts(steps: Int, guess: Int) throws -> [Int] {
            try (0..<steps).map { _ in
                extend(&scheduler, sequence, [1], draft: [guess])
                let planned = scheduler.plan(now: scheduler.latestTime)
                let plan = try #require(planned)
                _ = scheduler.apply(
                    plan,
                    cost: cost(plan.unitCount),
                    now: scheduler.latestTime + cost(plan.unitCount)
                )
                return plan.unitCount
            }
        }
        let wrong = try rowCounts(steps: 40, guess: 5)
        #expect(wrong.contains(2) && wrong.suffix(20).allSatisfy { $0 == 1 })
        let right = try rowCounts(steps: 40, guess: 1)
        // Not where a block ends.
        #expect(right.suffix(16).count { $0 == 2 } == 15)
    }

    @Test("None is computed where it is switched off, nor beside prompts")
    func areOptional() throws {
        for maximum in [0, 7] {
            var scheduler = try Scheduler(
                makeConfiguration {
                    $0.blockSize = 16
                    $0.maximumDraftCount = maximum
                }
            )
            let sequence = try decoding(&scheduler)
            if maximum > 0 {
                let other = try scheduler.startRequest(positions: 64)
                _ = scheduler.addPrompt(50..<58, to: other)
            }
            extend(&scheduler, sequence, [1], draft: [2, 3])
            let plan = try scheduler.languageStep()
            #expect(plan.items.allSatisfy { $0.draft.isEmpty })
        }
    }

    // MARK: - What pays

    private func costs(_ milliseconds: [Int: Int]) -> RowCosts {
        var costs = RowCosts()
        for (rowCount, time) in milliseconds {
            costs.observe(rowCount: rowCount, duration: .milliseconds(time))
        }
        return costs
    }

    private func counts(
        _ candidates: [DraftPolicy.Candidate],
        _ milliseconds: [Int: Int],
        rows: Int = 256
    ) -> [Int] {
        DraftPolicy.counts(
            candidates,
            maximumRowCount: rows,
            costs: costs(milliseconds),
            target: .milliseconds(50)
        )
    }

    @Test("As many guesses are computed as give the most tokens per second")
    func chooses() {
        let good = DraftPolicy.Candidate(acceptance: 0.8, limit: 7)
        let poor = DraftPolicy.Candidate(acceptance: 0.1, limit: 7)
        // Four rows at the price of one, more at that of all of them.
        let steps = [1: 26, 4: 26, 5: 33, 8: 52, 16: 104]
        #expect(counts([good], steps) == [3])
        #expect(counts([poor], steps) == [3])
        #expect(counts([good, poor], steps) == [2, 0])
        // Rows that cost as much as a step pay for nobody.
        let proportional = Dictionary(uniqueKeysWithValues: (1...16).map { ($0, 10 * $0) })
        #expect(counts([good], proportional) == [0])
        #expect(counts([good, good], proportional) == [0, 0])
    }

    @Test("Where many decode there are no guesses")
    func sparesTheMany() {
        let good = DraftPolicy.Candidate(acceptance: 0.8, limit: 7)
        let line = Dictionary(uniqueKeysWithValues: (1...16).map { ($0, 10 + 4 * $0) })
        #expect(counts([good], line)[0] > 0)
        #expect(counts([DraftPolicy.Candidate](repeating: good, count: 12), line).max() == 0)
        #expect(counts([DraftPolicy.Candidate](repeating: good, count: 40), line).max() == 0)
    }

    @Test("A step with guesses is no longer than the target, or twice the step without")
    func keepsTheTarget() {
        let sure = DraftPolicy.Candidate(acceptance: 1, limit: 15)
        #expect(counts([sure], [1: 30, 2: 40, 3: 61, 16: 61]) == [1])
        #expect(counts([sure], [1: 20, 4: 50, 5: 51, 16: 52]) == [3])
        #expect(counts([sure], [1: 10], rows: 4) == [3])
    }

    @Test("A machine that becomes faster does so for every number of rows")
    func followsTheMachine() throws {
        var costs = RowCosts()
        for _ in 0..<20 {
            costs.observe(rowCount: 1, duration: .milliseconds(40))
            costs.observe(rowCount: 4, duration: .milliseconds(60))
        }
        for _ in 0..<60 { costs.observe(rowCount: 1, duration: .milliseconds(10)) }
        let ratio =
            try #require(costs.prediction(rowCount: 4))
            / #require(costs.prediction(rowCount: 1))
        #expect((1.5...4).contains(ratio))
    }

    @Test("What was not measured lies between its neighbours; what is old is measured again")
    func interpolates() throws {
        var costs = costs([2: 10, 6: 30])
        #expect(costs.prediction(rowCount: 1) == nil)
        #expect(abs(try #require(costs.prediction(rowCount: 3)) - 0.015) < 1e-9)
        #expect(costs.prediction(rowCount: 12) == costs.prediction(rowCount: 6))
        for _ in 0..<300 { costs.observe(rowCount: 2, duration: .milliseconds(10)) }
        #expect(costs.prediction(rowCount: 6) == costs.prediction(rowCount: 2))
    }
}
