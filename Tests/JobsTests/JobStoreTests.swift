import Dispatch
import Jobs
import TestSupport
import Testing

/// A store, and everything that it has begun.
struct TestStore {
    let store: JobStore
    let begun = TestEvents<Job>()

    init(
        begins: Bool = true,
        storage: (any JobStorage)? = nil,
        stored: [StoredJob] = [],
        _ limit: (inout JobLimits) -> Void = { _ in }
    ) {
        var limits = JobLimits()
        limit(&limits)
        store = JobStore(
            limits: limits,
            storage: storage,
            stored: stored,
            JobStore.Surroundings { failure, number in
                JobLog.Event(name: "error", data: Array("\(number) \(failure.code)".utf8))
            }
        )
        if begins { begin() }
    }

    func begin(by maker: String = "m1") {
        store.begin(by: maker) { [begun, store] job in
            store.onQueue {
                if store.attempt(job) { return begun.send(job) }
                store.postpone(job, for: .milliseconds(10), isOwners: false)
            }
        }
    }

    /// Adds a request, and waits for what becomes of it.
    func add(_ request: JobRequest) throws -> JobStore.Addition {
        let results = TestEvents<Result<JobStore.Addition, JobRefusal>>()
        store.add(request) { results.send($0) }
        return try results.next().get()
    }

    /// Adds a request that nobody sent before.
    func addNew(_ request: JobRequest) throws -> Job {
        guard case .added(let job) = try add(request) else {
            throw JobRefusal.closed
        }
        return job
    }

    /// Erases the jobs of a name, and returns how many there were.
    func erase(_ name: String, of tenant: String? = nil) throws -> Int {
        let results = TestEvents<Result<Int, JobRefusal>>()
        store.erase(name, where: { $0.tenant == tenant }) { results.send($0) }
        return try results.next().get()
    }

    /// The job that is begun next.
    func next() throws -> Job { try begun.next() }

    /// Ends a job, and waits until that is told.
    func end(_ job: Job, _ outcome: JobOutcome = .completed(document: Array("{}".utf8))) throws {
        let ended = TestEvents<Void>()
        job.whenOver { ended.send(()) }
        store.end(job, outcome)
        try ended.next()
    }
}

extension JobRequest {
    /// A request of a test.
    static func test(
        _ id: String,
        tenant: String? = nil,
        byteCount: Int = 10,
        isBackground: Bool = true,
        repetition: Repetition? = nil
    ) -> JobRequest {
        JobRequest(
            id: id,
            requestName: "request-\(id)",
            owner: Owner(tenant: tenant, key: nil),
            created: 1,
            model: "m",
            body: [UInt8](repeating: 0x20, count: byteCount),
            seed: 7,
            isBackground: isBackground,
            repetition: repetition
        )
    }
}

@Suite("A store of jobs")
struct JobStoreTests {
    @Test("Begins as many as may be, and the next when one has ended")
    func bounds() throws {
        let test = TestStore { $0.maximumRunningCount = 2 }
        for name in ["a", "b", "c"] { _ = try test.addNew(.test(name)) }
        let first = try test.next()
        #expect(first.id == "a")
        #expect(try test.next().id == "b")
        #expect(test.begun.count == 0)
        try test.end(first)
        #expect(try test.next().id == "c")
    }

    @Test("Begins nothing before somebody computes, and then the oldest")
    func waits() throws {
        let test = TestStore(begins: false)
        let job = try test.addNew(.test("a"))
        #expect(job.progress.status == .queued && job.progress.start.attemptCount == 0)
        test.begin()
        #expect(try test.next() === job)
        #expect(job.progress.start.attemptCount == 1)
    }

    @Test("A tenant with many jobs does not keep another's waiting")
    func isFair() throws {
        let test = TestStore(begins: false) { $0.maximumRunningCount = 2 }
        for name in ["a", "b", "c"] { _ = try test.addNew(.test(name, tenant: "first")) }
        _ = try test.addNew(.test("d", tenant: "second"))
        test.begin()
        #expect(try test.next().id == "a")
        #expect(try test.next().id == "d")
    }

    @Test("Is seen by its tenant alone")
    func separatesTenants() throws {
        let test = TestStore()
        let job = try test.addNew(.test("a", tenant: "first"))
        #expect(test.store.find("a", of: "first") === job)
        #expect(test.store.find("a", of: "second") == nil)
        #expect(test.store.find("a", of: nil) == nil)
        #expect(test.store.load { $0 == "second" }.counts.isEmpty)
    }

    @Test("Refuses more jobs of a tenant than may be, ended ones included, and nobody else's")
    func boundsCount() throws {
        let test = TestStore { $0.maximumCount = 2 }
        _ = try test.addNew(.test("a", tenant: "first"))
        let first = try test.next()
        _ = try test.addNew(.test("b", tenant: "first"))
        #expect(throws: JobRefusal.full(.count(2, of: 2), retryAfter: nil)) {
            try test.add(.test("c", tenant: "first"))
        }
        _ = try test.addNew(.test("d", tenant: "second"))
        try test.end(first)
        do {
            _ = try test.add(.test("c", tenant: "first"))
            Issue.record("there was no room")
        } catch JobRefusal.full(.count(2, of: 2), let retryAfter) {
            #expect(try #require(retryAfter) > .zero, "one is forgotten by then")
        }
    }

    @Test("Refuses more bytes of a tenant than may be, and counts events and answers")
    func boundsBytes() throws {
        let test = TestStore { $0.maximumByteCount = 100 }
        let job = try test.addNew(.test("a", byteCount: 40))
        #expect(try test.next() === job)
        #expect(throws: JobRefusal.full(.bytes(100), retryAfter: nil)) {
            try test.add(.test("b", byteCount: 61))
        }
        #expect(test.store.append(.init(name: "12345", data: Array("12345".utf8)), to: job))
        #expect(test.store.load().byteCount == 50)
        let large = JobLog.Event(name: "", data: [UInt8](repeating: 1, count: 51))
        #expect(!test.store.append(large, to: job))
        #expect(job.log.extent.count == 1)
        try test.end(job)
        #expect(test.store.load().byteCount == 12, "the request is gone, two events' bytes are not")
    }

    @Test("A job that has no room for its answer fails, and its events take none any more")
    func dropsEvents() throws {
        let test = TestStore { $0.maximumByteCount = 100 }
        let job = try test.addNew(.test("a", byteCount: 40))
        _ = try test.next()
        #expect(test.store.append(.init(name: "", data: [UInt8](repeating: 1, count: 50)), to: job))
        #expect(!test.store.reserve(51, forAnswerOf: job), "its document goes, its events stay")
        try test.end(job, .failed(JobFailure(status: 429, code: "full", message: "")))
        let (log, epoch) = job.stream
        #expect(epoch == 2 && log.events(from: 0).map(\.name) == ["error"])
        #expect(test.store.load().byteCount == "error0 full".utf8.count)
        let other = try test.addNew(.test("b", byteCount: 60))
        _ = try test.next()
        #expect(test.store.reserve(80, forAnswerOf: other))
        #expect(test.store.load().byteCount == 91)
        try test.end(other, .completed(document: [UInt8](repeating: 1, count: 80)))
        #expect(test.store.load().byteCount == 91)
    }

    @Test("Forgets a job some time after its end, and not before that")
    func forgets() throws {
        let test = TestStore { $0.age = .milliseconds(100) }
        let job = try test.addNew(.test("a"))
        #expect(try test.next() === job)
        let other = try test.addNew(.test("b"))
        try test.end(job)
        let deadline = ContinuousClock.now + .seconds(20)
        while test.store.find("a", of: nil) != nil, ContinuousClock.now < deadline {
            _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .milliseconds(5))
        }
        #expect(test.store.find("a", of: nil) == nil)
        #expect(test.store.find("b", of: nil) === other)
        #expect(test.store.load().counts == [.queued: 1])
    }

    @Test("A job that is erased is not found, ends, and gives its room back")
    func erases() throws {
        let test = TestStore { $0.maximumRunningCount = 1 }
        let running = try test.addNew(.test("a", tenant: "first"))
        #expect(try test.next() === running)
        test.store.markBegun(running)
        let waiting = try test.addNew(.test("b", tenant: "first"))
        let cancelled = TestEvents<Void>()
        running.attach { _ in cancelled.send(()) }
        #expect(try test.erase("a", of: "second") == 0, "it is not theirs")
        #expect(try ["request-b", "a", "a"].map { try test.erase($0, of: "first") } == [1, 1, 0])
        try cancelled.next()
        #expect(waiting.progress.outcome == .failed(.erased))
        #expect(test.store.load() == JobStore.Load())
        // The place of what was computed is free when that has ended.
        let next = try test.addNew(.test("c", tenant: "first"))
        #expect(test.begun.count == 0)
        try test.end(running, .failed(.erased))
        #expect(try test.next() === next)
    }

    @Test("What could not be begun comes first when it is tried again, and had no attempt")
    func postpones() throws {
        let test = TestStore { $0.maximumRunningCount = 1 }
        let job = try test.addNew(.test("a", tenant: "first"))
        _ = try test.next()
        _ = try test.addNew(.test("b", tenant: "first"))
        _ = try test.addNew(.test("c", tenant: "second"))
        test.store.postpone(job, for: .milliseconds(50), isOwners: true)
        let other = try test.next()
        #expect(other.id == "c", "those of the first wait a while")
        #expect(job.progress.status == .queued && job.progress.start.attemptCount == 0)
        try test.end(other)
        #expect(try test.next() === job)
    }

    @Test("What a limit refuses is asked for one of its owner's jobs, not for each of them")
    func asksOnce() throws {
        let test = TestStore(begins: false)
        for number in 0..<50 { _ = try test.addNew(.test("\(number)")) }
        let asked = TestEvents<Job>()
        test.store.begin(by: "m") { [store = test.store] job in
            asked.send(job)
            store.postpone(job, for: .seconds(3600), isOwners: true)
        }
        #expect(try asked.next().id == "0")
        test.store.flush(limit: .seconds(10))
        // As many as may run at once may be on their way before the first is refused.
        #expect(asked.count < JobLimits().maximumRunningCount)
    }

    @Test("The end of the process is the end of what waits, and nothing comes after it")
    func stops() throws {
        let test = TestStore(begins: false)
        let job = try test.addNew(.test("a"))
        let ended = TestEvents<Void>()
        job.whenOver { ended.send(()) }
        let failure = JobFailure(status: 503, code: "draining", message: "m")
        test.store.stop(because: failure)
        try ended.next()
        #expect(job.progress.outcome == .failed(failure) && job.progress.status == .failed)
        #expect(job.log.events(from: 0).map(\.name) == ["error"] && job.log.extent.isOver)
        #expect(throws: JobRefusal.closed) { try test.add(.test("b")) }
    }
}
