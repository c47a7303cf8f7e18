internal import Engine
internal import HTTPWire
package import Jobs
internal import Logging
internal import Scheduling

extension JobStore.Surroundings {
    /// A store whose faults and ends are told in the log.
    static func telling(_ records: RequestRecords) -> Self {
        Self(errorEvent: { JobLog.Event($0, number: $1) }) { error in
            if let error {
                records.logger.error(
                    """
                    Requests that outlive their connections cannot be written down: \(error). \
                    What follows of this is counted in job_storage_errors_total.
                    """
                )
            } else {
                records.logger.notice(
                    "Requests that outlive their connections are written down again."
                )
            }
        } tellEnd: { job, failure in
            var outcome = Outcome(finishReason: failure.code)
            outcome.error = "\(failure.code): \(failure.message)"
            outcome.cancellingKey = job.erasingKey
            records.tellEnd(of: job, arrived: .now, nil, outcome)
        }
    }
}

extension Service {
    /// Takes up requests that another process has written down, in the order in which they came.
    ///
    /// - Parameter read: Reads them, some at a time.
    /// - Throws: What that throws.
    package func restore(
        _ read: (_ take: ([StoredJob]) -> Void) throws(JobStorageError) -> Void
    ) throws(JobStorageError) {
        try read { jobs.restore($0) }
        jobs.completeRestoring()
    }

    /// Has requests computed that outlive their connections.
    ///
    /// - Parameters:
    ///   - engine: What computes them.
    ///   - maker: What tells it from another that might give other answers.
    func beginJobs(_ engine: Engine, _ maker: String) {
        jobs.begin(by: maker) { [weak self] job in
            self?.read(job.body.count) { self?.compute(job, engine) }
        }
    }

    /// Begins no more of them.
    func endJobs() {
        jobs.stop(
            because: JobFailure(
                status: 503,
                code: "draining",
                message: "the server is shutting down, and keeps requests in memory alone"
            )
        )
    }

    /// Has the engine answer a job that nobody waits for; where it has no room now, the job waits on.
    private func compute(_ job: Job, _ engine: Engine) {
        let owner = job.request.owner
        guard access.keys != nil || owner.key == nil else {
            // Its key may be asked for again another time; until then nobody could have the answer.
            return jobs.postpone(job, for: Self.absence, isOwners: true)
        }
        do {
            if let fault = Caller.fault(of: owner, access.keys) { throw fault }
            let call = try InterleaveCall(
                decoding: job.body,
                configuration: engine.modelConfiguration,
                limits: configuration.limits
            )
            // Attempts are written there.
            jobs.onQueue { [self] in
                do {
                    try submit(job, call, arrived: .now, exchange: nil, engine)
                } catch {
                    refuse(job, error)
                }
            }
        } catch {
            refuse(job, error)
        }
    }

    /// Has a job that was not begun wait on, or end.
    private func refuse(_ job: Job, _ error: any Error) {
        switch error {
        case let error as EngineError
        where [.queueFull, .deadlineUnreachable, .draining].contains(error.kind):
            return jobs.postpone(job, for: Self.patience, isOwners: false)
        case let error as ErrorResponse where error.status == .tooManyRequests:
            // What a limit of the key refuses it refuses to the others as well.
            return jobs.postpone(job, for: error.retryAfter ?? Self.patience, isOwners: true)
        default: break
        }
        let report = ErrorResponse(error)
        jobs.end(job, .failed(JobFailure(report)))
        records.tellEnd(of: job, arrived: .now, nil, Outcome(error: report.description))
    }

    /// Has the engine answer a job whose client waits; one that is refused is none.
    func start(
        _ job: Job,
        _ call: InterleaveCall,
        arrived: ContinuousClock.Instant,
        _ exchange: Exchange,
        _ engine: Engine
    ) {
        do {
            try submit(job, call, arrived: arrived, exchange: exchange, engine)
        } catch {
            let report = ErrorResponse(error, naming: call.name)
            jobs.withdraw(job, because: JobFailure(report))
        }
    }

    /// When the engine is asked again that had no room.
    private static let patience = Duration.seconds(1)
    /// When requests of keys are looked at again where no keys are asked for.
    private static let absence = Duration.seconds(60)

    /// Has the engine answer a job.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - call: Its request.
    ///   - arrived: When it came, or was begun.
    ///   - exchange: The request of the client that waits for it; nil if nobody does.
    ///   - engine: Who answers.
    /// - Throws: `EngineError` or ``ErrorResponse`` if it is refused; then nothing is told to the job.
    private func submit(
        _ job: Job,
        _ call: InterleaveCall,
        arrived: ContinuousClock.Instant,
        exchange: Exchange?,
        _ engine: Engine
    ) throws {
        var call = call
        call.request.seed = job.request.seed
        let active = ActiveRequest(
            for: job.request,
            by: Caller(job.request.owner, access.keys),
            setsTimeout: call.setsTimeout
        )
        var submitted = call.request
        call.request.input = []
        let recorder = metrics.makeRecorder(
            identifier: job.id,
            clientIdentifier: job.request.requestName,
            tenant: job.request.owner.tenant,
            kind: RequestMode(submitted.mode),
            priority: submitted.priority,
            arrived: arrived
        )
        exchange?.context.progress?.attach(recorder)
        submitted.arrived = arrived
        // Where nobody waits the time counts from the start, which only its run sees.
        if exchange == nil { submitted.timeout = nil }
        submitted.recorder = recorder
        submitted.scope.tenant = job.request.owner.tenant
        let run = JobRun(
            job,
            call,
            engine,
            in: jobs,
            active,
            recorder,
            records,
            timesFromStart: exchange == nil
        )
        try active.begin(draws: submitted.mode != .text, isTriedAgain: exchange == nil)
        do throws(EngineError) {
            let whenAdmitted = { [jobs] () throws(EngineError) in
                // One whose client waits is written down as begun when it comes.
                guard exchange == nil, !jobs.attempt(job) else { return }
                throw EngineError(.cancelled, "it cannot be written down that it is begun")
            }
            let submission = { [submitted] () throws(EngineError) in
                try engine.submit(submitted, whenAdmitted: whenAdmitted) { event in
                    recorder.observe(event)
                    if event.isLast { active.end(recorder.effort) }
                    run.receive(event)
                }
            }
            // What is tried again and again is not counted each time.
            let ticket =
                try exchange == nil ? submission() : recorder.submit(submission)
            active.attach(ticket)
        } catch {
            active.end(nil)
            throw error
        }
        job.attach { active.cancel(.asked(key: $0)) }
    }
}
