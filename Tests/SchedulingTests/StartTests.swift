import Testing

@testable import Scheduling

@Suite struct StartTests {
    private static func admit(
        _ scheduler: inout Scheduler,
        _ priority: Priority = .normal,
        drawings: Int = 0,
        at time: Duration = .zero
    ) throws -> RequestIdentifier {
        let bounds = RequestBounds(
            priority: priority,
            promptPositionCount: 4,
            continuationPositionCount: 0,
            drawingCount: drawings
        )
        let request = try scheduler.admit(bounds, now: time)
        scheduler.markReady(request)
        return request
    }

    private static func scheduler(running: Int = 1) throws -> Scheduler {
        try Scheduler(
            makeConfiguration {
                $0.maximumRunningCount = running
                $0.drawingCapacity = 2
                $0.maximumOvertakeCount = 3
            }
        )
    }

    @Test("Requests of one priority start in the order in which they came, once they are ready")
    func startsInOrder() throws {
        var scheduler = try Self.scheduler(running: 2)
        let bounds = RequestBounds(promptPositionCount: 4, continuationPositionCount: 0)
        let unready = try scheduler.admit(bounds, now: .zero)
        let first = try Self.admit(&scheduler)
        let second = try Self.admit(&scheduler)
        let third = try Self.admit(&scheduler)
        #expect(scheduler.startRequests(now: .zero) == [first, second])
        scheduler.markReady(unready)
        scheduler.end(first, now: .zero)
        #expect(scheduler.startRequests(now: .zero) == [unready])
        scheduler.end(second, now: .zero)
        #expect(scheduler.startRequests(now: .zero) == [third])
    }

    @Test("A higher priority starts first, until a lower one has waited longer by its weight")
    func ages() throws {
        var scheduler = try Self.scheduler()
        let low = try Self.admit(&scheduler, .low)
        let high = try Self.admit(&scheduler, .high, at: .seconds(1))
        #expect(scheduler.startRequests(now: .seconds(1)) == [high])
        scheduler.end(high, now: .seconds(100))
        // Waited 100 s at weight 1, against 1 s at weight 16.
        _ = try Self.admit(&scheduler, .high, at: .seconds(99))
        #expect(scheduler.startRequests(now: .seconds(100)) == [low])
    }

    @Test("Small requests pass one that does not fit, but only as many as the limit says")
    func boundsOvertaking() throws {
        var scheduler = try Self.scheduler(running: 8)
        let occupant = try Self.admit(&scheduler, drawings: 1)
        #expect(scheduler.startRequests(now: .zero) == [occupant])
        let large = try Self.admit(&scheduler, drawings: 2)
        var small: [RequestIdentifier] = []
        for _ in 0..<5 { small.append(try Self.admit(&scheduler)) }
        #expect(scheduler.startRequests(now: .zero) == Array(small[..<3]))
        #expect(scheduler.startRequests(now: .zero) == [])
        scheduler.end(occupant, now: .zero)
        #expect(scheduler.startRequests(now: .zero) == [large] + small[3...])
    }

    @Test(
        "A request starts only when its prompt's blocks and the reserve are there, unless it is alone"
    )
    func waitsForBlocks() throws {
        var scheduler = try Scheduler(makeConfiguration(blocks: 4) { $0.reservedBlockCount = 2 })
        let first = try scheduler.startRequest(positions: 16)
        _ = scheduler.addPrompt(0..<8, to: first)
        _ = try scheduler.step()
        let second = try Self.admit(&scheduler)
        #expect(scheduler.startRequests(now: .zero) == [])
        scheduler.end(first, now: .zero)
        #expect(scheduler.startRequests(now: .zero) == [second])
    }

    @Test("Requests that start together do not count on the same blocks")
    func doesNotPromiseTwice() throws {
        var scheduler = try Scheduler(makeConfiguration(blocks: 4) { $0.reservedBlockCount = 2 })
        let first = try Self.admit(&scheduler)
        let second = try Self.admit(&scheduler)
        _ = try Self.admit(&scheduler)
        #expect(scheduler.startRequests(now: .zero) == [first, second])
    }
}
