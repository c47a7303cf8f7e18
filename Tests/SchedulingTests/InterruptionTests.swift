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

    @Test("What is interrupted goes on for as long as it should after what sessions did, too")
    func resumes() throws {
        var scene = try Scene()
        _ = try scene.beginDrawing()
        scene.scheduler.extend(scene.sequence, [4])
        let start = scene.scheduler.latestTime
        let next = scene.scheduler.planInterruption(now: start)
        let words = try #require(next)
        _ = scene.scheduler.apply(words, cost: .milliseconds(10), now: start + .milliseconds(10))
        #expect(scene.scheduler.interruptionTime == start + .milliseconds(160))
        // Choosing the tokens took 50 ms more.
        let end = start + .milliseconds(60)
        scene.scheduler.resume(afterInterruption: .milliseconds(60), now: end)
        #expect(scene.scheduler.interruptionTime == end + .milliseconds(200))
    }

    @Test("Who is cancelled or comes is seen also while pictures have their turn after long words")
    func looksAfterLongWords() throws {
        var scene = try Scene()
        _ = try scene.beginDrawing()
        scene.scheduler.extend(scene.sequence, [4])
        let next = scene.scheduler.planInterruption(now: scene.scheduler.latestTime)
        let words = try #require(next)
        let cost = Duration.milliseconds(600)
        var now = scene.scheduler.latestTime + cost
        _ = scene.scheduler.apply(words, cost: cost, now: now)
        scene.scheduler.extend(scene.sequence, [5])
        for wait in [225, 225, 150] {
            now += .milliseconds(wait)
            #expect(scene.scheduler.interruptionTime == now)
            let plan = scene.scheduler.planInterruption(now: now)
            #expect((plan != nil) == (wait == 150))
        }
    }

    @Test("A step after words that took long is left its time, too")
    func leavesTime() throws {
        var scene = try Scene()
        scene.scheduler.extend(scene.sequence, [4])
        _ = try scene.scheduler.languageStep(cost: .milliseconds(400))
        scene.scheduler.extend(scene.sequence, [5])
        let start = scene.scheduler.latestTime
        _ = try scene.beginDrawing()
        #expect(scene.scheduler.interruptionTime == start + .milliseconds(225))
        #expect(scene.scheduler.planInterruption(now: start + .milliseconds(225)) == nil)
        #expect(scene.scheduler.interruptionTime == start + .milliseconds(400))
        #expect(scene.scheduler.planInterruption(now: start + .milliseconds(400)) != nil)
    }

    // MARK: - Ends in the middle of a step

    @Test("Who ends in the middle of a step pays for what was computed, and the step is given up")
    func paysAtTheEnd() throws {
        var scene = try Scene()
        let plan = try scene.beginDrawing()
        let start = scene.scheduler.latestTime
        #expect(scene.scheduler.isStepAwaited)
        // Words come in between.
        scene.scheduler.extend(scene.sequence, [4])
        let time = start + .milliseconds(150)
        let next = scene.scheduler.planInterruption(now: time)
        let words = try #require(next)
        let cost = Duration.milliseconds(50)
        _ = scene.scheduler.apply(words, cost: cost, now: time + cost)
        let end = time + cost + .milliseconds(100)
        #expect(scene.scheduler.end(scene.picture, now: end) == .milliseconds(250))
        #expect(!scene.scheduler.isStepAwaited)
        let known = scene.scheduler.costs[.denoise]
        scene.scheduler.giveUp(plan, now: end)
        // A part of a step says nothing of what steps cost.
        #expect(scene.scheduler.costs[.denoise] == known)
        #expect(scene.scheduler.interruptionTime == nil)
        try scene.scheduler.checkInvariants()
        scene.scheduler.extend(scene.sequence, [5])
        #expect(scene.scheduler.plan(now: end)?.stage == .language)
    }

    @Test("Of two for whom a step computes, one that ends pays its share, and the other the rest")
    func sharesTheStep() throws {
        var scene = try Scene()
        for _ in 0..<400 {
            scene.scheduler.costs.observe(.denoise, unitCount: 4, duration: .milliseconds(160))
        }
        let other = try scene.scheduler.startRequest(drawings: 1)
        let drawing = scene.scheduler.addDrawing(to: other, sampleCount: 2)
        scene.scheduler.requestDenoise(drawing)
        let plan = try scene.beginDrawing()
        try #require(plan.unitCount == 4)
        let start = scene.scheduler.latestTime
        let paid = scene.scheduler.end(scene.picture, now: start + .milliseconds(20))
        #expect((75...85).contains(try #require(paid) / .milliseconds(1)))
        #expect(scene.scheduler.isStepAwaited)
        let cost = Duration.milliseconds(200)
        let events = scene.scheduler.apply(plan, cost: cost, now: start + cost)
        #expect(events == [.denoised(drawing, of: other)])
        #expect(try scene.scheduler.machineTime(of: other) == cost - #require(paid))
    }

    @Test("A picture that another waits for is read to its end, and paid for by both")
    func handsOnPictures() throws {
        var scheduler = try Scheduler(makeConfiguration())
        let (first, second) = (
            try scheduler.startRequest(images: 1), try scheduler.startRequest(images: 1)
        )
        let picture = ImageDigest(1, 0, 0, 0)
        #expect(scheduler.requestEncode(picture, of: first) == .awaited)
        let planned = scheduler.plan(now: .zero)
        let plan = try #require(planned)
        #expect(scheduler.requestEncode(picture, of: second) == .awaited)
        #expect(scheduler.end(first, now: .seconds(1)) == .seconds(1))
        #expect(scheduler.isStepAwaited)
        let events = scheduler.apply(plan, cost: .seconds(3), now: .seconds(3))
        #expect(events == [.encoded(picture, for: second)])
        #expect(scheduler.machineTime(of: second) == .seconds(2))
        try scheduler.checkInvariants()
    }

    @Test("A picture whose reading was given up is read anew when somebody asks for it")
    func readsAnew() throws {
        var scheduler = try Scheduler(makeConfiguration(images: 1))
        let picture = ImageDigest(1, 0, 0, 0)
        let first = try scheduler.startRequest(images: 1)
        _ = scheduler.requestEncode(picture, of: first)
        let planned = scheduler.plan(now: .zero)
        let plan = try #require(planned)
        scheduler.end(first, now: .seconds(1))
        scheduler.giveUp(plan, now: .seconds(1))
        try scheduler.checkInvariants()
        let second = try scheduler.startRequest(images: 1)
        #expect(scheduler.requestEncode(picture, of: second) == .awaited)
        let (next, events) = try scheduler.step()
        #expect(next.stage == .encode)
        #expect(events == [.encoded(picture, for: second)])
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
        "What is interrupted goes on for longer where words take long, at last for as long as they do",
        arguments: [(10, 150), (50, 166), (60, 200), (100, 225), (300, 300)]
    )
    func intervals(cost: Int, interval: Int) {
        let policy = LatencyPolicy(SchedulingConfiguration())
        let time = policy.interval(afterWords: .milliseconds(cost))
        #expect(Int(time / .milliseconds(1)) == interval)
    }
}
