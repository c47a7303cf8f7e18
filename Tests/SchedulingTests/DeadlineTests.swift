import Testing

@testable import Scheduling

@Suite struct DeadlineTests {
    /// A scheduler that knows: a denoising step takes 100 ms, and nothing else any time.
    private static func scheduler(
        _ change: (inout SchedulingConfiguration) -> Void = { _ in }
    )
        throws -> Scheduler
    {
        var scheduler = try Scheduler(makeConfiguration(change))
        scheduler.costs.observe(.denoise, unitCount: 1, duration: .milliseconds(100))
        for stage in [Stage.encode, .language, .render] {
            scheduler.costs.observe(stage, unitCount: 1, duration: .zero)
        }
        return scheduler
    }

    /// A request for a picture of so many steps.
    private static func bounds(
        steps: Int,
        deadline: Duration?,
        isCertain: Bool = true,
        tenant: TenantIdentifier = .everybody,
        priority: Priority = .normal
    ) -> RequestBounds {
        var bounds = RequestBounds(
            tenant: tenant,
            priority: priority,
            deadline: deadline,
            promptPositionCount: 1,
            continuationPositionCount: 1,
            drawingCount: 1
        )
        bounds.mostWork.denoiseStepCount = steps
        bounds.mostWork.sampleCount = 1
        bounds.mostWork.renderCount = 1
        if isCertain { bounds.leastWork = bounds.mostWork }
        return bounds
    }

    @Test(
        "Alone on the machine everything is taken: what costs say may be of a moment when it was slow"
    )
    func takesTheFirst() throws {
        var scheduler = try Self.scheduler()
        let hopeless = Self.bounds(steps: 20, deadline: .milliseconds(1))
        let request = try scheduler.admit(hopeless, now: .zero)
        scheduler.markReady(request)
        let late = scheduler.unreachable(now: .milliseconds(2))
        #expect(late.isEmpty)
        #expect(scheduler.startRequests(now: .zero) == [request])
        #expect(throws: AdmissionRefusal.self) { try scheduler.admit(hopeless, now: .zero) }
    }

    @Test("What would come too late behind others is refused, and told when it would not")
    func refusesBehindOthers() throws {
        var scheduler = try Self.scheduler()
        for _ in 0..<3 {
            _ = try scheduler.admit(Self.bounds(steps: 20, deadline: .seconds(60)), now: .zero)
        }
        #expect(
            throws: AdmissionRefusal.deadlineUnreachable(
                needed: .seconds(8),
                available: .seconds(7)
            )
        ) {
            try scheduler.admit(Self.bounds(steps: 20, deadline: .seconds(7)), now: .zero)
        }
        _ = try scheduler.admit(Self.bounds(steps: 20, deadline: .seconds(8)), now: .zero)
    }

    @Test("A higher priority passes those that wait")
    func weighsPriorities() throws {
        var scheduler = try Self.scheduler()
        for _ in 0..<3 {
            _ = try scheduler.admit(Self.bounds(steps: 20, deadline: .seconds(60)), now: .zero)
        }
        let bounds = Self.bounds(steps: 20, deadline: .seconds(4), priority: .high)
        _ = try scheduler.admit(bounds, now: .zero)
    }

    @Test("Another tenant's requests count as the share of the machine that they take")
    func sharesWithTenants() throws {
        var scheduler = try Self.scheduler()
        for _ in 0..<3 {
            _ = try scheduler.admit(Self.bounds(steps: 20, deadline: .seconds(60)), now: .zero)
        }
        let other = TenantIdentifier(number: 1)
        _ = try scheduler.admit(
            Self.bounds(steps: 20, deadline: .seconds(3), tenant: other),
            now: .zero
        )
        #expect(throws: AdmissionRefusal.self) {
            try scheduler.admit(
                Self.bounds(steps: 20, deadline: .milliseconds(7900), tenant: other),
                now: .zero
            )
        }
    }

    @Test("An answer that may be short is taken while little else is to be done")
    func givesShortAnswersTheirChance() throws {
        var scheduler = try Self.scheduler()
        let bounds = Self.bounds(steps: 1000, deadline: .seconds(1), isCertain: false)
        _ = try scheduler.admit(bounds, now: .zero)
    }

    @Test("Without a measured step, or without a deadline, nothing is refused")
    func needsMeasurements() throws {
        var unmeasured = try Scheduler(makeConfiguration())
        let bounds = Self.bounds(steps: 1000, deadline: .milliseconds(1))
        _ = try unmeasured.admit(bounds, now: .zero)
        var measured = try Self.scheduler()
        _ = try measured.admit(Self.bounds(steps: 1000, deadline: nil), now: .zero)
    }

    @Test("What has waited until it can no longer be answered in time is told before it starts")
    func givesUpInTheQueue() throws {
        var scheduler = try Self.scheduler { $0.drawingCapacity = 1 }
        let first = try scheduler.admit(Self.bounds(steps: 10, deadline: nil), now: .zero)
        let second = try scheduler.admit(Self.bounds(steps: 20, deadline: .seconds(4)), now: .zero)
        for request in [first, second] { scheduler.markReady(request) }
        #expect(scheduler.startRequests(now: .zero) == [first])
        // It starts when the first has ended, and takes two seconds then.
        let early = scheduler.unreachable(now: .milliseconds(1940))
        #expect(early.isEmpty)
        let late = scheduler.unreachable(now: .milliseconds(2001))
        #expect(late.map(\.request) == [second])
    }

    @Test("A picture does not start where it would make one that runs too late")
    func keepsRunningPicturesInTime() throws {
        var scheduler = try Self.scheduler()
        let first = try scheduler.admit(Self.bounds(steps: 20, deadline: .seconds(3)), now: .zero)
        let second = try scheduler.admit(Self.bounds(steps: 20, deadline: .seconds(9)), now: .zero)
        for request in [first, second] { scheduler.markReady(request) }
        #expect(scheduler.startRequests(now: .zero) == [first])
        scheduler.end(first, now: .seconds(2))
        #expect(scheduler.startRequests(now: .seconds(2)) == [second])
    }

    @Test("How much of the most such requests take is learned from those that were completed")
    func learnsExpectations() throws {
        var scheduler = try Self.scheduler()
        let bounds = Self.bounds(steps: 20, deadline: nil, isCertain: false)
        #expect(scheduler.costs.expectation(bounds) == .zero)
        scheduler.costs.observeCompletion(bounds, cost: .milliseconds(500))
        #expect(scheduler.costs.expectation(bounds) == .milliseconds(500))
        for _ in 0..<100 { scheduler.costs.observeCompletion(bounds, cost: .seconds(1)) }
        #expect(abs(scheduler.costs.expectation(bounds).inSeconds - 1) < 0.01)
    }
}
