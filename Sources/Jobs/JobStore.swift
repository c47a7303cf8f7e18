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

    private let limits: JobLimits
    private let table: Mutex<JobTable>
    /// Where jobs are added, begun and ended, one after the other.
    private let queue = DispatchQueue(label: "interleaved.jobs", qos: .userInitiated)
    private let errorEvent: @Sendable (JobFailure, Int) -> JobLog.Event

    /// A store without jobs.
    ///
    /// - Parameters:
    ///   - limits: How much is kept.
    ///   - errorEvent: The last event of a job that fails, at a place.
    package init(
        limits: JobLimits = JobLimits(),
        errorEvent: @escaping @Sendable (JobFailure, Int) -> JobLog.Event
    ) {
        self.limits = limits
        self.errorEvent = errorEvent
        table = Mutex(JobTable(limits))
        expireAgain()
    }

    /// Whether jobs are still there when the process has ended.
    package var isDurable: Bool { false }

    // MARK: - Coming and going

    /// Keeps a request, unless it came before.
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
        try table.withLock { table throws(JobRefusal) in
            if let known = try table.known(request) { return .joined(known) }
            return .added(try table.insert(request))
        }
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
    ///   - completion: Gets how many there were, once nothing is left of them.
    package func erase(
        _ name: String,
        where mayErase: @escaping @Sendable (JobRequest.Owner) -> Bool,
        _ completion: @escaping @Sendable (Int) -> Void
    ) {
        queue.async { [self] in
            let jobs = table.withLock { table in
                table.jobs(named: name).filter { job in
                    guard mayErase(job.request.owner) else { return false }
                    table.remove(job)
                    return true
                }
            }
            for job in jobs { erase(job) }
            completion(jobs.count)
        }
    }

    /// Forgets a job that is taken back: its client hears of the reason, and a repetition begins anew.
    package func withdraw(_ job: Job, because failure: JobFailure) {
        queue.async { [self] in
            table.withLock { $0.remove(job) }
            finish(job, .failed(failure))
        }
    }

    private func erase(_ job: Job) {
        job.erase()
        // One that is computed hears of its end from there.
        if job.progress.status == .queued {
            finish(job, .failed(.erased))
        }
    }

    private func expire() {
        let now = ContinuousClock.now
        _ = table.withLock { $0.removeAll(endedBefore: now - limits.age) }
    }

    /// Forgets what is old now and then, as long as there is a store.
    private func expireAgain() {
        let interval = min(max(limits.age / 10, .milliseconds(50)), .seconds(30))
        queue.asyncAfter(deadline: .now() + interval / .seconds(1)) { [weak self] in
            self?.expire()
            self?.expireAgain()
        }
    }

    // MARK: - Computing

    /// Has jobs computed from now on, as many at once as may be.
    ///
    /// - Parameter start: Begins to compute a job; it must not wait for anything.
    package func begin(_ start: @escaping @Sendable (Job) -> Void) {
        table.withLock { $0.start = start }
        queue.async { [self] in startNext() }
    }

    /// Begins no more jobs.
    ///
    /// Those that wait are lost where nothing outlives the process, and end.
    ///
    /// - Parameter failure: What their clients hear.
    package func stop(because failure: JobFailure) {
        queue.async { [self] in
            let waiting = table.withLock { table in
                table.start = nil
                table.closing = failure
                return table.takeQueue()
            }
            for job in waiting { finish(job, .failed(failure)) }
        }
    }

    private func startNext() {
        while let (job, start) = table.withLock({ $0.next(at: .now) }) {
            job.attempt()
            start(job)
        }
    }

    /// Adds an event to a job's log.
    ///
    /// - Returns: Whether there was room; a job without room cannot have an answer.
    package func append(_ event: JobLog.Event, to job: Job) -> Bool {
        guard table.withLock({ $0.charge(job, event.byteCount) }) else { return false }
        job.log.append(event)
        return true
    }

    /// Takes a job back that could not be begun, to be tried again later; it did not have its attempt.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - delay: When it is tried again.
    package func postpone(_ job: Job, for delay: Duration) {
        queue.async { [self] in
            guard !job.isErased else { return finish(job, .failed(.erased)) }
            if let closing = table.withLock(\.closing) { return finish(job, .failed(closing)) }
            job.retreat()
            table.withLock { $0.putBack(job, until: .now + delay) }
            queue.asyncAfter(deadline: .now() + delay / .seconds(1)) { [weak self] in
                self?.startNext()
            }
            startNext()
        }
    }

    /// Takes how a job ended.
    package func end(_ job: Job, _ outcome: JobOutcome) {
        queue.async { [self] in
            finish(job, outcome)
            startNext()
        }
    }

    private func finish(_ job: Job, _ outcome: JobOutcome) {
        if case .failed(let failure) = outcome {
            job.log.append(errorEvent(failure, job.log.extent.count))
        }
        table.withLock { $0.end(job, outcome, at: .now) }
        job.end(outcome)
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

extension JobFailure {
    /// What followers of a job hear when it is erased.
    package static let erased = JobFailure(
        status: 499,
        code: "cancelled",
        message: "the request was cancelled",
        isAskedFor: true
    )
}
