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
        /// Told what could not be written down.
        package var report: @Sendable (JobStorageError) -> Void

        /// Surroundings.
        package init(
            errorEvent: @escaping @Sendable (JobFailure, Int) -> JobLog.Event,
            report: @escaping @Sendable (JobStorageError) -> Void = { _ in }
        ) {
            self.errorEvent = errorEvent
            self.report = report
        }
    }

    let limits: JobLimits
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
    ///   - stored: What is written down there, in the order in which it came.
    ///   - surroundings: What the store asks of those around it.
    package init(
        limits: JobLimits = JobLimits(),
        storage: (any JobStorage)? = nil,
        stored: [StoredJob] = [],
        _ surroundings: Surroundings
    ) {
        self.limits = limits
        self.storage = storage
        self.surroundings = surroundings
        table = Mutex(JobTable(limits))
        for job in stored { restore(job) }
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
        do throws(JobStorageError) {
            try storage?.insert(request, job.progress.start)
        } catch {
            surroundings.report(error)
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

    /// Forgets jobs, and ends their computation.
    ///
    /// - Parameters:
    ///   - name: Name of the answer, or the one that the client gave its request.
    ///   - mayErase: Whether the caller may.
    ///   - completion: Gets how many there were, once nothing is left of them, or why something is.
    package func erase(
        _ name: String,
        where mayErase: @escaping @Sendable (JobRequest.Owner) -> Bool,
        _ completion: @escaping @Sendable (Result<Int, JobRefusal>) -> Void
    ) {
        queue.async { [self] in
            let jobs = table.withLock { table in
                table.jobs(named: name).filter { mayErase($0.request.owner) }
            }
            guard delete(jobs) else { return completion(.failure(.notStored)) }
            for job in jobs {
                table.withLock { $0.remove(job) }
                job.erase()
                // One that is computed hears of its end from there.
                if job.progress.status == .queued { finish(job, .failed(.erased)) }
            }
            completion(.success(jobs.count))
        }
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
        guard let storage, !jobs.isEmpty else { return true }
        do throws(JobStorageError) {
            try storage.delete(jobs.map(\.id))
            return true
        } catch {
            surroundings.report(error)
            return false
        }
    }

    private func expire() {
        let now = ContinuousClock.now
        let old = table.withLock { $0.jobs(endedBefore: now - limits.age) }
        guard !old.isEmpty, delete(old) else { return }
        table.withLock { table in
            for job in old { table.remove(job) }
        }
    }

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

        /// Nothing.
        package init() {}
    }

    /// How many jobs there are.
    ///
    /// - Parameter isCounted: Whose count; all where it is left out.
    /// - Returns: How many, and their bytes.
    package func load(where isCounted: (JobRequest.Owner) -> Bool = { _ in true }) -> Load {
        table.withLock { $0.load(where: isCounted) }
    }
}
