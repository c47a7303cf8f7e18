// MARK: - Planning

extension Scheduler {
    /// The next batch, or nil if nothing is to be computed, or nothing can be: then there is a
    /// ``stuckRequest``.
    ///
    /// Tell ``apply(_:cost:now:)`` when it is done.
    ///
    /// - Precondition: The plan before has ended.
    package mutating func plan(now: Duration) -> StepPlan? {
        precondition(stepsInFlight.isEmpty, "the plan before has not ended")
        observe(now)
        stuckRequest = nil
        resumeStalled()
        let order = takeTurns()
        guard let first = order.first else { return nil }
        let decodeWait = longestDecodeWait(now: now)
        let isOutOfTurn = latency.decodesOutOfTurn(wait: decodeWait)
        var stages = order.compactMap { nextStage(of: $0) }
        if isOutOfTurn { stages.insert(.language, at: 0) }
        // A stage may have nothing that fits: sequences wait until blocks are free.
        var tried: Set<Stage> = []
        for stage in stages where tried.insert(stage).inserted {
            let plan = plan(stage, order: order, isDecoding: decodeWait != nil)
            guard let plan else { continue }
            stepsInFlight = [plan]
            advance = StepAdvance(begun: now)
            planFirstInterruption(of: plan, now: now)
            return plan
        }
        stuckRequest = first
        return nil
    }

    /// Stage of the request's next work: its pictures before what follows them in its sequences.
    func nextStage(of identifier: RequestIdentifier) -> Stage? {
        guard let request = requests[identifier] else { return nil }
        if request.awaitedImages.contains(where: { images.isQueued($0) }) { return .encode }
        if hasLanguageWork(identifier) { return .language }
        for drawing in request.drawings {
            switch drawings[drawing]?.work {
            case .denoise: return .denoise
            case .render: return .render
            case nil: continue
            }
        }
        return nil
    }

    func hasLanguageWork(_ identifier: RequestIdentifier) -> Bool {
        requests[identifier]?.sequences.contains { sequences[$0]?.isRunnable ?? false } ?? false
    }

    /// How long the sequence has waited that waits longest for its next token.
    func longestDecodeWait(now: Duration) -> Duration? {
        let since = running.lazy.compactMap { self.requests[$0] }.filter { !$0.isStalled }
            .flatMap(\.sequences).compactMap { self.sequences[$0] }.filter(\.isDecoding)
            .map(\.requestedAt).min()
        return since.map { now - $0 }
    }

    private mutating func plan(
        _ stage: Stage,
        order: [RequestIdentifier],
        isDecoding: Bool
    ) -> StepPlan? {
        switch stage {
        case .encode:
            planEncode(order, limit: limit(stage, configuration.maximumEncodeCount, isDecoding))
        case .language: planLanguage(order)
        case .denoise:
            planDenoise(order, limit: limit(stage, configuration.maximumSampleCount, isDecoding))
        case .render:
            planRender(order, limit: limit(stage, configuration.maximumRenderCount, isDecoding))
        }
    }

    func limit(_ stage: Stage, _ maximum: Int, _ isDecoding: Bool) -> Int {
        latency.unitLimit(maximum, cost: costs[stage], isDecoding: isDecoding)
    }

    // MARK: - Pictures

    private mutating func planEncode(_ order: [RequestIdentifier], limit: Int) -> StepPlan? {
        var items: [EncodePlan.Item] = []
        var chosen: Set<ImageDigest> = []
        for request in order {
            for image in requests[request]?.awaitedImages ?? [] where items.count < limit {
                guard images.isQueued(image), chosen.insert(image).inserted else { continue }
                items.append(EncodePlan.Item(image: image, request: request))
            }
        }
        guard !items.isEmpty else { return nil }
        return .encode(EncodePlan(items: items, evicted: images.begin(items.map(\.image))))
    }

    private func planDenoise(_ order: [RequestIdentifier], limit: Int) -> StepPlan? {
        var items: [DenoiseItem] = []
        var count = 0
        for (request, drawing, state) in drawings(order, .denoise) {
            // At least one, however large.
            guard items.isEmpty || count + state.sampleCount <= limit else { break }
            let item = DenoiseItem(
                request: request,
                drawing: drawing,
                sampleCount: state.sampleCount
            )
            items.append(item)
            count += state.sampleCount
        }
        return items.isEmpty ? nil : .denoise(items)
    }

    private func planRender(_ order: [RequestIdentifier], limit: Int) -> StepPlan? {
        let items = drawings(order, .render).prefix(limit).map {
            RenderItem(request: $0.request, drawing: $0.drawing)
        }
        return items.isEmpty ? nil : .render(items)
    }

    private func drawings(
        _ order: [RequestIdentifier],
        _ work: DrawingState.Work
    ) -> [(request: RequestIdentifier, drawing: DrawingIdentifier, state: DrawingState)] {
        order.flatMap { request in
            (requests[request]?.drawings ?? []).compactMap { drawing in
                drawings[drawing].flatMap { $0.work == work ? (request, drawing, $0) : nil }
            }
        }
    }
}
