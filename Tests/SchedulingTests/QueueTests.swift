import Testing

@testable import Scheduling

@Suite struct QueueTests {
    private static let one = TenantIdentifier(number: 1)
    private static let other = TenantIdentifier(number: 2)

    /// A scheduler whose only running place is taken.
    private static func scheduler(waiting: Int) throws -> Scheduler {
        var scheduler = try Scheduler(
            makeConfiguration {
                $0.maximumRunningCount = 1
                $0.maximumWaitingCount = waiting
            }
        )
        _ = try scheduler.startRequest(tenant: TenantIdentifier(number: 9))
        return scheduler
    }

    private static func bounds(_ kind: WorkKind, of tenant: TenantIdentifier) -> RequestBounds {
        RequestBounds(
            tenant: tenant,
            promptPositionCount: 1,
            continuationPositionCount: 1,
            drawingCount: kind == .pictures ? 1 : 0
        )
    }

    /// Requests that are taken before one is refused.
    private static func fill(
        _ scheduler: inout Scheduler,
        _ kind: WorkKind,
        of tenant: TenantIdentifier
    ) -> Int {
        var count = 0
        while (try? scheduler.admit(bounds(kind, of: tenant), now: .zero)) != nil { count += 1 }
        return count
    }

    @Test("Pictures that wait leave places for words, and one tenant's requests some for another's")
    func keepsPlacesFree() throws {
        var scheduler = try Self.scheduler(waiting: 40)
        #expect(Self.fill(&scheduler, .pictures, of: Self.one) == 32)
        #expect(Self.fill(&scheduler, .words, of: Self.one) > 4)
        #expect(Self.fill(&scheduler, .words, of: Self.other) > 0)
        #expect(scheduler.waitingCount <= 40)
        try scheduler.checkInvariants()
    }

    @Test("Who has taken its share is told how many of its kind wait")
    func tellsTheShare() throws {
        var scheduler = try Self.scheduler(waiting: 40)
        _ = Self.fill(&scheduler, .pictures, of: Self.one)
        #expect(
            throws: AdmissionRefusal.shareTaken(.pictures, used: 32, retryAfter: .seconds(1))
        ) {
            try scheduler.admit(Self.bounds(.pictures, of: Self.one), now: .zero)
        }
    }

    @Test("A queue too short to be divided is used whole", arguments: 0...4)
    func usesShortQueues(length: Int) throws {
        var scheduler = try Self.scheduler(waiting: length)
        #expect(Self.fill(&scheduler, .words, of: Self.one) == length)
    }

    @Test(
        "Pictures that wait for a drawing take no place from words that find one among the running"
    )
    func countsWhoCannotStart() throws {
        var scheduler = try Scheduler(
            makeConfiguration {
                $0.maximumRunningCount = 8
                $0.maximumWaitingCount = 10
                $0.drawingCapacity = 1
            }
        )
        // One can start; the queue has room for eight of the others.
        #expect(Self.fill(&scheduler, .pictures, of: Self.one) == 9)
        #expect(Self.fill(&scheduler, .words, of: Self.one) >= 7)
        #expect(scheduler.waitingCount <= 8 + 10)
    }
}
