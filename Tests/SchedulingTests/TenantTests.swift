import Testing

@testable import Scheduling

@Suite struct TenantTests {
    private static let first = TenantIdentifier(number: 1)
    private static let second = TenantIdentifier(number: 2)

    /// Steps of 10 ms that each drawing got, of so many in which all of them always asked for one.
    private static func stepCounts(
        _ scheduler: inout Scheduler,
        _ drawings: [DrawingIdentifier],
        steps: Int
    ) throws -> [Int] {
        var counts = [Int](repeating: 0, count: drawings.count)
        for drawing in drawings { scheduler.requestDenoise(drawing) }
        for _ in 0..<steps {
            let plan = try scheduler.step(cost: .milliseconds(10)).plan
            for (index, drawing) in drawings.enumerated() where plan.drawings.contains(drawing) {
                counts[index] += 1
                scheduler.requestDenoise(drawing)
            }
        }
        return counts
    }

    private static func drawing(
        _ scheduler: inout Scheduler,
        of tenant: TenantIdentifier,
        _ priority: Priority = .normal
    ) throws -> DrawingIdentifier {
        let request = try scheduler.startRequest(tenant: tenant, priority: priority, drawings: 1)
        return scheduler.addDrawing(to: request, sampleCount: 1)
    }

    private static func scheduler() throws -> Scheduler {
        // One drawing per step, so that whose turn it is matters.
        try Scheduler(makeConfiguration { $0.maximumSampleCount = 1 })
    }

    @Test("Tenants get equal time, though one has five requests and the other one")
    func sharesByTenant() throws {
        var scheduler = try Self.scheduler()
        var drawings: [DrawingIdentifier] = []
        for _ in 0..<5 { drawings.append(try Self.drawing(&scheduler, of: Self.first)) }
        drawings.append(try Self.drawing(&scheduler, of: Self.second))
        let counts = try Self.stepCounts(&scheduler, drawings, steps: 100)
        #expect(counts == [10, 10, 10, 10, 10, 50])
    }

    @Test("A priority takes from the tenant's other requests, and from no other tenant")
    func keepsPrioritiesInside() throws {
        var scheduler = try Self.scheduler()
        let drawings = [
            try Self.drawing(&scheduler, of: Self.first, .high),
            try Self.drawing(&scheduler, of: Self.first, .normal),
            try Self.drawing(&scheduler, of: Self.second, .low),
        ]
        let counts = try Self.stepCounts(&scheduler, drawings, steps: 100)
        #expect(counts == [40, 10, 50])
    }

    @Test("A tenant that comes back has no credit, and none for having had more than its turn")
    func remembersWhoIsAhead() throws {
        var scheduler = try Self.scheduler()
        let steady = try Self.drawing(&scheduler, of: Self.first)
        let burst = try Self.drawing(&scheduler, of: Self.second)
        scheduler.requestDenoise(steady)
        scheduler.requestDenoise(burst)
        // A step of a second puts the second tenant far ahead; then it leaves.
        while try scheduler.step(cost: .seconds(1)).plan.drawings != [burst] {
            scheduler.requestDenoise(steady)
        }
        let request = try #require(scheduler.requests.values.first { $0.drawings == [burst] })
        scheduler.end(request.identifier, now: scheduler.latestTime)
        let back = try Self.drawing(&scheduler, of: Self.second)
        let counts = try Self.stepCounts(&scheduler, [steady, back], steps: 20)
        #expect(counts[0] >= 10)
        #expect(counts[1] <= 10)
    }

    @Test("Tenants without requests are forgotten when there is nothing to do")
    func forgetsTenants() throws {
        var scheduler = try Self.scheduler()
        for number in 1...50 {
            let drawing = try Self.drawing(&scheduler, of: TenantIdentifier(number: number))
            scheduler.requestDenoise(drawing)
            _ = try scheduler.step()
            let request = try #require(scheduler.running.first)
            scheduler.end(request, now: scheduler.latestTime)
            #expect(scheduler.plan(now: scheduler.latestTime) == nil)
        }
        #expect(scheduler.tenants.isEmpty)
    }

    @Test("The tenant that runs the fewest requests starts the next, whoever came first")
    func startsByTenant() throws {
        var scheduler = try Scheduler(makeConfiguration { $0.maximumRunningCount = 3 })
        func admit(_ tenant: TenantIdentifier) throws -> RequestIdentifier {
            let bounds = RequestBounds(
                tenant: tenant,
                promptPositionCount: 1,
                continuationPositionCount: 1
            )
            let request = try scheduler.admit(bounds, now: .zero)
            scheduler.markReady(request)
            return request
        }
        let flood = try (0..<4).map { _ in try admit(Self.first) }
        let other = try admit(Self.second)
        #expect(scheduler.startRequests(now: .zero) == [flood[0], other, flood[1]])
        scheduler.end(flood[0], now: .zero)
        let later = try admit(Self.second)
        #expect(scheduler.startRequests(now: .zero) == [flood[2]])
        scheduler.end(other, now: .zero)
        #expect(scheduler.startRequests(now: .zero) == [later])
    }

    @Test("Blocks go to who started first while there are several tenants, whatever the priorities")
    func ranksByStart() throws {
        var scheduler = try Scheduler(makeConfiguration(blocks: 2))
        let early = try scheduler.startRequest(tenant: Self.first, priority: .low, positions: 8)
        let late = try scheduler.startRequest(tenant: Self.second, priority: .high, positions: 8)
        let held = scheduler.addPrompt(0..<8, to: early)
        _ = try scheduler.step()
        let wanting = scheduler.addPrompt(10..<14, to: late)
        scheduler.extend(held, [])
        #expect(
            scheduler.rank(of: try #require(scheduler.requests[early]))
                > scheduler.rank(of: try #require(scheduler.requests[late]))
        )
        scheduler.end(early, now: scheduler.latestTime)
        _ = try scheduler.step()
        #expect(scheduler.blocks(of: wanting).count == 1)
    }
}
