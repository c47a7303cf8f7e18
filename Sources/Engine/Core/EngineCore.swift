internal import Images
internal import Locking
internal import MMInterleaved
internal import Scheduling
internal import Tensors

/// Owns the model, the requests in progress and the memory that they share; runs the steps that the
/// scheduler plans.
///
/// Sessions are coroutines on the engine's thread: each asks for what a stage computes (`logits`, `encode`,
/// `denoise`, `render`) and waits; a step computes what the scheduler chose of all that sessions wait for, and lets
/// those go on whose part is done. Between two steps every session that can has run, and commands (new
/// requests, cancellations, deadlines) take effect; in the middle of a long one, too, where it is interrupted.
actor EngineCore {
    nonisolated let thread: EngineThread
    /// Locked for microseconds only, never while something is computed.
    nonisolated let scheduler: Mutex<Scheduler>
    nonisolated let tenantNumbers = Mutex(TenantNumbers())
    nonisolated let metrics: EngineMetrics

    nonisolated let model: InterleavedModel
    nonisolated let workers: EngineWorkers
    let compute: Compute
    let pool: KeyValuePool
    /// The synchronizers that look at pictures.
    let synchronizers: Engine.Synchronizers

    private(set) var requests: [RequestIdentifier: ActiveRequest] = [:]
    var isStepDue = false
    /// Whether a step is being computed, or waits for the one that interrupts it.
    var isComputing = false
    /// Time that words took which interrupted that step.
    var interruptedTime = Duration.zero
    /// When the engine wakes up by itself; nil if nothing will wake it.
    var alarm: Duration?
    /// Why requests that come now end at once; nil before ``endAll(_:)``.
    private var finalFailure: EngineError?
    /// When the last step ended, if the engine has been busy since.
    var lastStepEnd: Duration?
    private nonisolated let epoch = ContinuousClock.now
    private nonisolated let lastProgress: Mutex<Duration>

    // What sessions wait for, by the name under which the scheduler plans it.
    var languageWaits: [SequenceIdentifier: LanguageWait] = [:]
    var encodeWaits: [ImageDigest: EncodeWait] = [:]
    var denoiseWaits: [DrawingIdentifier: DrawingWait<Void>] = [:]
    var renderWaits: [DrawingIdentifier: DrawingWait<RGBImage>] = [:]
    /// Features of the pictures that the scheduler's cache holds.
    var images: [ImageDigest: EncodedImage] = [:]

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe thread.asUnownedSerialExecutor()
    }

    /// Starts the engine's thread and the other workers, and takes address space for the pools.
    ///
    /// With `pinsWorkers` each worker, the engine's thread being the first, keeps to a processor.
    ///
    /// - Throws: ``SchedulingConfigurationError`` if no request could ever run.
    init(
        _ model: InterleavedModel,
        workerCount: Int,
        pinsWorkers: Bool,
        synchronizers: Engine.Synchronizers,
        scheduling: SchedulingConfiguration,
        metrics: EngineMetrics
    ) throws(SchedulingConfigurationError) {
        self.model = model
        self.metrics = metrics
        self.synchronizers = synchronizers
        scheduler = Mutex(try Scheduler(scheduling))
        lastProgress = Mutex(.zero)
        thread = EngineThread(isPinned: pinsWorkers)
        compute = Compute(workerCount: workerCount, pinsWorkers: pinsWorkers)
        workers = EngineWorkers(count: compute.pool.workerCount, isPinned: pinsWorkers)
        pool = KeyValuePool(
            model.configuration.language,
            model.language.keyValueFormat,
            blockCount: scheduling.blockCount
        )
    }

    /// Runs something on the engine's thread, after everything that was posted before.
    nonisolated func post(_ body: @escaping @Sendable (isolated EngineCore) -> Void) {
        thread.async { self.assumeIsolated { body($0) } }
    }

    /// Time as the scheduler counts it.
    nonisolated var now: Duration { epoch.duration(to: ContinuousClock.now) }

    /// How the engine is doing.
    nonisolated var status: EngineStatus {
        let (running, waiting, capacity, retryAfter, isDraining) = scheduler.withLock {
            (
                $0.runningCount, $0.waitingCount, $0.capacity, $0.retryAfter, $0.isDraining
            )
        }
        return EngineStatus(
            runningCount: running,
            waitingCount: waiting,
            capacity: capacity,
            retryAfter: retryAfter,
            sinceProgress: running + waiting == 0 ? nil : now - lastProgress.withLock { $0 },
            isDraining: isDraining
        )
    }

    /// Bytes of one entry of a pool; 0 where entries are no memory of their own.
    nonisolated func byteCount(of pool: AdmissionRefusal.Pool) -> Int {
        switch pool {
        case .positionBlocks: model.language.byteCountPerBlock
        case .imageFeatures: EncodedImage.byteCount(of: model.configuration)
        case .inputBytes: 1
        case .drawings: Drawing.byteCount(of: model.configuration)
        case .waitingRequests: 0
        }
    }

    // MARK: - Requests

    /// Takes a request into the queue, from any thread.
    ///
    /// - Throws: ``EngineError`` of kind `draining`, `queueFull`, `deadlineUnreachable`, or
    ///   `contextLengthExceeded` if the request could never run.
    nonisolated func admit(
        _ bounds: RequestBounds,
        _ branching: Branching,
        arrived: ContinuousClock.Instant,
        timeout: Duration?
    ) throws(EngineError) -> RequestIdentifier {
        var bounds = bounds
        let now = now
        bounds.deadline = timeout.map { epoch.duration(to: arrived) + $0 }
        do throws(AdmissionRefusal) {
            return try scheduler.withLock { scheduler throws(AdmissionRefusal) in
                if scheduler.runningCount + scheduler.waitingCount == 0 { madeProgress(now) }
                return try scheduler.admit(bounds, now: now)
            }
        } catch {
            throw EngineError(error, bounds, branching)
        }
    }

    nonisolated func madeProgress(_ now: Duration) {
        lastProgress.withLock { $0 = now }
    }

    /// A request was admitted; its pictures are being decoded.
    func add(_ request: ActiveRequest) {
        requests[request.identifier] = request
        if let finalFailure { end(request.identifier, finalFailure) }
        scheduleStep()
    }

    /// A request's input is ready, unless it has ended meanwhile.
    ///
    /// - Parameters:
    ///   - identifier: The request.
    ///   - bounds: With the positions that the prompt turned out to have.
    ///   - branching: What of it makes it several sequences.
    ///   - session: Computes it once it starts.
    func makeReady(
        _ identifier: RequestIdentifier,
        _ bounds: RequestBounds,
        _ branching: Branching,
        _ session: @escaping ActiveRequest.Session
    ) {
        guard let request = requests[identifier], case .preparing = request.phase else { return }
        do throws(AdmissionRefusal) {
            try scheduler.withLock { scheduler throws(AdmissionRefusal) in
                try scheduler.markReady(
                    identifier,
                    promptPositionCount: bounds.promptPositionCount,
                    continuationPositionCount: bounds.continuationPositionCount,
                    inputByteCount: bounds.inputByteCount
                )
            }
        } catch {
            return end(identifier, EngineError(error, bounds, branching))
        }
        request.preparation = nil
        request.phase = .waiting(session)
        scheduleStep()
    }

    /// Ends a request whose input is read, and which is not to be computed.
    ///
    /// - Parameters:
    ///   - identifier: The request, unless it has ended meanwhile.
    ///   - report: Reports the result.
    func conclude(_ identifier: RequestIdentifier, _ report: () -> Void) {
        guard let request = requests[identifier], case .preparing = request.phase else { return }
        request.preparation = nil
        release(request)
        report()
        scheduleStep()
    }

    /// Ends a request at once, wherever it is; its memory is free when this returns.
    func end(_ identifier: RequestIdentifier, _ error: EngineError) {
        guard let request = requests[identifier] else { return }
        switch request.phase {
        case .preparing, .waiting:
            release(request)
            request.refuse(error)
        case .running:
            guard request.failure == nil else { return }
            request.failure = error
            forget(request)
            free(request, isComplete: false)
            request.wait?.fail(error)
        case .ended: break
        }
        scheduleStep()
    }

    /// Ends every request, those included that were admitted and have not arrived here yet.
    func endAll(_ error: EngineError) {
        finalFailure = error
        for identifier in requests.keys { end(identifier, error) }
    }

    /// Forgets a request and what it had.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - isComplete: Whether all was computed that it asked for.
    private func release(_ request: ActiveRequest, isComplete: Bool = false) {
        forget(request)
        request.preparation?.cancel()
        request.preparation = nil
        request.phase = .ended
        requests[request.identifier] = nil
        free(request, isComplete: isComplete)
    }

    /// Frees everything that the scheduler has of a request, unless that was done, and tells what it took.
    private func free(_ request: ActiveRequest, isComplete: Bool) {
        let time = scheduler.withLock {
            $0.end(request.identifier, isComplete: isComplete, now: now)
        }
        guard let time else { return }
        request.recorder?.spent(time, computedTokenCount: request.computedTokenCount)
    }

    func start(_ identifier: RequestIdentifier) {
        guard let request = requests[identifier], case .waiting(let session) = request.phase else {
            return
        }
        request.phase = .running
        Task(executorPreference: thread) { await self.run(session, of: identifier) }
    }

    private func run(_ session: ActiveRequest.Session, of identifier: RequestIdentifier) async {
        guard let request = requests[identifier] else { return }
        // It may have ended before it began.
        if let failure = request.failure {
            release(request)
            return request.refuse(failure)
        }
        let report = await session(self, request)
        release(request, isComplete: request.failure == nil)
        scheduleStep()
        report()
    }
}
