// MARK: - Interruptions of long steps

extension Scheduler {
    /// A language step to be computed while the step that runs waits, or nil if there is nothing to compute: then
    /// ``interruptionTime`` tells when to look again.
    ///
    /// Everything that came meanwhile may have been told before. Tell ``apply(_:cost:now:)`` when it is done; then the step
    /// that was interrupted goes on.
    ///
    /// - Precondition: One step runs, of another stage than language.
    package mutating func planInterruption(now: Duration) -> StepPlan? {
        precondition(
            stepsInFlight.count == 1 && stepsInFlight[0].stage != .language,
            "no step that can be interrupted"
        )
        observe(now)
        guard now >= wordsTime else {
            interruptionTime = min(wordsTime, now + latency.longestInterval)
            return nil
        }
        resumeStalled()
        guard let plan = planLanguage(takeTurns(), isAwaited: true) else {
            interruptionTime = now + latency.lookInterval
            return nil
        }
        stepsInFlight.append(plan)
        // What interrupts is not interrupted.
        interruptionTime = nil
        return plan
    }

    /// Tells that the step which was interrupted goes on, and for how long others were computed.
    package mutating func resume(afterInterruption duration: Duration, now: Duration) {
        observe(now)
        leaveTime(after: duration, now: now)
    }

    /// Whether somebody waits for the step that runs, or that waits for the one which interrupts it.
    package var isStepAwaited: Bool {
        switch stepsInFlight.first {
        // Whoever asked for a picture's features has them, if not the one for whom they are computed.
        case .encode(let plan): plan.items.contains { !images.owners(of: $0.image).isEmpty }
        case .language(let plan): plan.items.contains { sequences[$0.sequence] != nil }
        case .denoise(let items): items.contains { drawings[$0.drawing] != nil }
        case .render(let items): items.contains { drawings[$0.drawing] != nil }
        case nil: false
        }
    }

    /// Tells that a step is not computed to its end, as nobody waits for it.
    ///
    /// - Precondition: ``isStepAwaited`` says so, and nothing interrupts the step.
    package mutating func giveUp(_ plan: StepPlan, now: Duration) {
        precondition(stepsInFlight == [plan] && !isStepAwaited, "somebody waits for the step")
        observe(now)
        stepsInFlight = []
        interruptionTime = nil
        wordsTime = now
        if case .encode(let plan) = plan { images.giveUp(plan.items.map(\.image)) }
    }

    /// Notes when the step that was just planned is to be interrupted.
    ///
    /// By then the token that is next has waited as long as one may; if none waits, one looks soon for somebody who comes.
    mutating func planFirstInterruption(of plan: StepPlan, now: Duration) {
        let prediction = costs[plan.stage].prediction(unitCount: plan.unitCount)
        guard plan.stage != .language, latency.isInterrupted(prediction) else {
            interruptionTime = nil
            return
        }
        if let wait = longestDecodeWait(now: now) {
            let due = max(now - wait + latency.interruptionInterval, wordsTime)
            interruptionTime = min(max(now, due), now + latency.longestInterval)
        } else {
            let someoneWaits = running.contains { hasLanguageWork($0) }
            interruptionTime =
                now + (someoneWaits ? latency.interruptionInterval : latency.lookInterval)
        }
    }

    /// Notes when the step that goes on after one that ended is to be interrupted again, if any goes on; else for how long words leave
    /// the next one alone.
    mutating func planNextInterruption(after plan: StepPlan, cost: Duration, now: Duration) {
        guard stepsInFlight.isEmpty else { return leaveTime(after: cost, now: now) }
        interruptionTime = nil
        wordsTime = now
        // A prompt beside which there were no words keeps none waiting that come after it.
        if case .language(let words) = plan, words.isDecoding, cost > latency.longestInterval {
            wordsTime = now + cost
        }
    }

    /// No words come for some time after words that took so long.
    private mutating func leaveTime(after cost: Duration, now: Duration) {
        wordsTime = now + latency.interval(afterWords: cost)
        interruptionTime = min(wordsTime, now + latency.longestInterval)
    }

    /// Whether a step computes for a request.
    func isInFlight(_ request: RequestIdentifier) -> Bool {
        stepsInFlight.contains { $0.shares.contains { $0.request == request } }
    }
}
