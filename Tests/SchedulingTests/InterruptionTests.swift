import Testing

@testable import Scheduling

@Suite("Interruptions of long steps")
struct InterruptionTests {
    /// A scheduler that knows that a denoising step takes a second, and one drawing and one caption in it.
    private struct Scene {
        var scheduler: Scheduler
        let picture: RequestIdentifier
        let drawing: DrawingIdentifier
        let caption: RequestIdentifier
        let sequence: SequenceIdentifier

        init(stepDuration: Duration = .seconds(1)) throws {
            scheduler = try Scheduler(makeConfiguration())
            for _ in 0..<8 {
                scheduler.costs.observe(.denoise, unitCount: 2, duration: stepDuration)
                scheduler.costs.observe(.language, unitCount: 1, duration: .milliseconds(10))
            }
            picture = try scheduler.startRequest(drawings: 1)
            caption = try scheduler.startRequest(positions: 64)
            drawing = scheduler.addDrawing(to: picture, sampleCount: 2)
            sequence = scheduler.addPrompt([1, 2, 3], to: caption)
            _ = try scheduler.languageStep()
        }

        /// Begins a denoising step.
        mutating func beginDrawing() throws -> StepPlan {
            scheduler.requestDenoise(drawing)
            let next = scheduler.plan(now: scheduler.latestTime)
            let plan = try #require(next)
            try #require(plan.stage == .denoise)
            return plan
        }
    }

    @Test("A token that waits when a long step begins is due within the interval")
    func dueTime() throws {
        var scene = try Scene()
        let requested = scene.scheduler.latestTime
        scene.scheduler.extend(scene.sequence, [4])
        scene.scheduler.requestDenoise(scene.drawing)
        // Decoding went last and had its turn; the picture goes although a token waits.
        let planned = scene.scheduler.plan(now: requested + .milliseconds(20))
        try #require(planned?.stage == .denoise)
        #expect(scene.scheduler.interruptionTime == requested + .milliseconds(150))
    }

    @Test("A step that measured costs say is short is not interrupted")
    func shortStep() throws {
        var scene = try Scene(stepDuration: .milliseconds(100))
        _ = try scene.beginDrawing()
        #expect(scene.scheduler.interruptionTime == nil)
    }

    @Test("A language step is not interrupted, however long it takes")
    func languageStep() throws {
        var scene = try Scene()
        for _ in 0..<40 {
            scene.scheduler.costs.observe(.language, unitCount: 1, duration: .seconds(2))
        }
        scene.scheduler.extend(scene.sequence, [4])
        let plan = scene.scheduler.plan(now: scene.scheduler.latestTime)
        #expect(plan?.stage == .language)
        #expect(scene.scheduler.interruptionTime == nil)
    }

    @Test("Words interrupt a step; each is charged its own time, and both have their results")
    func interrupts() throws {
        var scene = try Scene()
        let long = try scene.beginDrawing()
        scene.scheduler.extend(scene.sequence, [4])
        let before = scene.scheduler.machineTime(of: scene.caption) ?? .zero
        let start = scene.scheduler.latestTime
        let time = start + .milliseconds(150)
        let next = scene.scheduler.planInterruption(now: time)
        let words = try #require(next)
        try scene.scheduler.checkInvariants()
        let cost = Duration.milliseconds(12)
        let events = scene.scheduler.apply(words, cost: cost, now: time + cost)
        #expect(events == [.computed(scene.sequence, of: scene.caption)])
        try scene.scheduler.checkInvariants()
        #expect(scene.scheduler.machineTime(of: scene.caption) == before + cost)
        let ends = scene.scheduler.apply(long, cost: .seconds(1), now: start + .seconds(2))
        #expect(ends == [.denoised(scene.drawing, of: scene.picture)])
        #expect(scene.scheduler.machineTime(of: scene.picture) == .seconds(1))
        #expect(scene.scheduler.interruptionTime == nil)
        try scene.scheduler.checkInvariants()
    }

    @Test("Where nobody wants words one looks again soon; who comes may begin at once")
    func looksForNewcomers() throws {
        var scene = try Scene()
        _ = try scene.beginDrawing()
        let start = scene.scheduler.latestTime
        #expect(scene.scheduler.interruptionTime == start + .milliseconds(10))
        let none = scene.scheduler.planInterruption(now: start + .milliseconds(10))
        #expect(none == nil)
        #expect(scene.scheduler.interruptionTime == start + .milliseconds(20))
        let newcomer = try scene.scheduler.startRequest()
        let prompt = scene.scheduler.addPrompt([7, 8], to: newcomer)
        let plan = scene.scheduler.planInterruption(now: start + .milliseconds(20))
        guard case .language(let language) = plan else {
            Issue.record("no language step but \(String(describing: plan))")
            return
        }
        #expect(language.items.map(\.sequence) == [prompt])
    }

    @Test("A prompt that interrupts gets as many rows as the target allows, though nothing decodes")
    func boundsPrompts() throws {
        var scene = try Scene()
        for _ in 0..<40 {
            for count in [50, 200] {
                scene.scheduler.costs.prompts.observe(
                    unitCount: count,
                    duration: .milliseconds(count)
                )
            }
        }
        _ = try scene.beginDrawing()
        let newcomer = try scene.scheduler.startRequest(positions: 200)
        _ = scene.scheduler.addPrompt(0..<200, to: newcomer)
        let next = scene.scheduler.planInterruption(now: scene.scheduler.latestTime)
        let plan = try #require(next)
        #expect((45...50).contains(plan.unitCount))
    }

    @Test("A request that ends while its step waits gets no result, and its memory is free at once")
    func endsInBetween() throws {
        var scene = try Scene()
        let long = try scene.beginDrawing()
        scene.scheduler.extend(scene.sequence, [4])
        let next = scene.scheduler.planInterruption(now: scene.scheduler.latestTime)
        let words = try #require(next)
        scene.scheduler.end(scene.picture, now: scene.scheduler.latestTime)
        scene.scheduler.end(scene.caption, now: scene.scheduler.latestTime)
        try scene.scheduler.checkInvariants()
        let events =
            scene.scheduler.apply(words, cost: .zero, now: .seconds(1))
            + scene.scheduler.apply(long, cost: .zero, now: .seconds(1))
        #expect(events.isEmpty)
        try scene.scheduler.checkInvariants()
        #expect(scene.scheduler.status.pools.allSatisfy { $0.usedCount == 0 })
    }

    @Test(
        "What is interrupted goes on for longer where words take long, up to what words may wait",
        arguments: [(10, 150), (50, 166), (60, 200), (300, 225)]
    )
    func intervals(cost: Int, interval: Int) {
        let policy = LatencyPolicy(SchedulingConfiguration())
        let time = policy.interval(afterInterruption: .milliseconds(cost))
        #expect(Int(time / .milliseconds(1)) == interval)
    }
}
