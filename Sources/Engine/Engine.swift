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
        fileprivate let core: EngineCore
        fileprivate let identifier: RequestIdentifier

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

    private let pictureLimits: PromptPreparation.Limits
    let core: EngineCore
    /// Preparation that takes some milliseconds at most.
    let smallWork = DispatchQueue(
        label: "interleaved.small-preparation",
        qos: .userInitiated,
        attributes: .concurrent
    )
    /// Preparation that takes longer; holds the pixels that are decoded at once.
    let largeWork: WorkLane
    private let inProgress = DispatchGroup()

    /// Starts the workers.
    ///
    /// - `metrics`: Where steps are recorded.
    /// - Throws: ``Scheduling/SchedulingConfigurationError`` if no request could ever run.
    package init(
        _ model: InterleavedModel,
        tokenizer: Tokenizer,
        configuration: Configuration,
        metrics: EngineMetrics = EngineMetrics()
    ) throws(SchedulingConfigurationError) {
        self.metrics = metrics
        let scheduling = configuration.scheduling(model.configuration)
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

    /// Threads that compute, the engine's own included.
    package var workerCount: Int { core.workerCount }

    // MARK: - Requests

    /// Queues a request.
    ///
    /// - `handle`: Gets every event; the last one is `completed` or `failed`.
    /// - Throws: ``EngineError`` of kind `queueFull`, `draining`, or `contextLengthExceeded` if it could
    ///   never run; then no event is reported.
    package func submit(
        _ request: InterleaveRequest,
        handle: @escaping @Sendable (EngineEvent) -> Void
    ) throws(EngineError) -> Ticket {
        try request.check()
        try request.checkPictures(modelConfiguration)
        let tokenizer = tokenizer
        var rest = request
        rest.input = []
        let settings = rest
        return try enqueue(
            request.input,
            Admission(
                bounds: request.bounds(modelConfiguration),
                arrived: request.arrived,
                timeout: request.timeout,
                recorder: request.recorder
            )
        ) { prompt, _, _ in
            prompt
        } compute: { prompt, timings, active, core in
            handle(.started)
            var session = InterleaveSession(
                settings,
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
        }
    }

    /// Queues a request for the log-probabilities of options.
    ///
    /// - `handle`: Gets the answer, or the reason why there is none, once.
    /// - Throws: as ``submit(_:handle:)``; then nothing is reported.
    package func submit(
        _ request: ScoreRequest,
        handle: @escaping @Sendable (Result<Scores, EngineError>) -> Void
    ) throws(EngineError) -> Ticket {
        let tokenizer = tokenizer
        return try enqueue(
            request.input,
            Admission(
                bounds: request.bounds(modelConfiguration),
                arrived: request.arrived,
                timeout: request.timeout,
                recorder: request.recorder,
                otherByteCount: request.optionByteCount
            )
        ) { [modelConfiguration] prompt, preparation, bounds in
            (
                prompt,
                try request.tokens(
                    after: prompt,
                    modelConfiguration,
                    tokenizer,
                    preparation,
                    &bounds
                )
            )
        } compute: { input, _, active, core in
            active.recorder?.start()
            let (prompt, options) = input
            return try await ScoreSession(options: options, active: active).run(prompt, on: core)
        } completion: { result, _ in
            handle(result)
        }
    }

    /// Queues the rounds of an annotation.
    ///
    /// - `handle`: Gets every event; the last one is `completed` or `failed`.
    /// - Throws: ``EngineError`` as ``submit(_:handle:)``, and of kind `invalidRequest` if pictures and
    ///   their places do not fit together; then no event is reported.
    package func submit(
        _ annotation: Annotation,
        _ settings: AnnotationSettings,
        handle: @escaping @Sendable (AnnotationEvent) -> Void
    ) throws(EngineError) -> Ticket {
        try settings.check(roundCount: annotation.roundCount)
        let tokenizer = tokenizer
        return try enqueue(
            try annotation.parts(),
            // Annotations mean what the reference makes of them: pictures as they are stored.
            Admission(
                bounds: annotation.bounds(settings, modelConfiguration),
                appearance: .stored
            )
        ) { prompt, _, _ in
            prompt
        } compute: { prompt, _, active, core in
            var session = try AnnotationSession(
                annotation,
                settings,
                prompt,
                active,
                tokenizer: tokenizer,
                on: core
            )
            while let round = try await session.nextRound(
                on: core,
                report: { handle(.progress(step: $0, stepCount: $1)) }
            ) {
                handle(.round(round))
            }
        } completion: { result, _ in
            switch result {
            case .success: handle(.completed)
            case .failure(let error): handle(.failed(error))
            }
        }
    }

    // MARK: - Preparing

    /// What `enqueue` needs of a request besides its input.
    private struct Admission {
        let bounds: RequestBounds
        var arrived: ContinuousClock.Instant?
        var timeout: Duration?
        var recorder: RequestRecorder?
        var appearance = ImageFileDecoder.Appearance.seen
        /// Text that becomes tokens beside the input.
        var otherByteCount = 0
    }

    /// Admits a request, prepares its input, computes, and reports the result: each exactly once.
    ///
    /// - `prepare`: Makes what is computed from the decoded prompt, off the engine's thread; the bounds come without
    ///   bytes, as the input is let go of.
    private func enqueue<Input: Sendable, Output: Sendable>(
        _ input: [InputPart],
        _ admission: Admission,
        prepare:
            @escaping @Sendable (
                Prompt, PromptPreparation, inout RequestBounds
            ) throws -> Input,
        compute:
            @escaping @Sendable (
                Input, Timings, ActiveRequest, isolated EngineCore
            ) async throws -> Output,
        completion: @escaping @Sendable (Result<Output, EngineError>, Duration) -> Void
    ) throws(EngineError) -> Ticket {
        let clock = ContinuousClock()
        let arrived = admission.arrived ?? clock.now
        let configuration = modelConfiguration
        // Whoever waits until all is done must not miss a request that is just being admitted.
        inProgress.enter()
        let identifier: RequestIdentifier
        do throws(EngineError) {
            identifier = try core.admit(
                admission.bounds.limited(configuration),
                arrived: arrived,
                timeout: admission.timeout
            )
        } catch {
            inProgress.leave()
            throw error
        }
        let finish: @Sendable (Result<Output, EngineError>) -> Void = { [inProgress] result in
            completion(result, arrived.duration(to: clock.now))
            inProgress.leave()
        }
        let preparation: PromptPreparation?
        var failure: EngineError?
        do throws(EngineError) {
            preparation = try PromptPreparation(
                input,
                as: admission.appearance,
                otherByteCount: admission.otherByteCount,
                configuration,
                tokenizer,
                limits: pictureLimits
            )
        } catch {
            (preparation, failure) = (nil, error)
        }
        let (timeout, recorder) = (admission.timeout, admission.recorder)
        core.post { [failure] core in
            let request = ActiveRequest(
                identifier,
                preparation,
                timeout: timeout,
                recorder: recorder
            ) {
                finish(.failure($0))
            }
            core.add(request)
            if let failure { core.end(identifier, failure) }
        }
        let ticket = Ticket(core: core, identifier: identifier)
        guard let preparation else { return ticket }
        var bounds = admission.bounds
        bounds.inputByteCount = 0
        schedule(preparation) { [self, bounds] result in
            let prepared: Input
            var exact = bounds
            do {
                let (prompt, _) = try result.get()
                exact.promptPositionCount = prompt.tokens.count
                prepared = try prepare(prompt, preparation, &exact)
            } catch {
                let error = EngineError(error)
                return core.post { $0.end(identifier, error) }
            }
            let known = exact.limited(configuration)
            metrics.prepared(after: arrived.duration(to: clock.now))
            let decoded = (try? result.get().1) ?? .zero
            core.post { core in
                core.makeReady(identifier, known) { core, active in
                    var timings = Timings()
                    timings.decoded = decoded
                    timings.queued = arrived.duration(to: clock.now) - decoded
                    let result: Result<Output, EngineError>
                    do {
                        result = .success(try await compute(prepared, timings, active, core))
                    } catch {
                        result = .failure(EngineError(error))
                    }
                    return { finish(result) }
                }
            }
        }
        return ticket
    }

    // MARK: - Life cycle

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
