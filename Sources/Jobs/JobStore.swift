internal import Dispatch
internal import Locking

/// All jobs: whose they are, which are computed next, how much is kept, and for how long.
///
/// It knows nothing of models or answers: whoever computes a job is told to begin, and tells events and the end.
///
/// Threads: every member may be called from any thread; what takes time happens on a queue of its own.
package final class JobStore: Sendable {
    /// What became of a request that was to be kept.
    package enum Addition: Sendable {
        /// It is a job now.
        case added(Job)
        /// It came before, and is one already.
        case joined(Job)
    }

    /// What the store asks of its surroundings.
    package struct Surroundings: Sendable {
        /// Makes the last event of a job that fails, at a place.
        package var errorEvent: @Sendable (JobFailure, Int) -> JobLog.Event
        /// Told what could not be written down, once while that goes on; nil when it is over.
        package var report: @Sendable (JobStorageError?) -> Void
        /// Told of a job that ended and was not computed.
        package var tellEnd: @Sendable (Job, JobFailure) -> Void

        /// Surroundings.
        package init(
            errorEvent: @escaping @Sendable (JobFailure, Int) -> JobLog.Event,
            report: @escaping @Sendable (JobStorageError?) -> Void = { _ in },
            tellEnd: @escaping @Sendable (Job, JobFailure) -> Void = { _, _ in }
        ) {
            self.errorEvent = errorEvent
            self.report = report
            self.tellEnd = tellEnd
        }
    }

    /// How much is kept.
    package let limits: JobLimits
    let surroundings: Surroundings
    /// Where jobs are written down; nil where they end with the process.
    let storage: (any JobStorage)?
    let table: Mutex<JobTable>
    /// Where jobs are added, begun and ended, one after the other.
    let queue = DispatchQueue(label: "interleaved.jobs", qos: .userInitiated)
    /// Signalled whenever an attempt has ended.
    let attemptEnded = DispatchSemaphore(value: 0)

    /// A store.
    ///
    /// - Parameters:
    ///   - limits: How much is kept.
    ///   - storage: Where jobs are written down; nil where they end with the process.
    ///   - stored: What is written down there, in the order in which it came; nil if that comes later.
    ///   - surroundings: What the store asks of those around it.
    package init(
        limits: JobLimits = JobLimits(),
        storage: (any JobStorage)? = nil,
        stored: [StoredJob]? = [],
        _ surroundings: Surroundings
    ) {
        self.limits = limits
        self.storage = storage
        self.surroundings = surroundings
        table = Mutex(JobTable(limits))
        if let stored {
            for job in stored { takeUp(job) }
            table.withLock { $0.completeRestoring() }
        }
        expireAgain()
    }

    /// Whether jobs are still there when the process has ended.
    package var isDurable: Bool { storage != nil }

    // MARK: - Coming and going

    /// Keeps a request, unless it came before; where there is a storage, it is written down then.
    ///
    /// One whose client waits counts as begun.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - handle: Gets the job, or the reason why there is none, on a queue that others wait for.
    package func add(
        _ request: JobRequest,
        _ handle: @escaping @Sendable (Result<Addition, JobRefusal>) -> Void
    ) {
        queue.async { [self] in
            expire()
            handle(Result { () throws(JobRefusal) in try admit(request) })
            startNext()
        }
    }

    private func admit(_ request: JobRequest) throws(JobRefusal) -> Addition {
        let addition: Addition = try table.withLock { table throws(JobRefusal) in
            if let known = try table.known(request) { return .joined(known) }
            let job = try table.insert(request)
            if !request.isBackground { job.attempt(by: table.maker) }
            return .added(job)
        }
        guard case .added(let job) = addition else { return addition }
        guard
            write({ storage throws(JobStorageError) in
                try storage.insert(request, job.progress.start)
            })
        else {
            table.withLock { $0.remove(job) }
            throw .notStored
        }
        if !request.isBackground { table.withLock { $0.attemptCount += 1 } }
        return addition
    }

    /// The job of a name that belongs to a tenant; nil if there is none.
    package func find(_ id: String, of tenant: String?) -> Job? {
        table.withLock { $0.job(id) }.flatMap { $0.request.owner.tenant == tenant ? $0 : nil }
    }

    /// Forgets jobs, and ends their computation: that at once, whether they can be forgotten or not.
    ///
    /// - Parameters:
    ///   - name: Name of the answer, or the one that the client gave its request.
    ///   - key: The name of the key with which somebody asks for that.
    ///   - mayErase: Whether the caller may.
    ///   - completion: Gets how many there were, once nothing is left of them, or why something is.
    package func erase(
        _ name: String,
        by key: String? = nil,
        where mayErase: (JobRequest.Owner) -> Bool,
        _ completion: @escaping @Sendable (Result<Int, JobRefusal>) -> Void
    ) {
        let jobs = table.withLock { $0.jobs(named: name) }.filter { mayErase($0.request.owner) }
        guard !jobs.isEmpty else { return completion(.success(0)) }
        for job in jobs { job.erase(by: key) }
        queue.async { [self] in
            // Somebody else may have erased some meanwhile.
            let jobs = table.withLock { table in jobs.filter { table.job($0.id) === $0 } }
            let isDeleted = delete(jobs)
            for job in jobs {
                if isDeleted { table.withLock { $0.remove(job) } }
                // One that is computed hears of its end from there.
                if job.progress.status == .queued { drop(job, .erased) }
            }
            completion(isDeleted ? .success(jobs.count) : .failure(.notStored))
        }
    }

    /// Ends a job that is not computed.
    func drop(_ job: Job, _ failure: JobFailure) {
        finish(job, .failed(failure))
        surroundings.tellEnd(job, failure)
    }

    /// Forgets a job that is taken back: its client hears of the reason, and a repetition begins anew.
    package func withdraw(_ job: Job, because failure: JobFailure) {
        queue.async { [self] in
            defer { leave() }
            _ = delete([job])
            table.withLock { $0.remove(job) }
            finish(job, .failed(failure))
        }
    }

    /// Removes what is written down of jobs.
    ///
    /// - Returns: Whether that is gone.
    private func delete(_ jobs: [Job]) -> Bool {
        guard !jobs.isEmpty else { return true }
        return write { storage throws(JobStorageError) in try storage.delete(jobs.map(\.id)) }
    }

    /// Writes something down, if there is a storage.
    ///
    /// - Returns: Whether that is done, or there is none.
    func write(_ body: (any JobStorage) throws(JobStorageError) -> Void) -> Bool {
        guard let storage else { return true }
        do throws(JobStorageError) {
            try body(storage)
        } catch {
            if table.withLock({ $0.storageFaults.fail() }) { surroundings.report(error) }
            return false
        }
        if table.withLock({ $0.storageFaults.succeed() }) { surroundings.report(nil) }
        return true
    }

    /// Has the documents of jobs that have ended be gone from the storage soon, those of many at once.
    func cleanSoon() {
        let isAsked = table.withLock { table in
            defer { table.isCleaning = true }
            return table.isCleaning
        }
        guard storage != nil, !isAsked else { return }
        queue.asyncAfter(deadline: .now() + 1) { [weak self] in self?.clean() }
    }

    /// Leaves nothing of what is forgotten in the storage.
    func clean() {
        table.withLock { $0.isCleaning = false }
        _ = write { storage throws(JobStorageError) in try storage.clean() }
    }

    private func expire() {
        let time = ContinuousClock.now - limits.age
        let old = table.withLock { $0.jobs(endedBefore: time, upTo: Self.portionCount) }
        guard !old.isEmpty, delete(old) else { return }
        table.withLock { table in
            for job in old { table.remove(job) }
        }
        // Others have their turn in between.
        if old.count == Self.portionCount { queue.async { [weak self] in self?.expire() } }
    }

    /// Jobs that are forgotten at once.
    private static let portionCount = 100

    /// Forgets what is old now and then, as long as there is a store.
    private func expireAgain() {
        let interval = min(max(limits.age / 10, .milliseconds(50)), .seconds(30))
        queue.asyncAfter(deadline: .now() + interval / .seconds(1)) { [weak self] in
            self?.expire()
            self?.expireAgain()
        }
    }

    // MARK: - What is told

    /// How many jobs there are and what they take, for those who watch.
    package struct Load: Hashable, Sendable {
        /// Jobs by where they are in their life.
        package var counts: [JobStatus: Int] = [:]
        /// Bytes of requests, events and answers.
        package var byteCount = 0
        /// How often something could not be written down, of all tenants.
        package var storageFaultCount = 0

        /// Nothing.
        package init() {}
    }

    /// How many jobs there are.
    ///
    /// - Parameter isCounted: The tenants whose jobs count; all where it is left out.
    /// - Returns: How many, and their bytes.
    package func load(where isCounted: (_ tenant: String?) -> Bool = { _ in true }) -> Load {
        table.withLock { $0.load(where: isCounted) }
    }
}
