import Testing

@testable import Scheduling

@Suite struct AdmissionTests {
    private static func bounds(
        positions: Int = 4,
        images: Int = 0,
        drawings: Int = 0,
        bytes: Int = 0,
        deadline: Duration? = nil
    ) -> RequestBounds {
        RequestBounds(
            deadline: deadline,
            promptPositionCount: positions,
            continuationPositionCount: 0,
            imageCount: images,
            drawingCount: drawings,
            inputByteCount: bytes
        )
    }

    private static func scheduler() throws -> Scheduler {
        try Scheduler(
            makeConfiguration(blocks: 4, images: 3) {
                $0.maximumRunningCount = 1
                $0.maximumWaitingCount = 2
                $0.drawingCapacity = 2
                $0.inputByteBudget = 100
            }
        )
    }

    @Test(
        "What could never run is refused for good; what just fits is taken",
        arguments: [
            (bounds(positions: 17), bounds(positions: 16), AdmissionRefusal.Pool.positionBlocks),
            (bounds(images: 4), bounds(images: 3), .imageFeatures),
            (bounds(drawings: 3), bounds(drawings: 2), .drawings),
            (bounds(bytes: 101), bounds(bytes: 100), .inputBytes),
        ]
    )
    func refusesTooLarge(
        tooLarge: RequestBounds,
        largest: RequestBounds,
        pool: AdmissionRefusal.Pool
    ) throws {
        var scheduler = try Self.scheduler()
        do throws(AdmissionRefusal) {
            _ = try scheduler.admit(tooLarge, now: .zero)
            Issue.record("admitted")
        } catch {
            guard case .tooLarge(pool, let needed, let limit) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(needed == limit + 1)
        }
        _ = try scheduler.admit(largest, now: .zero)
    }

    @Test("The queue takes its limit and those for whom a place is free, and no more")
    func limitsTheQueue() throws {
        var scheduler = try Self.scheduler()
        for _ in 0..<3 { _ = try scheduler.admit(Self.bounds(), now: .zero) }
        #expect(
            throws: AdmissionRefusal.queueFull(
                .waitingRequests,
                used: 2,
                limit: 2,
                retryAfter: .seconds(1)
            )
        ) {
            try scheduler.admit(Self.bounds(), now: .zero)
        }
    }

    @Test("Input bytes are held from admission to the end")
    func limitsInputBytes() throws {
        var scheduler = try Self.scheduler()
        let first = try scheduler.admit(Self.bounds(bytes: 60), now: .zero)
        #expect(throws: AdmissionRefusal.self) {
            try scheduler.admit(Self.bounds(bytes: 41), now: .zero)
        }
        _ = try scheduler.admit(Self.bounds(bytes: 40), now: .zero)
        scheduler.end(first, now: .zero)
        _ = try scheduler.admit(Self.bounds(bytes: 60), now: .zero)
    }

    @Test("Retry-After is the measured time of a request")
    func measuresRetryAfter() throws {
        var scheduler = try Self.scheduler()
        for _ in 0..<20 {
            let request = try scheduler.startRequest(positions: 1)
            _ = scheduler.addPrompt([1], to: request)
            _ = try scheduler.step(cost: .milliseconds(30))
            scheduler.end(request, now: scheduler.latestTime)
        }
        _ = try scheduler.startRequest()
        for _ in 0..<2 { _ = try scheduler.admit(Self.bounds(), now: .zero) }
        #expect(
            throws: AdmissionRefusal.queueFull(
                .waitingRequests,
                used: 2,
                limit: 2,
                retryAfter: .milliseconds(30)
            )
        ) {
            try scheduler.admit(Self.bounds(), now: .zero)
        }
    }

    @Test("A draining scheduler refuses new requests and lets the others go on")
    func drains() throws {
        var scheduler = try Self.scheduler()
        let request = try scheduler.admit(Self.bounds(), now: .zero)
        scheduler.drain()
        #expect(throws: AdmissionRefusal.draining) {
            try scheduler.admit(Self.bounds(), now: .zero)
        }
        scheduler.markReady(request)
        #expect(scheduler.startRequests(now: .zero) == [request])
    }

    @Test("Deadlines are told when they come, not before, whether a request waits or runs")
    func expires() throws {
        var scheduler = try Self.scheduler()
        let running = try scheduler.admit(Self.bounds(deadline: .seconds(2)), now: .zero)
        scheduler.markReady(running)
        _ = scheduler.startRequests(now: .zero)
        let waiting = try scheduler.admit(Self.bounds(deadline: .seconds(1)), now: .zero)
        _ = try scheduler.admit(Self.bounds(), now: .zero)
        #expect(scheduler.nextDeadline == .seconds(1))
        #expect(scheduler.expired(now: .milliseconds(999)) == [])
        #expect(scheduler.expired(now: .seconds(1)) == [waiting])
        #expect(scheduler.expired(now: .seconds(3)) == [running, waiting])
    }

    @Test("Ending a request twice, or marking one ready that has ended, does nothing")
    func endsOnce() throws {
        var scheduler = try Self.scheduler()
        let request = try scheduler.startRequest()
        scheduler.end(request, now: .zero)
        let after = scheduler
        scheduler.end(request, now: .zero)
        scheduler.markReady(request)
        #expect(scheduler == after)
        #expect(scheduler.requests.isEmpty)
    }

    @Test("A configuration with which nothing could run names its field")
    func validates() {
        #expect(throws: SchedulingConfigurationError.self) {
            try Scheduler(makeConfiguration { $0.blockCount = 0 })
        }
        do throws(SchedulingConfigurationError) {
            try makeConfiguration { $0.minimumPrefillRowCount = $0.maximumRowCount }.validate()
            Issue.record("accepted")
        } catch {
            #expect(error.field == "minimumPrefillRowCount")
        }
    }
}
