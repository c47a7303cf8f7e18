import Testing

@testable import Scheduling

@Suite struct PreemptionTests {
    @Test("When the pool is dry, the latest of the lowest priority gives up its blocks")
    func preemptsTheLowest() throws {
        var scheduler = try Scheduler(makeConfiguration(blocks: 4))
        let old = try scheduler.startRequest()
        let low = try scheduler.startRequest(priority: .low)
        let new = try scheduler.startRequest()
        let oldest = scheduler.addPrompt(0..<8, to: old)
        _ = try scheduler.step()
        let victim = scheduler.addPrompt(100..<104, to: low)
        _ = try scheduler.step()
        let newest = scheduler.addPrompt(200..<204, to: new)
        _ = try scheduler.step()
        #expect(scheduler.pool.availableCount == 0)
        scheduler.extend(oldest, [8])
        #expect(try scheduler.languageStep().preempted == [victim])
        #expect(scheduler.progress(of: victim)?.computedCount == 0)
        scheduler.extend(oldest, 9..<13)
        #expect(try scheduler.languageStep().preempted == [newest])
    }

    @Test("A request that draws goes on drawing when its idle sequence loses its blocks")
    func drawsWithoutBlocks() throws {
        var scheduler = try Scheduler(makeConfiguration(blocks: 4))
        let artist = try scheduler.startRequest(priority: .low, drawings: 1)
        let idle = scheduler.addPrompt(0..<8, to: artist)
        _ = try scheduler.step()
        let drawing = scheduler.addDrawing(to: artist, sampleCount: 2)
        let writer = try scheduler.startRequest()
        _ = scheduler.addPrompt(100..<116, to: writer)
        #expect(try scheduler.languageStep().preempted == [idle])
        scheduler.requestDenoise(drawing)
        #expect(try scheduler.step().plan.drawings == [drawing])
        scheduler.end(writer, now: .zero)
        scheduler.extend(idle, [8])
        #expect(try scheduler.languageStep().items.map(\.positions) == [0..<9])
    }

    @Test("What loses its blocks while a step is planned takes no part in that step")
    func dropsPreemptedItems() throws {
        var scheduler = try Scheduler(makeConfiguration(blocks: 4))
        let low = try scheduler.startRequest(priority: .low)
        let decoding = scheduler.addPrompt(0..<5, to: low)
        _ = try scheduler.step()
        let high = try scheduler.startRequest(priority: .high)
        // A decoding row is placed first; then the prompt needs all blocks there are.
        scheduler.extend(decoding, [5])
        let prompt = scheduler.addPrompt(50..<66, to: high)
        let plan = try scheduler.languageStep()
        #expect(plan.preempted == [decoding])
        #expect(plan.items.map(\.sequence) == [prompt])
        scheduler.end(high, now: .zero)
        #expect(try scheduler.languageStep().items.first?.isLast == true)
    }

    @Test(
        "Lower ranks give way first, then who asks for nothing, then a request's own later sequences"
    )
    func choosesVictims() {
        func holder(_ number: UInt64, _ priority: Priority, idle: Bool) -> PreemptionPolicy.Holder {
            let sequences = [10 * number, 10 * number + 1].map { SequenceIdentifier(number: $0) }
            return PreemptionPolicy.Holder(
                request: RequestIdentifier(number: number),
                rank: PreemptionPolicy.Rank(priority: priority, startIndex: Int(number)),
                sequences: sequences,
                idleSequences: idle ? [sequences[1]] : []
            )
        }
        var holders = [
            holder(1, .high, idle: true), holder(2, .normal, idle: false),
            holder(3, .normal, idle: false), holder(4, .low, idle: false),
        ]
        func victims() -> [UInt64]? {
            PreemptionPolicy.victims(
                for: SequenceIdentifier(number: 20),
                of: RequestIdentifier(number: 2),
                rank: holders[1].rank,
                among: holders
            )?.map(\.number)
        }
        #expect(victims() == [40, 41])
        holders.remove(at: 3)
        #expect(victims() == [30, 31])
        holders.remove(at: 2)
        #expect(victims() == [11])
        holders[0] = holder(1, .high, idle: false)
        #expect(victims() == [21])
        holders[1] = PreemptionPolicy.Holder(
            request: RequestIdentifier(number: 2),
            rank: holders[1].rank,
            sequences: [SequenceIdentifier(number: 20)],
            idleSequences: []
        )
        #expect(victims() == nil)
    }

    @Test("Cached blocks are taken before anybody loses one")
    func evictsFirst() throws {
        var scheduler = try Scheduler(makeConfiguration(blocks: 3))
        let gone = try scheduler.startRequest(positions: 12)
        _ = scheduler.addPrompt(0..<4, to: gone)
        _ = try scheduler.step()
        scheduler.end(gone, now: .zero)
        let one = try scheduler.startRequest(positions: 12)
        let two = try scheduler.startRequest(positions: 12)
        _ = scheduler.addPrompt(10..<14, to: one)
        _ = scheduler.addPrompt(20..<24, to: two)
        _ = try scheduler.step()
        #expect(scheduler.pool.cachedCount == 1)
        let sequence = scheduler.requests[two]?.sequences.first
        scheduler.extend(try #require(sequence), [24])
        let plan = try scheduler.languageStep()
        #expect(plan.preempted.isEmpty && plan.items.count == 1)
    }

    @Test("A request that lost its blocks waits until it fits, and then ends like the others")
    func doesNotStealBack() throws {
        var scheduler = try Scheduler(makeConfiguration(blocks: 4))
        let old = try scheduler.startRequest()
        let new = try scheduler.startRequest()
        let first = scheduler.addPrompt(0..<7, to: old)
        let second = scheduler.addPrompt(50..<57, to: new)
        _ = try scheduler.step()
        var preemptions = 0
        for token in 7..<16 {
            scheduler.extend(first, [token])
            if token < 10 { scheduler.extend(second, [50 + token]) }
            while scheduler.sequences[first]?.isRequested == true {
                preemptions += try scheduler.languageStep().preempted.count
            }
        }
        #expect(preemptions == 1)
        scheduler.end(old, now: .zero)
        let plan = try scheduler.languageStep()
        #expect(plan.items.map(\.sequence) == [second])
        // Its first block was not needed by anybody and is found again.
        #expect(plan.items.first?.positions.upperBound == 60 - 50)
    }

    @Test("A stalled request does not hold up stages that others could use")
    func doesNotBlockOtherStages() throws {
        var scheduler = try Scheduler(makeConfiguration(blocks: 4))
        let old = try scheduler.startRequest()
        let new = try scheduler.startRequest()
        let drawer = try scheduler.startRequest(drawings: 1)
        let first = scheduler.addPrompt(0..<12, to: old)
        _ = try scheduler.step()
        _ = scheduler.addPrompt(50..<62, to: new)
        let drawing = scheduler.addDrawing(to: drawer, sampleCount: 1)
        var denoised = 0
        var decoded = 12
        scheduler.requestDenoise(drawing)
        while decoded < 16 {
            scheduler.extend(first, [decoded])
            while scheduler.sequences[first]?.isRequested == true {
                guard case .denoise = try scheduler.step().plan else { continue }
                denoised += 1
                scheduler.requestDenoise(drawing)
            }
            decoded += 1
        }
        // Turn by turn with the words, though the stalled one was served least.
        #expect(denoised >= 3)
    }

    @Test(
        "Blocks of a request that asks for nothing are taken for one that does, whatever their ranks"
    )
    func takesFromTheIdle() throws {
        var scheduler = try Scheduler(makeConfiguration(blocks: 4))
        let idle = try scheduler.startRequest(priority: .high)
        let held = scheduler.addPrompt(0..<12, to: idle)
        _ = try scheduler.step()
        let busy = try scheduler.startRequest(priority: .low)
        _ = scheduler.addPrompt(50..<62, to: busy)
        var plan = try scheduler.languageStep()
        while !(plan.items.first?.isLast ?? true) { plan = try scheduler.languageStep() }
        #expect(scheduler.progress(of: held)?.computedCount == 0)
        scheduler.extend(held, [12])
        let last = try scheduler.languageStep()
        #expect(last.items.map(\.sequence) == [held])
        #expect(last.items.first?.isLast == true)
    }

    @Test("Work that fits nowhere is named, and does not stop what comes after it")
    func namesTheStuck() throws {
        var scheduler = try Scheduler(makeConfiguration(blocks: 4))
        // A block that nobody can give back: bounds alone would have kept the request out.
        let leaked = scheduler.pool.allocate()
        #expect(leaked != nil)
        let large = try scheduler.startRequest()
        let sequence = scheduler.addPrompt(0..<16, to: large)
        while let plan = scheduler.plan(now: .zero) {
            _ = scheduler.apply(plan, cost: .milliseconds(1), now: .zero)
        }
        #expect(scheduler.sequences[sequence]?.isRequested == true)
        #expect(scheduler.stuckRequest == large)
        scheduler.end(large, now: .zero)
        let next = try scheduler.startRequest()
        let prompt = scheduler.addPrompt(20..<28, to: next)
        let planned = scheduler.plan(now: .zero)
        guard case .language(let plan) = planned else {
            Issue.record("no language step but \(String(describing: planned))")
            return
        }
        #expect(plan.items.map(\.sequence) == [prompt])
        #expect(scheduler.stuckRequest == nil)
    }

    @Test("A request whose sequences share a prompt fits its bounds alone, whatever it lost")
    func finishesAlone() throws {
        let bounds = RequestBounds(
            promptPositionCount: 8,
            continuationPositionCount: 2,
            sequenceCount: 3
        )
        let blocks = bounds.blockCount(blockSize: 4)
        var scheduler = try Scheduler(makeConfiguration(blocks: blocks))
        let request = try scheduler.admit(bounds, now: .zero)
        scheduler.markReady(request)
        _ = scheduler.startRequests(now: .zero)
        let sequences = (0..<3).map { index in
            scheduler.addPrompt(Array(0..<8) + [100 + index], to: request)
        }
        var steps = 0
        while sequences.contains(where: { scheduler.sequences[$0]?.isRequested == true }) {
            _ = try scheduler.step()
            steps += 1
            try #require(steps < 20)
        }
        #expect(scheduler.pool.usedCount <= blocks)
    }
}
