import Jobs
import Locking
import TestSupport
import Testing

/// What a file would hold, and what was asked of it.
final class TestStorage: JobStorage {
    struct State {
        var jobs: [StoredJob] = []
        var fails = false
    }

    private let state = Mutex(State())

    /// What is written down.
    var jobs: [StoredJob] { state.withLock(\.jobs) }

    /// Has everything fail from now on, or nothing any more.
    func setFails(_ fails: Bool) { state.withLock { $0.fails = fails } }

    private func change(_ body: (inout [StoredJob]) -> Void) throws(JobStorageError) {
        let fails = state.withLock { state in
            if !state.fails { body(&state.jobs) }
            return state.fails
        }
        if fails { throw JobStorageError("no room") }
    }

    private func replace(_ id: String, _ body: (StoredJob) -> StoredJob) throws(JobStorageError) {
        try change { jobs in
            jobs = jobs.map { $0.request.id == id ? body($0) : $0 }
        }
    }

    func insert(_ request: JobRequest, _ start: JobStart) throws(JobStorageError) {
        try change { $0.append(StoredJob(request: request, start: start, ending: nil)) }
    }

    func update(_ id: String, _ start: JobStart) throws(JobStorageError) {
        try replace(id) { StoredJob(request: $0.request, start: start, ending: $0.ending) }
    }

    func end(
        _ id: String,
        _ start: JobStart,
        _ ending: JobEnding
    ) throws(JobStorageError) {
        try replace(id) { StoredJob(request: $0.request, start: start, ending: ending) }
    }

    func clean() throws(JobStorageError) { try change { _ in } }

    func delete(_ ids: [String]) throws(JobStorageError) {
        try change { jobs in jobs.removeAll { ids.contains($0.request.id) } }
    }
}

@Suite("Jobs that are written down")
struct JobStorageTests {
    private let storage = TestStorage()

    /// A store over what is written down, as another process would make one.
    private func makeStore(begins: Bool = true) -> TestStore {
        TestStore(begins: begins, storage: storage, stored: storage.jobs)
    }

    @Test("Are written down before anybody hears of them, and before they are begun")
    func writesFirst() throws {
        let test = makeStore(begins: false)
        let job = try test.addNew(.test("a"))
        #expect(storage.jobs.map(\.request.id) == ["a"] && storage.jobs[0].start == JobStart())
        test.begin()
        #expect(try test.next() === job)
        #expect(storage.jobs[0].start.attemptCount == 1 && storage.jobs[0].start.maker == "m1")
        try test.end(job)
        #expect(storage.jobs[0].ending?.outcome == job.progress.outcome)
    }

    @Test("Whose client waits are written down as begun")
    func writesForeground() throws {
        let test = makeStore()
        let job = try test.addNew(.test("a", isBackground: false))
        #expect(test.begun.count == 0, "who adds it begins it")
        #expect(storage.jobs[0].start.attemptCount == 1)
        try test.end(job)
    }

    @Test("Are taken up by the next process, and end with their events as they were")
    func restores() throws {
        let first = makeStore()
        let done = try first.addNew(.test("a"))
        _ = try first.next()
        _ = first.store.append(.init(name: "e", data: [1]), to: done)
        try first.end(done)
        _ = try first.addNew(.test("b"))
        _ = try first.next()

        let second = makeStore()
        let begun = try second.next()
        #expect(begun.id == "b" && begun.body.count == 10 && begun.request.seed == 7)
        #expect(begun.progress.start.attemptCount == 2 && begun.progress.start.epoch == 1)
        let found = try #require(second.store.find("a", of: nil))
        #expect(found.progress.outcome == done.progress.outcome)
        #expect(found.log.events(from: 0).map(\.data) == [[1]] && found.log.extent.isOver)
        #expect(second.begun.count == 0, "what has ended is not computed")
        #expect(second.store.load().counts == [.completed: 1, .queued: 1])
        #expect(second.store.load().byteCount == first.store.load().byteCount)
    }

    @Test("Are begun twice at most: what ends the process twice does not a third time")
    func boundsAttempts() throws {
        let first = makeStore()
        _ = try first.addNew(.test("a"))
        _ = try first.next()
        _ = try makeStore().next()
        let third = makeStore()
        let job = try #require(third.store.find("a", of: nil))
        guard case .failed(let failure) = job.progress.outcome else {
            Issue.record("it was begun twice")
            return
        }
        #expect(failure.code == "attempts_exhausted" && failure.status == 500)
        #expect(third.begun.count == 0)
        #expect(storage.jobs[0].ending?.outcome == .failed(failure))
    }

    @Test("An orderly end takes no attempt away")
    func givesAttemptBack() throws {
        for _ in 0..<3 {
            let test = makeStore()
            if storage.jobs.isEmpty { _ = try test.addNew(.test("a")) }
            let job = try test.next()
            #expect(job.progress.start.attemptCount == 1)
            let isOver = TestEvents<Void>()
            job.whenOver { isOver.send(()) }
            test.store.stop(because: JobFailure(status: 503, code: "draining", message: "m"))
            test.store.interrupt(job)
            test.store.flush(limit: .seconds(10))
            try isOver.next()
            #expect(job.progress.outcome == nil && job.log.extent.isOver)
            #expect(storage.jobs[0].start.attemptCount == 0)
        }
    }

    @Test("Have events of another epoch when another model or version computes them")
    func changesEpoch() throws {
        let first = makeStore()
        _ = try first.addNew(.test("a"))
        _ = try first.next()
        let second = makeStore(begins: false)
        let job = try #require(second.store.find("a", of: nil))
        let old = job.stream
        #expect(old.epoch == 1)
        second.begin(by: "m2")
        _ = try second.next()
        #expect(job.stream.epoch == 2 && old.log.extent.isOver)
        #expect(storage.jobs[0].start.epoch == 2 && storage.jobs[0].start.maker == "m2")
    }

    @Test("Are not taken, begun or erased where that cannot be written down")
    func needsStorage() throws {
        let test = makeStore(begins: false)
        let job = try test.addNew(.test("a"))
        let other = try test.addNew(.test("c"))
        storage.setFails(true)
        #expect(throws: JobRefusal.notStored) { try test.add(.test("b")) }
        #expect(test.store.find("b", of: nil) == nil)
        #expect(throws: JobRefusal.notStored) { try test.erase("c") }
        #expect(test.store.find("c", of: nil) === other, "it is there")
        #expect(other.progress.outcome == .failed(.erased), "and is not computed")
        test.begin()
        test.store.flush(limit: .seconds(10))
        #expect(test.begun.count == 0)
        storage.setFails(false)
        #expect(try test.next() === job, "it is tried again")
        for name in ["a", "c"] { #expect(try test.erase(name) == 1) }
        #expect(storage.jobs.isEmpty)
    }

    @Test("That wait for room have no attempt, on the disk neither, whenever the process ends")
    func countsComputedAlone() throws {
        for _ in 0..<4 {
            let test = makeStore(begins: false)
            if storage.jobs.isEmpty { _ = try test.addNew(.test("a")) }
            let asked = TestEvents<Job>()
            test.store.begin(by: "m1") { asked.send($0) }
            let job = try asked.next()
            #expect(storage.jobs[0].start == JobStart(), "a kill while it is looked at")
            test.store.postpone(job, for: .seconds(3600), isOwners: true)
            test.store.flush(limit: .seconds(10))
            #expect(storage.jobs[0].start == JobStart(), "a kill while it waits")
        }
    }

    @Test("Fail in an epoch of their own where another process told events that are not here")
    func failsAnew() throws {
        let first = makeStore()
        _ = try first.addNew(.test("a"))
        _ = try first.next()
        _ = try makeStore().next()
        let third = makeStore(begins: false)
        let job = try #require(third.store.find("a", of: nil))
        let (log, epoch) = job.stream
        #expect(epoch == 2 && log.events(from: 0).map(\.name) == ["error"])
        #expect(storage.jobs[0].start.epoch == 2, "for those who ask a fourth process")
    }

    @Test("End at once when they are erased, whether that can be written down or not")
    func endsWithoutStorage() throws {
        let test = makeStore()
        let job = try test.addNew(.test("a"))
        _ = try test.next()
        test.store.markBegun(job)
        let ended = TestEvents<Void>()
        job.attach { _ in ended.send(()) }
        storage.setFails(true)
        #expect(throws: JobRefusal.notStored) { try test.erase("a") }
        try ended.next()
        storage.setFails(false)
        try test.end(job, .failed(.erased))
        #expect(try test.erase("a") == 1)
    }

    @Test("Are told to be in trouble once, however much cannot be written down")
    func tellsOnce() throws {
        let told = TestEvents<JobStorageError?>()
        let store = JobStore(
            storage: storage,
            JobStore.Surroundings(
                errorEvent: { JobLog.Event(name: "\($0)", data: [UInt8($1)]) },
                report: { told.send($0) }
            )
        )
        storage.setFails(true)
        let results = TestEvents<Bool>()
        for number in 0..<20 {
            store.add(.test("\(number)")) { results.send((try? $0.get()) == nil) }
        }
        for _ in 0..<20 { #expect(try results.next()) }
        #expect(told.count == 1 && store.load().storageFaultCount == 20)
    }

    @Test("Are repeated across processes, unless another try may do better")
    func repeats() throws {
        func request(_ id: String, _ key: String) -> JobRequest {
            .test(id, repetition: .init(key: key, fingerprint: [1]))
        }
        let first = makeStore()
        let (kept, failed) = (
            try first.addNew(request("a", "k")), try first.addNew(request("b", "l"))
        )
        for _ in 0..<2 { _ = try first.next() }
        try first.end(kept)
        try first.end(failed, .failed(JobFailure(status: 504, code: "late", message: "m")))
        let second = makeStore()
        guard case .joined(let job) = try second.add(request("c", "k")) else {
            Issue.record("it is the same request")
            return
        }
        #expect(job.id == "a")
        #expect(try second.addNew(request("d", "l")).id == "d")
    }
}
