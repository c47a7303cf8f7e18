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
            interruptionTime = max(now, now - wait + latency.interruptionInterval)
        } else {
            let someoneWaits = running.contains { hasLanguageWork($0) }
            interruptionTime =
                now + (someoneWaits ? latency.interruptionInterval : latency.lookInterval)
        }
    }

    /// Notes when the step that goes on after one that ended is to be interrupted again, if any goes on.
    mutating func planNextInterruption(after cost: Duration, now: Duration) {
        interruptionTime =
            stepsInFlight.isEmpty ? nil : now + latency.interval(afterInterruption: cost)
    }

    /// Whether a step computes for a request.
    func isInFlight(_ request: RequestIdentifier) -> Bool {
        stepsInFlight.contains { $0.shares.contains { $0.request == request } }
    }
}
