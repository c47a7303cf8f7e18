internal import Dispatch
internal import Glibc
internal import Locking

extension JobStore {
    /// Has jobs computed from now on, as many at once as may be.
    ///
    /// - Parameters:
    ///   - maker: What computes: a job that another has begun has other events, which count as a new epoch.
    ///   - start: Has a job computed, see ``attempt(_:)``; it must not wait for anything.
    package func begin(by maker: String, _ start: @escaping @Sendable (Job) -> Void) {
        table.withLock { table in
            table.maker = maker
            table.start = start
        }
        queue.async { [self] in startNext() }
    }

    /// Begins no more jobs.
    ///
    /// Those that wait are taken up by the next process, or, where nothing outlives this one, are lost, and end.
    ///
    /// - Parameter failure: What their clients hear.
    package func stop(because failure: JobFailure) {
        queue.async { [self] in
            let waiting = table.withLock { table in
                table.start = nil
                table.closing = failure
                return table.takeQueue()
            }
            for job in waiting {
                if isDurable { job.interrupt() } else { drop(job, failure) }
            }
        }
    }

    /// Waits until no job is computed any more, and everything is written down.
    ///
    /// Blocks the calling thread.
    ///
    /// - Parameter limit: Longest wait for those that are computed.
    package func flush(limit: Duration) {
        let deadline = DispatchTime.now() + limit / .seconds(1)
        while table.withLock(\.attemptCount) > 0, attemptEnded.wait(timeout: deadline) == .success {
        }
        queue.sync { clean() }
    }

    /// Takes note that an attempt has ended, one way or another.
    func leave() {
        table.withLock { $0.attemptCount -= 1 }
        attemptEnded.signal()
    }

    func startNext() {
        while let (job, start) = table.withLock({ $0.next(at: .now) }) { start(job) }
    }

    /// Runs something where attempts are counted, which others wait for.
    package func onQueue(_ body: @escaping @Sendable () -> Void) { queue.async(execute: body) }

    /// Counts that a job is begun, and writes that down: once it is sure that it will be computed, and before it is, as it
    /// may be what ends the process.
    ///
    /// - Returns: Whether that is written down; nothing is computed that nobody would know of.
    package func attempt(_ job: Job) -> Bool {
        dispatchPrecondition(condition: .onQueue(queue))
        job.attempt(by: table.withLock(\.maker))
        return write(job.progress.start, of: job)
    }

    private func write(_ start: JobStart, of job: Job) -> Bool {
        write { storage throws(JobStorageError) in try storage.update(job.id, start) }
    }

    /// Takes note that the engine computes a job.
    package func markBegun(_ job: Job) {
        job.begin()
        table.withLock { $0.setStatus(.inProgress, of: job) }
    }

    /// Whether there is room for a job's answer, which is counted then; a job without room cannot have one.
    package func reserve(_ byteCount: Int, forAnswerOf job: Job) -> Bool {
        if table.withLock({ $0.charge(job, byteCount, isAnswer: true) }) { return true }
        job.markFull()
        return false
    }

    /// Adds an event to a job's log.
    ///
    /// - Returns: Whether there was room; a job without room cannot have an answer.
    package func append(_ event: JobLog.Event, to job: Job) -> Bool {
        guard table.withLock({ $0.charge(job, event.byteCount) }) else {
            job.markFull()
            return false
        }
        job.log.append(event)
        return true
    }

    // MARK: - The end of an attempt

    /// Takes a job back that could not be begun, to be tried again later; it did not have its attempt.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - delay: When one is tried again.
    ///   - isOwners: Whether what refused it refuses the other jobs of its owner as well, else it refuses all.
    package func postpone(_ job: Job, for delay: Duration, isOwners: Bool) {
        queue.async { [self] in
            defer { leave() }
            guard !job.isErased else { return drop(job, .erased) }
            if let closing = table.withLock(\.closing), !isDurable {
                return drop(job, closing)
            }
            giveBack(job)
            if table.withLock({ $0.closing }) != nil {
                table.withLock { $0.release(job) }
                return job.interrupt()
            }
            table.withLock { $0.putBack(job, until: .now + delay, isOwners: isOwners) }
            queue.asyncAfter(deadline: .now() + delay / .seconds(1)) { [weak self] in
                self?.startNext()
            }
            startNext()
        }
    }

    /// Takes back that a job was begun, if it was.
    private func giveBack(_ job: Job) {
        guard job.retreat() else { return }
        _ = write(job.progress.start, of: job)
    }

    /// Takes note that the process ends before a job does.
    ///
    /// The next process computes it anew, which is none of its attempts: it is not the job that ended this one.
    package func interrupt(_ job: Job) {
        queue.async { [self] in
            defer { leave() }
            guard !job.isErased else { return finish(job, .failed(.erased)) }
            giveBack(job)
            table.withLock { table in
                table.release(job)
                table.setStatus(.queued, of: job)
            }
            job.interrupt()
        }
    }

    /// Takes how a job ended.
    package func end(_ job: Job, _ outcome: JobOutcome) {
        queue.async { [self] in
            defer { leave() }
            finish(job, outcome)
            startNext()
        }
    }

    /// Ends a job: first on the disk, so that no client sees an end that might not have been.
    func finish(_ job: Job, _ outcome: JobOutcome) {
        let stream = job.lastStream(outcome, surroundings.errorEvent)
        let isKept = table.withLock { table in
            table.end(job, outcome, eventByteCount: stream.byteCount, at: .now)
        }
        if isKept {
            let ending = JobEnding(
                outcome: outcome,
                events: Array(stream.events),
                time: Self.secondsSince1970
            )
            // If that fails, the next process computes it again, to the same end.
            _ = write { storage throws(JobStorageError) in
                try storage.end(job.id, stream.start, ending)
            }
            cleanSoon()
        }
        job.end(outcome, stream)
    }

    // MARK: - What another process has left

    /// Takes up some of what is written down, in the order in which it came; ``completeRestoring()`` follows the last.
    package func restore(_ jobs: [StoredJob]) {
        queue.sync { for job in jobs { takeUp(job) } }
    }

    /// Takes note that everything is there that is written down.
    package func completeRestoring() { table.withLock { $0.completeRestoring() } }

    /// Whether everything is there that is written down.
    package var isRestored: Bool { table.withLock(\.isRestored) }

    /// Takes up what is written down of a job: it is as it was, or waits to be computed again, unless it ended the process
    /// as often as it may.
    func takeUp(_ stored: StoredJob) {
        let job = Job(stored)
        let now = Self.secondsSince1970
        let isLost =
            stored.ending == nil && stored.start.attemptCount >= JobLimits.maximumAttemptCount
        table.withLock { table in
            table.restore(
                job,
                // Clocks may have been wrong.
                ended: stored.ending.map { .now - .seconds(now - min(max($0.time, 0), now)) },
                waits: !isLost
            )
        }
        if isLost { drop(job, .lost) }
    }

    private static var secondsSince1970: Int { time(nil) }
}

extension JobFailure {
    /// What followers of a job hear when it is erased.
    package static let erased = JobFailure(
        status: 499,
        code: "cancelled",
        message: "the request was cancelled",
        isFinal: true
    )

    /// What became of a job that is not begun again.
    static let lost = JobFailure(
        status: 500,
        code: "attempts_exhausted",
        message:
            "the daemon ended \(JobLimits.maximumAttemptCount) times while it computed the request",
        isFinal: true
    )
}
