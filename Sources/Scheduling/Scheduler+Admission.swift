// MARK: - Admission

extension Scheduler {
    /// Takes a request into the queue.
    ///
    /// - Throws: ``AdmissionRefusal``; nothing has changed then.
    package mutating func admit(
        _ bounds: RequestBounds,
        now: Duration
    ) throws(AdmissionRefusal) -> RequestIdentifier {
        observe(now)
        guard !isDraining else { throw .draining }
        try requirePossible(bounds)
        try requirePlace(bounds)
        guard inputByteCount + bounds.inputByteCount <= configuration.inputByteBudget else {
            throw .queueFull(
                .inputBytes,
                used: inputByteCount,
                limit: configuration.inputByteBudget,
                retryAfter: retryAfter
            )
        }
        try requireReachable(bounds, now: now)
        let identifier = RequestIdentifier(number: makeNumber())
        requests[identifier] = RequestState(
            identifier: identifier,
            bounds: bounds,
            admittedAt: now
        )
        inputByteCount += bounds.inputByteCount
        waiting.append(identifier)
        tenants[bounds.tenant, default: TenantState()][bounds.kind].requestCount += 1
        tenants[bounds.tenant]?[bounds.kind].waitingCount += 1
        return identifier
    }

    /// Every request that is admitted could run alone: what it may need is compared with what there is.
    private func requirePossible(_ bounds: RequestBounds) throws(AdmissionRefusal) {
        let needs: [(AdmissionRefusal.Pool, needed: Int, limit: Int)] = [
            (
                .positionBlocks, bounds.blockCount(blockSize: configuration.blockSize),
                configuration.blockCount
            ),
            (.imageFeatures, bounds.imageCount, configuration.imageCapacity),
            (.drawings, bounds.drawingCount, configuration.drawingCapacity),
            (.inputBytes, bounds.inputByteCount, configuration.inputByteBudget),
        ]
        for (pool, needed, limit) in needs where needed > limit {
            throw .tooLarge(pool, needed: needed, limit: limit)
        }
    }

    /// Time after which a place in the queue is likely to be free: that of one request's computation.
    package var retryAfter: Duration { costs.meanRequestCost ?? .seconds(1) }

    /// Most requests that run and wait, together.
    package var capacity: Int {
        configuration.maximumRunningCount + configuration.maximumWaitingCount
    }

    /// The request's input is prepared: from now on it may start.
    ///
    /// Does nothing if the request ended meanwhile.
    package mutating func markReady(_ identifier: RequestIdentifier) {
        requests[identifier]?.isReady = true
    }

    /// The request's input is prepared: its positions are known better than at its admission, and most of its bytes
    /// are given back.
    ///
    /// Does nothing if the request ended meanwhile.
    ///
    /// - Parameters:
    ///   - identifier: The request.
    ///   - promptPositionCount: Positions of the prompt.
    ///   - continuationPositionCount: Most positions that one sequence gets after it.
    ///   - inputByteCount: Bytes that the request still holds.
    /// - Throws: ``AdmissionRefusal`` of kind `tooLarge` if it can never run; it still has to be ended.
    package mutating func markReady(
        _ identifier: RequestIdentifier,
        promptPositionCount: Int,
        continuationPositionCount: Int,
        inputByteCount: Int
    ) throws(AdmissionRefusal) {
        guard var bounds = requests[identifier]?.bounds else { return }
        self.inputByteCount += inputByteCount - bounds.inputByteCount
        bounds.inputByteCount = inputByteCount
        requests[identifier]?.bounds.inputByteCount = inputByteCount
        bounds.promptPositionCount = promptPositionCount
        bounds.mostWork.promptPositionCount = promptPositionCount
        bounds.continuationPositionCount = continuationPositionCount
        try requirePossible(bounds)
        requests[identifier]?.bounds = bounds
        markReady(identifier)
    }

    /// Refuses every request from now on; those that were admitted go on.
    package mutating func drain() { isDraining = true }

    /// Requests whose deadline has come, waiting or running; they are to be ended.
    package func expired(now: Duration) -> [RequestIdentifier] {
        requests.values.filter { request in
            request.bounds.deadline.map { $0 <= now } ?? false
        }
        .map(\.identifier).sorted()
    }

    /// The earliest deadline of all requests.
    package var nextDeadline: Duration? { requests.values.compactMap(\.bounds.deadline).min() }

    // MARK: - Start

    /// Starts the requests that may run now, and returns them.
    package mutating func startRequests(now: Duration) -> [RequestIdentifier] {
        observe(now)
        guard !waiting.isEmpty, running.count < configuration.maximumRunningCount else { return [] }
        let policy = StartPolicy(maximumOvertakeCount: configuration.maximumOvertakeCount)
        let candidates = waiting.compactMap { requests[$0] }.filter(\.isReady).map { request in
            StartPolicy.Candidate(
                request: request.identifier,
                tenant: request.bounds.tenant,
                priority: request.bounds.priority,
                wait: now - request.admittedAt
            )
        }
        var started: [RequestIdentifier] = []
        var blocked: [(request: RequestIdentifier, shortage: StartPolicy.Shortage)] = []
        // What some request has waited for long enough: nobody else may take of it.
        var closed: Set<StartPolicy.Shortage> = []
        // Blocks that the ones started just now are about to take.
        var promisedCount = 0
        let order = StartPolicy.ordered(candidates) { tenants[$0]?.runningCount ?? 0 }
        for candidate in order {
            guard running.count < configuration.maximumRunningCount else { break }
            guard let bounds = requests[candidate.request]?.bounds else { continue }
            // Who may not pass for now is no obstacle to those behind it.
            guard !closed.contains(where: { $0.isWorsened(by: bounds) }) else { continue }
            if let shortage = start(candidate.request, promisedBlockCount: &promisedCount, now: now)
            {
                blocked.append((candidate.request, shortage))
                if !policy.mayBeOvertaken(requests[candidate.request]?.overtakeCount ?? 0) {
                    closed.insert(shortage)
                }
                continue
            }
            started.append(candidate.request)
            for (passed, shortage) in blocked where shortage.isWorsened(by: bounds) {
                let count = (requests[passed]?.overtakeCount ?? 0) + 1
                requests[passed]?.overtakeCount = count
                if !policy.mayBeOvertaken(count) { closed.insert(shortage) }
            }
        }
        return started
    }

    /// Starts a request, or tells what there is too little of.
    private mutating func start(
        _ identifier: RequestIdentifier,
        promisedBlockCount: inout Int,
        now: Duration
    ) -> StartPolicy.Shortage? {
        guard let bounds = requests[identifier]?.bounds else { return nil }
        let promptBlocks =
            (bounds.promptPositionCount + configuration.blockSize - 1) / configuration.blockSize
        let needed = promptBlocks + promisedBlockCount + configuration.reservedBlockCount
        guard running.isEmpty || needed <= pool.availableCount else { return .blocks }
        guard reservedDrawingCount + bounds.drawingCount <= configuration.drawingCapacity else {
            return .drawings
        }
        guard !delaysPictures(bounds) else { return .turns }
        guard images.reserve(bounds.imageCount, for: identifier) else { return .images }
        promisedBlockCount += promptBlocks
        reservedDrawingCount += bounds.drawingCount
        waiting.removeAll { $0 == identifier }
        running.append(identifier)
        tenants[bounds.tenant]?[bounds.kind].waitingCount -= 1
        requests[identifier]?.startedAt = now
        requests[identifier]?.startIndex = startCount
        startCount += 1
        return nil
    }

    // MARK: - End

    /// Ends a request in whatever state it is, and frees everything it had.
    ///
    /// Does nothing if it has ended before.
    ///
    /// - Parameters:
    ///   - identifier: The request.
    ///   - isComplete: Whether all was computed that it asked for.
    ///   - now: The time.
    /// - Returns: Time of the machine that it was charged, its share of a step that is being computed included; nil if it had ended
    ///   before.
    @discardableResult
    package mutating func end(
        _ identifier: RequestIdentifier,
        isComplete: Bool = true,
        now: Duration
    ) -> Duration? {
        observe(now)
        chargeStep(to: identifier)
        guard let request = requests[identifier] else { return nil }
        for sequence in request.sequences { remove(sequence) }
        for drawing in request.drawings { remove(drawing) }
        requests[identifier] = nil
        inputByteCount -= request.bounds.inputByteCount
        let (tenant, kind) = (request.bounds.tenant, request.bounds.kind)
        tenants[tenant]?[kind].requestCount -= 1
        guard request.startedAt != nil else {
            tenants[tenant]?[kind].waitingCount -= 1
            waiting.removeAll { $0 == identifier }
            return request.cost
        }
        running.removeAll { $0 == identifier }
        images.release(identifier)
        reservedDrawingCount -= request.bounds.drawingCount
        costs.observeRequest(cost: request.cost)
        if isComplete { costs.observeCompletion(request.bounds, cost: request.cost) }
        return request.cost
    }
}
