internal import Dispatch
internal import Glibc
internal import Locking

extension JobStore {
    /// Has jobs computed from now on, as many at once as may be.
    ///
    /// - Parameters:
    ///   - maker: What computes: a job that another has begun has other events, which count as a new epoch.
    ///   - start: Begins to compute a job; it must not wait for anything.
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
                if isDurable { job.interrupt() } else { finish(job, .failed(failure)) }
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
        queue.sync {}
    }

    /// Takes note that an attempt has ended, one way or another.
    func leave() {
        table.withLock { $0.attemptCount -= 1 }
        attemptEnded.signal()
    }

    func startNext() {
        while let (job, start) = table.withLock({ $0.next(at: .now) }) {
            job.attempt(by: table.withLock(\.maker))
            guard write(job.progress.start, of: job) else {
                // Nothing is computed that nobody would know of.
                return putBack(job, after: .seconds(1))
            }
            table.withLock { $0.attemptCount += 1 }
            start(job)
        }
    }

    private func write(_ start: JobStart, of job: Job) -> Bool {
        guard let storage else { return true }
        do throws(JobStorageError) {
            try storage.update(job.id, start)
            return true
        } catch {
            surroundings.report(error)
            return false
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

    // MARK: - The end of an attempt

    /// Takes a job back that could not be begun, to be tried again later; it did not have its attempt.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - delay: When it is tried again.
    package func postpone(_ job: Job, for delay: Duration) {
        queue.async { [self] in
            defer { leave() }
            guard !job.isErased else { return finish(job, .failed(.erased)) }
            if let closing = table.withLock(\.closing), !isDurable {
                return finish(job, .failed(closing))
            }
            putBack(job, after: delay)
            startNext()
        }
    }

    private func putBack(_ job: Job, after delay: Duration) {
        job.retreat()
        _ = write(job.progress.start, of: job)
        if table.withLock({ $0.closing }) != nil {
            table.withLock { $0.release(job) }
            return job.interrupt()
        }
        table.withLock { $0.putBack(job, until: .now + delay) }
        queue.asyncAfter(deadline: .now() + delay / .seconds(1)) { [weak self] in
            self?.startNext()
        }
    }

    /// Takes note that the process ends before a job does.
    ///
    /// The next process computes it anew, which is none of its attempts: it is not the job that ended this one.
    package func interrupt(_ job: Job) {
        queue.async { [self] in
            defer { leave() }
            guard !job.isErased else { return finish(job, .failed(.erased)) }
            job.retreat()
            _ = write(job.progress.start, of: job)
            table.withLock { $0.release(job) }
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
        var event: JobLog.Event?
        if case .failed(let failure) = outcome {
            event = surroundings.errorEvent(failure, job.log.extent.count)
        }
        let isKept = table.withLock { $0.end(job, outcome, at: .now) }
        if isKept, let storage {
            let ending = JobEnding(
                outcome: outcome,
                events: job.log.events(from: 0) + [event].compactMap(\.self),
                time: Self.secondsSince1970
            )
            do throws(JobStorageError) {
                try storage.end(job.id, ending)
            } catch {
                // The next process computes it again, to the same end.
                surroundings.report(error)
            }
        }
        job.end(outcome, telling: event)
    }

    // MARK: - What another process has left

    /// Takes up what is written down of a job: it is as it was, or waits to be computed again, unless it ended the process
    /// as often as it may.
    func restore(_ stored: StoredJob) {
        let job = Job(stored)
        let age = Self.secondsSince1970 - (stored.ending?.time ?? 0)
        let isLost =
            stored.ending == nil && stored.start.attemptCount >= JobLimits.maximumAttemptCount
        table.withLock { table in
            table.restore(
                job,
                ended: stored.ending == nil ? nil : .now - .seconds(max(0, age)),
                waits: !isLost
            )
        }
        if isLost { finish(job, .failed(.lost)) }
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
