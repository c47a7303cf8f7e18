internal import Engine
internal import HTTPWire
internal import Jobs
internal import Scheduling

extension Service {
    /// Has requests computed that outlive their connections.
    func beginJobs(_ engine: Engine) {
        jobs.begin { [weak self] job in
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
            try submit(job, call, engine)
        } catch {
            if Self.isPassing(error) { return jobs.postpone(job, for: Self.patience) }
            let report = ErrorResponse(error)
            jobs.end(job, .failed(JobFailure(report)))
            records.tellEnd(of: job, arrived: .now, nil, Outcome(error: report.description))
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
    /// - Throws: `EngineError` or ``ErrorResponse`` if it is refused; then nothing is told to the job.
    private func submit(_ job: Job, _ call: InterleaveCall, _ engine: Engine) throws {
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
            arrived: .now
        )
        // Its time counts from its start, which only its run sees.
        submitted.timeout = nil
        submitted.recorder = recorder
        submitted.scope.tenant = job.request.owner.tenant
        let run = JobRun(job, call, engine, in: jobs, active, recorder, records)
        try active.begin(draws: submitted.mode != .text)
        do throws(EngineError) {
            let ticket = try engine.submit(submitted) { event in
                recorder.observe(event)
                if event.isLast { active.end(recorder.effort) }
                run.receive(event)
            }
            active.attach(ticket)
        } catch {
            active.end(nil)
            throw error
        }
        job.attach { active.cancel(.asked(key: nil)) }
    }
}
