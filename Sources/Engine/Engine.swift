internal import Dispatch
internal import Images
package import MMInterleaved
internal import Synchronization
internal import Tensors
package import Tokenization

/// Runs requests on the model, one after the other in the order in which they become ready.
///
/// Requests are admitted by the length of the queue before anything expensive happens; their pictures
/// are decoded beside the running request; every token and every denoising step is a point at which
/// cancelling and deadlines take effect.
///
/// Threads: every member may be called from any thread. Events of a request come one at a time, most
/// of them on the engine's queue; a handler must not block, or everything waits.
package final class Engine: Sendable {
    /// Bounds and sizes.
    package struct Configuration: Hashable, Sendable {
        /// Most requests that wait while one runs.
        package var maximumWaitingCount = 32
        /// Worker threads; 0 for one per processor.
        package var workerCount = 0
        /// Bounds of a request's pictures.
        package var maximumPixelCount = 40_000_000

        /// The defaults above.
        package init() {}
    }

    /// What a request's submitter holds on to.
    package struct Ticket: Sendable {
        fileprivate let guarding: SessionGuard

        /// Ends the request at the next token or step; its last event is a failure of kind `cancelled`.
        ///
        /// Without effect once the request has ended.
        package func cancel() {
            guarding.cancel()
        }
    }

    /// How the engine is doing.
    package struct Status: Hashable, Sendable {
        /// Requests that are being computed.
        package let runningCount: Int
        /// Requests that wait.
        package let waitingCount: Int
        /// Time since the running request last got anywhere; nil when idle.
        package let sinceProgress: Duration?
        /// Whether new requests are refused because the engine is about to stop.
        package let isDraining: Bool
    }

    /// Sizes and defaults of the model.
    package let modelConfiguration: ModelConfiguration
    /// Text to token ids and back.
    package let tokenizer: Tokenizer

    private let imageLimits: ImageLimits
    private let worker: Worker
    private let queue = DispatchQueue(label: "interleaved.engine", qos: .userInitiated)
    private let decoding = DispatchQueue(
        label: "interleaved.image-decoding",
        qos: .userInitiated,
        attributes: .concurrent
    )
    private let inProgress = DispatchGroup()
    private let admission: Mutex<Admission>
    private let tickets = Mutex<[ObjectIdentifier: SessionGuard]>([:])
    private let lastProgress = Mutex<ContinuousClock.Instant?>(nil)

    /// Starts the workers.
    package init(_ model: InterleavedModel, tokenizer: Tokenizer, configuration: Configuration) {
        modelConfiguration = model.configuration
        self.tokenizer = tokenizer
        imageLimits = ImageLimits(maximumPixelCount: configuration.maximumPixelCount)
        admission = Mutex(Admission(maximumWaitingCount: configuration.maximumWaitingCount))
        worker = Worker(model, Compute(workerCount: configuration.workerCount))
    }

    // MARK: - Requests

    /// Queues a request.
    ///
    /// - `handle`: Gets every event; the last one is `completed` or `failed`.
    /// - Throws: ``EngineError`` of kind `queueFull` or `draining`; then no event is reported.
    package func submit(
        _ request: InterleaveRequest,
        handle: @escaping @Sendable (EngineEvent) -> Void
    ) throws(EngineError) -> Ticket {
        let tokenizer = tokenizer
        return try enqueue(request.input, timeout: request.timeout) {
            worker,
            prompt,
            guarding,
            timings in
            handle(.started)
            var session = InterleaveSession(
                request,
                model: worker.model,
                compute: worker.compute,
                tokenizer: tokenizer,
                guarding: guarding,
                timings: timings,
                emit: handle
            )
            return try session.run(prompt)
        } completion: { result, total in
            switch result {
            case .success(let completion): handle(.completed(completion.lasting(total)))
            case .failure(let error): handle(.failed(error))
            }
        }
    }

    /// Queues a request for the log-probabilities of options.
    ///
    /// - `handle`: Gets the answer, or the reason why there is none, once.
    /// - Throws: ``EngineError`` of kind `queueFull` or `draining`; then nothing is reported.
    package func submit(
        _ request: ScoreRequest,
        handle: @escaping @Sendable (Result<Scores, EngineError>) -> Void
    ) throws(EngineError) -> Ticket {
        let tokenizer = tokenizer
        return try enqueue(request.input, timeout: request.timeout) {
            worker,
            prompt,
            guarding,
            _ in
            try worker.score(request.options, after: prompt, tokenizer, guarding)
        } completion: { result, _ in
            handle(result)
        }
    }

    /// Admits a request, decodes its pictures, computes, and reports the result: each exactly once.
    private func enqueue<Output: Sendable>(
        _ input: [InputPart],
        timeout: Duration?,
        compute: @escaping @Sendable (Worker, Prompt, SessionGuard, Timings) throws -> Output,
        completion: @escaping @Sendable (Result<Output, EngineError>, Duration) -> Void
    ) throws(EngineError) -> Ticket {
        let clock = ContinuousClock()
        let submitted = clock.now
        try admission.withLock { admission throws(EngineError) in try admission.admit() }
        let guarding = SessionGuard(submitted: submitted, timeout: timeout) { [weak self] in
            self?.lastProgress.withLock { $0 = ContinuousClock.now }
        }
        tickets.withLock { $0[ObjectIdentifier(guarding)] = guarding }
        inProgress.enter()
        let finish: @Sendable (Result<Output, EngineError>) -> Void = { [self] result in
            _ = tickets.withLock { $0.removeValue(forKey: ObjectIdentifier(guarding)) }
            completion(result, submitted.duration(to: clock.now))
            inProgress.leave()
        }
        decoding.async { [self] in
            let start = clock.now
            let prompt: Prompt
            do throws(EngineError) {
                try guarding.check()
                prompt = try Prompt(input, modelConfiguration, tokenizer, limits: imageLimits)
            } catch {
                admission.withLock { $0.abandon() }
                return finish(.failure(error))
            }
            let decoded = start.duration(to: clock.now)
            queue.async { [self] in
                let start = clock.now
                var timings = Timings()
                timings.decoded = decoded
                timings.queued = submitted.duration(to: start) - decoded
                admission.withLock { $0.start() }
                lastProgress.withLock { $0 = start }
                let result = Result {
                    try guarding.check()
                    return try compute(worker, prompt, guarding, timings)
                }.mapError(EngineError.init)
                admission.withLock { $0.finish(service: start.duration(to: clock.now)) }
                lastProgress.withLock { $0 = nil }
                finish(result)
            }
        }
        return Ticket(guarding: guarding)
    }

    // MARK: - Life cycle

    /// How the engine is doing now; never waits for a computation.
    package var status: Status {
        let admission = admission.withLock { $0 }
        let since = lastProgress.withLock { $0.map { $0.duration(to: ContinuousClock.now) } }
        return Status(
            runningCount: admission.runningCount,
            waitingCount: admission.waitingCount,
            sinceProgress: since,
            isDraining: admission.isDraining
        )
    }

    /// Refuses new requests from now on; those that were admitted go on.
    package func drain() {
        admission.withLock { $0.drain() }
    }

    /// Waits until every admitted request has reported its last event, then, after `limit`, cancels
    /// the rest and waits for these.
    ///
    /// Blocks the calling thread; not to be called from an event handler.
    package func waitUntilIdle(limit: Duration) {
        let seconds =
            Double(limit.components.seconds)
            + Double(limit.components.attoseconds) * 1e-18
        if inProgress.wait(timeout: .now() + seconds) == .success { return }
        for guarding in tickets.withLock({ Array($0.values) }) { guarding.cancel() }
        inProgress.wait()
    }
}

extension EngineError {
    /// Any error that a computation throws, as one of ours.
    init(_ error: any Error) {
        self = error as? EngineError ?? EngineError(.internalFailure, "\(error)")
    }
}

extension Completion {
    fileprivate func lasting(_ total: Duration) -> Completion {
        var timings = timings
        timings.total = total
        return Completion(finishReason: finishReason, usage: usage, timings: timings)
    }
}
