internal import Engine
internal import HTTPWire
internal import Jobs
internal import Scheduling

extension Service {
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
        do {
            let call = try InterleaveCall(
                decoding: job.body,
                configuration: engine.modelConfiguration,
                limits: configuration.limits
            )
            try submit(job, call, arrived: .now, exchange: nil, engine)
        } catch {
            if Self.isPassing(error) { return jobs.postpone(job, for: Self.patience) }
            let report = ErrorResponse(error)
            jobs.end(job, .failed(JobFailure(report)))
            records.tellEnd(of: job, arrived: .now, nil, Outcome(error: report.description))
        }
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

    /// When a job is tried again that the engine, or a limit of its key, had no room for.
    private static let patience = Duration.seconds(1)

    /// Whether an error says that there is no room now.
    private static func isPassing(_ error: any Error) -> Bool {
        switch error {
        case let error as EngineError:
            [.queueFull, .deadlineUnreachable, .draining].contains(error.kind)
        case let error as ErrorResponse: error.status == .tooManyRequests
        default: false
        }
    }

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
        try active.begin(draws: submitted.mode != .text)
        do throws(EngineError) {
            let submission = { [submitted] () throws(EngineError) in
                try engine.submit(submitted) { event in
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
        job.attach { active.cancel(.asked(key: nil)) }
    }
}
