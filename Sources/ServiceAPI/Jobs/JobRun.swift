internal import Dispatch
internal import Engine
internal import HTTPWire
internal import JSON
internal import Jobs

/// Turns the events of a job's computation into its log and its answer, whether anybody follows or not.
final class JobRun {
    private let job: Job
    private let store: JobStore
    private let active: ActiveRequest
    private let recorder: RequestRecorder
    private let records: RequestRecords
    private let call: InterleaveCall
    /// Whether its time counts from its start; else the engine counts it from the arrival.
    private let timesFromStart: Bool
    private let start = ContinuousClock.now
    /// Pictures are compressed here, off the engine's thread, and events keep their order.
    private let queue = DispatchQueue(label: "interleaved.job", qos: .userInitiated)

    private var format: InterleaveFormat
    private var hasBegun = false
    private var isOver = false
    /// Whether more was to be kept than may be.
    private var isFull = false
    private var deadline: DispatchWorkItem?

    /// Prepares for the events of a job.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - call: Its request, whose input plays no part any more.
    ///   - engine: Who answers.
    ///   - store: Where it is kept.
    ///   - active: What ends its computation.
    ///   - recorder: What the engine records of it.
    ///   - records: Where its end is told.
    ///   - timesFromStart: Whether its time counts from its start; else the engine counts it from the arrival.
    init(
        _ job: Job,
        _ call: InterleaveCall,
        _ engine: Engine,
        in store: JobStore,
        _ active: ActiveRequest,
        _ recorder: RequestRecorder,
        _ records: RequestRecords,
        timesFromStart: Bool
    ) {
        self.job = job
        self.store = store
        self.active = active
        self.recorder = recorder
        self.records = records
        self.call = call
        self.timesFromStart = timesFromStart
        format = InterleaveFormat(
            id: job.id,
            call,
            engine,
            created: job.request.created,
            status: JobStatus.completed.rawValue
        )
    }

    /// Takes an event, from any thread.
    func receive(_ event: EngineEvent) {
        queue.async { self.handle(event) }
    }

    private func handle(_ event: EngineEvent) {
        dispatchPrecondition(condition: .onQueue(queue))
        guard !isOver else { return }
        do {
            switch event {
            case .failed where !job.hasAttempt: postpone()
            case .failed(let error) where error.kind == .cancelled && active.cause == nil:
                // Nobody ended it but the process, whose successor computes it again if there is one.
                store.isDurable ? interrupt() : fail(Self.draining)
            case .failed(let error): fail(ErrorResponse(error, naming: call.name))
            case .completed(let completion): complete(completion)
            default:
                if case .started = event { setDeadline() }
                begin()
                try format.tell(event, write)
                if case .segmentDone(let segment) = event { try format.keep(segment) }
            }
            if isFull { active.cancel(.fault) }
        } catch {
            active.cancel(.fault)
            fail(ErrorResponse(error, naming: call.name))
        }
    }

    private func begin() {
        guard !hasBegun else { return }
        hasBegun = true
        store.markBegun(job)
        format.begin(write)
    }

    /// A background request's time counts from its start, as it may wait long for it.
    private func setDeadline() {
        guard timesFromStart, let timeout = call.request.timeout else { return }
        let deadline = DispatchWorkItem { [active] in active.cancel(.timeOver) }
        self.deadline = deadline
        queue.asyncAfter(deadline: .now() + timeout / .seconds(1), execute: deadline)
    }

    private func write(_ event: DocumentEvent) {
        guard !isFull else { return }
        let event = JobLog.Event(name: event.name ?? "", data: event.document.encoded)
        isFull = !store.append(event, to: job)
    }

    // MARK: - The end

    private func complete(_ completion: Completion) {
        begin()
        format.complete(completion, write)
        let document = format.document(completion).encoded
        isFull = isFull || !store.reserve(document.count, forAnswerOf: job)
        guard !isFull else { return fail(full) }
        end(
            .completed(document: document),
            Outcome(
                work: Work(completion.usage),
                finishReason: completion.finishReason.rawValue
            )
        )
    }

    private func fail(_ error: ErrorResponse) {
        let report = report(error)
        end(.failed(JobFailure(report)), active.outcome(of: report))
    }

    /// It could not be written down that it is begun.
    private func postpone() {
        isOver = true
        store.postpone(job, for: .seconds(1), isOwners: false)
    }

    private func interrupt() {
        isOver = true
        deadline?.cancel()
        store.interrupt(job)
        records.tellEnd(of: job, arrived: start, recorder, Outcome(finishReason: "shutdown"))
    }

    private func end(_ outcome: JobOutcome, _ told: Outcome) {
        isOver = true
        deadline?.cancel()
        store.end(job, outcome)
        records.tellEnd(of: job, arrived: start, recorder, told)
    }

    /// The error in the words of who ended it.
    private func report(_ error: ErrorResponse) -> ErrorResponse {
        if isFull { return full }
        guard case .timeOver = active.cause, let timeout = call.request.timeout else {
            return active.report(error)
        }
        let report = ErrorResponse(
            .gatewayTimeout,
            code: "deadline_exceeded",
            "timeout_ms: not done within \(Int(timeout / .milliseconds(1))) ms of its start",
            parameter: "timeout_ms"
        )
        return active.report(report)
    }

    private var full: ErrorResponse {
        ErrorResponse(
            .tooManyRequests,
            code: "too_many_jobs",
            "with its events and its answer the requests that are kept would have more than "
                + "\(store.limits.maximumByteCount) bytes (setting max_job_bytes): DELETE /v1/interleave/{id} forgets one"
        )
    }

    private static let draining = ErrorResponse(
        .serviceUnavailable,
        code: "draining",
        "the server is shutting down, and had no more time for the request",
        retryAfter: .seconds(2)
    )
}

// Sendable: its variables are touched only on `queue`, which every function that does checks.
extension JobRun: @unchecked Sendable {}
