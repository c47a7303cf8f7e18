import Testing

@testable import Scheduling

@Suite struct FairnessTests {
    /// Lets drawings ask for one step after the other; returns the machine time of each.
    private static func draw(
        _ scheduler: inout Scheduler,
        _ drawings: [DrawingIdentifier],
        steps: Int,
        cost: (StepPlan) -> Duration
    ) throws -> [DrawingIdentifier: Duration] {
        var times: [DrawingIdentifier: Duration] = [:]
        for drawing in drawings { scheduler.requestDenoise(drawing) }
        for _ in 0..<steps {
            let planned = scheduler.plan(now: scheduler.latestTime)
            let plan = try #require(planned)
            let duration = cost(plan)
            _ = scheduler.apply(plan, cost: duration, now: scheduler.latestTime + duration)
            for drawing in plan.drawings {
                times[drawing, default: .zero] += duration / plan.drawings.count
                scheduler.requestDenoise(drawing)
            }
        }
        return times
    }

    private static func scheduler() throws -> Scheduler {
        // One drawing per step, so that whose turn it is matters.
        try Scheduler(makeConfiguration { $0.maximumSampleCount = 1 })
    }

    private static func drawing(
        _ scheduler: inout Scheduler,
        _ priority: Priority = .normal
    ) throws -> DrawingIdentifier {
        let request = try scheduler.startRequest(priority: priority, drawings: 1)
        return scheduler.addDrawing(to: request, sampleCount: 1)
    }

    @Test("Machine time is divided equally, though one's steps take three times as long")
    func dividesTimeNotSteps() throws {
        var scheduler = try Self.scheduler()
        let long = try Self.drawing(&scheduler)
        let short = try Self.drawing(&scheduler)
        let times = try Self.draw(&scheduler, [long, short], steps: 400) { plan in
            .milliseconds(plan.drawings == [long] ? 30 : 10)
        }
        let ratio = try #require(times[long]) / (try #require(times[short]))
        #expect((0.95...1.05).contains(ratio))
    }

    @Test("Machine time is divided by weight", arguments: [(Priority.low, 1.0 / 4), (.high, 4)])
    func dividesByWeight(priority: Priority, share: Double) throws {
        var scheduler = try Self.scheduler()
        let other = try Self.drawing(&scheduler, priority)
        let normal = try Self.drawing(&scheduler)
        let times = try Self.draw(&scheduler, [other, normal], steps: 400) { _ in .milliseconds(10)
        }
        let ratio = try #require(times[other]) / (try #require(times[normal]))
        #expect(abs(ratio / share - 1) < 0.05)
    }

    @Test("Who was idle or is new has no credit: it gets its share from now on, not what it missed")
    func hoardsNoCredit() throws {
        var scheduler = try Self.scheduler()
        let busy = try Self.drawing(&scheduler)
        let idle = try Self.drawing(&scheduler)
        _ = try Self.draw(&scheduler, [busy, idle], steps: 2) { _ in .milliseconds(10) }
        scheduler.drawings[idle]?.work = nil
        _ = try Self.draw(&scheduler, [busy], steps: 100) { _ in .milliseconds(10) }
        let new = try Self.drawing(&scheduler)
        let times = try Self.draw(&scheduler, [busy, idle, new], steps: 30) { _ in
            .milliseconds(10)
        }
        for drawing in [busy, idle, new] {
            let time = try #require(times[drawing])
            #expect((.milliseconds(80) ... .milliseconds(120)).contains(time))
        }
    }

    @Test("A batch is filled by turn: the least served first, then the others of that stage")
    func fillsBatchesByTurn() throws {
        var scheduler = try Scheduler(makeConfiguration { $0.maximumSampleCount = 4 })
        // Before anything is measured batches are the smallest.
        scheduler.costs.observe(.denoise, unitCount: 2, duration: .milliseconds(1))
        var drawings: [DrawingIdentifier] = []
        for _ in 0..<3 {
            let request = try scheduler.startRequest(drawings: 1)
            let drawing = scheduler.addDrawing(to: request, sampleCount: 2)
            scheduler.requestDenoise(drawing)
            drawings.append(drawing)
        }
        #expect(try scheduler.step().plan.drawings == Array(drawings[..<2]))
        for drawing in drawings[..<2] { scheduler.requestDenoise(drawing) }
        #expect(try scheduler.step().plan.drawings == [drawings[2], drawings[0]])
    }

    @Test("A drawing larger than the limit is computed alone")
    func neverPlansNothing() throws {
        var scheduler = try Self.scheduler()
        let request = try scheduler.startRequest(drawings: 1)
        let drawing = scheduler.addDrawing(to: request, sampleCount: 2)
        scheduler.requestDenoise(drawing)
        #expect(try scheduler.step().plan.drawings == [drawing])
    }

    @Test("Who ends while a step computes for it pays its share, and is told nothing")
    func endsDuringStep() throws {
        var scheduler = try Scheduler(makeConfiguration())
        scheduler.costs.observe(.denoise, unitCount: 2, duration: .milliseconds(8))
        let one = try Self.drawing(&scheduler)
        let two = try Self.drawing(&scheduler)
        for drawing in [one, two] { scheduler.requestDenoise(drawing) }
        let planned = scheduler.plan(now: .zero)
        let plan = try #require(planned)
        let first = try #require(plan.shares.first?.request)
        #expect(scheduler.end(first, now: .zero) == .milliseconds(4))
        let events = scheduler.apply(plan, cost: .milliseconds(8), now: .milliseconds(8))
        #expect(events.map(\.request) == plan.shares.map(\.request).filter { $0 != first })
        try scheduler.checkInvariants()
        #expect(scheduler.requests.values.map(\.cost) == [.milliseconds(4)])
    }
}
