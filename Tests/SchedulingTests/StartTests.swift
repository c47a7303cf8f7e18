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

    private static func scheduler(running: Int = 1, drawings: Int = 2) throws -> Scheduler {
        try Scheduler(
            makeConfiguration {
                $0.maximumRunningCount = running
                $0.drawingCapacity = drawings
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

    @Test(
        "Small requests pass one that lacks what they need too, but only as many as the limit says"
    )
    func boundsOvertaking() throws {
        var scheduler = try Self.scheduler(running: 8, drawings: 4)
        let occupant = try Self.admit(&scheduler, drawings: 1)
        #expect(scheduler.startRequests(now: .zero) == [occupant])
        let large = try Self.admit(&scheduler, drawings: 4)
        var passed = 0
        for _ in 0..<5 {
            let small = try Self.admit(&scheduler, drawings: 1)
            let started = scheduler.startRequests(now: .zero)
            guard started == [small] else {
                #expect(started == [])
                continue
            }
            passed += 1
            scheduler.end(small, now: .zero)
        }
        #expect(passed == 3)
        scheduler.end(occupant, now: .zero)
        #expect(scheduler.startRequests(now: .zero) == [large])
    }

    @Test("Requests that need nothing of what one lacks start before it, however many they are")
    func passesWithoutHarm() throws {
        var scheduler = try Self.scheduler(running: 8, drawings: 2)
        let occupant = try Self.admit(&scheduler, drawings: 1)
        let large = try Self.admit(&scheduler, drawings: 2)
        var words: [RequestIdentifier] = []
        for _ in 0..<6 { words.append(try Self.admit(&scheduler)) }
        #expect(scheduler.startRequests(now: .zero) == [occupant] + words)
        scheduler.end(occupant, now: .zero)
        #expect(scheduler.startRequests(now: .zero) == [large])
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
