internal import Dispatch
internal import Images
internal import Locking
package import MMInterleaved
package import Scheduling
internal import Tensors
package import Tokenization

/// Runs many requests on one model, batched over all of them stage by stage.
///
/// A request is admitted from what it can need at most, before anything expensive happens; its pictures
/// are decoded beside the running steps; every token and every denoising step is a point at which
/// cancelling and deadlines take effect. What a request gets back does not depend on the others.
///
/// Threads: every member may be called from any thread. Events of a request come one at a time, most
/// of them on the engine's thread; a handler must not block, or everything waits.
package final class Engine: Sendable {
    /// What a request's submitter holds on to.
    package struct Ticket: Sendable {
        let core: EngineCore
        let identifier: RequestIdentifier

        /// Ends the request at the next token or step; its last event is a failure of kind `cancelled`.
        ///
        /// Without effect once the request has ended.
        package func cancel() {
            core.post { [identifier] in
                $0.end(identifier, EngineError(.cancelled, "the request was cancelled"))
            }
        }
    }

    /// Sizes and defaults of the model.
    package let modelConfiguration: ModelConfiguration
    /// Text to token ids and back.
    package let tokenizer: Tokenizer
    /// Counts and durations of what the engine did.
    package let metrics: EngineMetrics

    let pictureLimits: PromptPreparation.Limits
    let core: EngineCore
    /// Preparation that takes some milliseconds at most.
    let smallWork = DispatchQueue(
        label: "interleaved.small-preparation",
        qos: .userInitiated,
        attributes: .concurrent
    )
    /// Preparation that takes longer; holds the pixels that are decoded at once.
    let largeWork: WorkLane
    /// Requests that were admitted and have not reported their end.
    let inProgress = DispatchGroup()

    /// Starts the engine's thread and the other workers.
    ///
    /// - Parameters:
    ///   - model: What computes.
    ///   - tokenizer: The model's.
    ///   - configuration: Sizes and limits.
    ///   - metrics: Records the steps.
    /// - Throws: ``Scheduling/SchedulingConfigurationError`` if no request could ever run.
    package init(
        _ model: InterleavedModel,
        tokenizer: Tokenizer,
        configuration: Configuration,
        metrics: EngineMetrics = EngineMetrics()
    ) throws(SchedulingConfigurationError) {
        self.metrics = metrics
        let scheduling = configuration.scheduling(model)
        try scheduling.validate()
        modelConfiguration = model.configuration
        self.tokenizer = tokenizer
        pictureLimits = PromptPreparation.Limits(
            picture: ImageLimits(maximumPixelCount: configuration.maximumPixelCount),
            maximumPixelCount: configuration.maximumRequestPixelCount
        )
        largeWork = WorkLane("ilv-preparation", capacity: configuration.maximumDecodingPixelCount)
        core = try EngineCore(
            model,
            workerCount: configuration.workerCount,
            pinsWorkers: configuration.pinsWorkers,
            synchronizers: configuration.synchronizers,
            scheduling: scheduling,
            metrics: metrics
        )
    }

    /// The threads that compute.
    package var workers: EngineWorkers { core.workers }

    /// The profile of the model's weights: `f32`, `bf16`, `w8a8` or `w4a8`.
    package var profile: String { core.model.formats.profile.rawValue }

    // MARK: - Requests

    /// Queues a request.
    ///
    /// - Parameters:
    ///   - request: What to continue, and how.
    ///   - whenAdmitted: Called here once it is sure that it has a place, and before anything of it is computed; what it throws
    ///     is how the request ends then, as an event.
    ///   - handle: Gets every event; the last one is `completed` or `failed`.
    /// - Returns: What ends it early.
    /// - Throws: ``EngineError`` of kind `queueFull`, `draining`, or `contextLengthExceeded` if it could
    ///   never run; then no event is reported.
    package func submit(
        _ request: InterleaveRequest,
        whenAdmitted: () throws(EngineError) -> Void = {},
        handle: @escaping @Sendable (EngineEvent) -> Void
    ) throws(EngineError) -> Ticket {
        try request.check()
        try request.checkPictures(modelConfiguration)
        let tokenizer = tokenizer
        var rest = request
        rest.input = []
        return try enqueue(
            request.input,
            Submission(
                appearance: request.appearance,
                scope: request.scope,
                bounds: request.bounds(modelConfiguration),
                branching: request.branching,
                arrived: request.arrived,
                timeout: request.timeout,
                recorder: request.recorder
            ) { prompt, _, _ in
                prompt
            } run: { [rest] prompt, timings, active, core in
                handle(.started)
                var session = InterleaveSession(
                    rest,
                    active,
                    tokenizer: tokenizer,
                    timings: timings,
                    on: core,
                    emit: handle
                )
                return try await session.run(prompt, on: core)
            } completion: { result, total in
                switch result {
                case .success(let completion): handle(.completed(completion.lasting(total)))
                case .failure(let error): handle(.failed(error))
                }
            },
            whenAdmitted: whenAdmitted
        )
    }

    /// Queues a request for the log-probabilities of options.
    ///
    /// - Parameters:
    ///   - request: The context and the options.
    ///   - handle: Gets the answer, or the reason why there is none, once.
    /// - Returns: What ends it early.
    /// - Throws: as ``submit(_:handle:)``; then nothing is reported.
    package func submit(
        _ request: ScoreRequest,
        handle: @escaping @Sendable (Result<Scores, EngineError>) -> Void
    ) throws(EngineError) -> Ticket {
        let (tokenizer, configuration) = (tokenizer, modelConfiguration)
        var rest = request
        rest.input = []
        return try enqueue(
            request.input,
            Submission(
                scope: request.scope,
                bounds: request.bounds(configuration),
                branching: request.branching,
                arrived: request.arrived,
                timeout: request.timeout,
                recorder: request.recorder,
                otherByteCount: request.optionByteCount
            ) { [rest] prompt, preparation, bounds in
                let options = try rest.tokens(
                    after: prompt,
                    configuration,
                    tokenizer,
                    preparation,
                    &bounds
                )
                return (prompt: prompt, options: options)
            } run: { input, _, active, core in
                active.recorder?.start()
                return try await ScoreSession(options: input.options, active: active)
                    .run(input.prompt, on: core)
            } completion: { result, _ in
                handle(result)
            }
        )
    }

    // MARK: - Life cycle

    /// Has stages compute once before the first request comes, and waits for it.
    ///
    /// - Parameters:
    ///   - stages: Which of them.
    ///   - scratchByteCount: Scratch memory that steps will need at most.
    package func warmUp(_ stages: Set<Stage>, scratchByteCount: Int) {
        let isWarm = DispatchSemaphore(value: 0)
        core.post {
            $0.warmUp(stages, scratchByteCount: scratchByteCount)
            isWarm.signal()
        }
        isWarm.wait()
    }

    /// How the engine is doing now; never waits for a computation.
    package var status: EngineStatus { core.status }

    /// Refuses new requests from now on; those that were admitted go on.
    package func drain() {
        core.scheduler.withLock { $0.drain() }
    }

    /// Waits until every admitted request has reported its last event, then, after `limit`, cancels
    /// the rest and waits for these.
    ///
    /// Blocks the calling thread; not to be called from an event handler.
    package func waitUntilIdle(limit: Duration) {
        if inProgress.wait(timeout: .now() + limit / .seconds(1)) == .success { return }
        core.post { $0.endAll(EngineError(.cancelled, "the server is shutting down")) }
        inProgress.wait()
    }
}

extension Completion {
    fileprivate func lasting(_ total: Duration) -> Completion {
        var timings = timings
        timings.total = total
        return Completion(
            finishReason: finishReason,
            usage: usage,
            timings: timings,
            explanation: explanation
        )
    }
}
