internal import Locking
internal import Scheduling
internal import Tensors

/// The engine's heart: plans a step, has it computed and tells everybody what came of it, again and again.
extension EngineCore {
    /// Sees to it that another step is planned once all sessions that can have run.
    func scheduleStep() {
        guard !isStepDue else { return }
        isStepDue = true
        post { $0.step() }
    }

    private func step() {
        isStepDue = false
        // The step that is interrupted schedules the next one when it ends.
        guard !isComputing else { return }
        endAndStartRequests()
        let planned = now
        let (next, stuck) = scheduler.withLock { ($0.plan(now: planned), $0.stuckRequest) }
        guard let plan = next else {
            lastStepEnd = nil
            guard let stuck else { return awaitDeadline() }
            end(stuck, EngineError(.internalFailure, "the request's work fits nowhere"))
            return scheduleStep()
        }
        isComputing = true
        // What sessions did since the last step belongs to what this one costs.
        run(plan, since: lastStepEnd ?? planned)
        isComputing = false
        scheduleStep()
    }

    /// Ends requests whose time is over, or will be before they are answered, and starts those that may run now.
    private func endAndStartRequests() {
        let now = now
        let (expired, unreachable) = scheduler.withLock {
            ($0.expired(now: now), $0.unreachable(now: now))
        }
        for identifier in expired {
            guard let request = requests[identifier] else { continue }
            end(identifier, request.deadlineError)
        }
        for (identifier, needed, available) in unreachable {
            end(identifier, EngineError(deadlineIn: available, needed: needed))
        }
        let started = scheduler.withLock { $0.startRequests(now: now) }
        for identifier in started { start(identifier) }
    }

    /// Computes a step and tells everybody what came of it.
    ///
    /// - Parameters:
    ///   - plan: What to compute.
    ///   - start: The time from which it is charged to its requests.
    private func run(_ plan: StepPlan, since start: Duration) {
        let begun = now
        let (computed, interruptedTime) = executeInterruptibly(plan)
        let ended = now
        let cost = ended - start - interruptedTime
        let duration = ended - begun - interruptedTime
        lastStepEnd = ended
        madeProgress(ended)
        metrics.stepCompleted(stage: plan.stage, itemCount: plan.unitCount, duration: duration)
        guard let results = computed else {
            return scheduler.withLock { $0.giveUp(plan, now: ended) }
        }
        let events = scheduler.withLock { $0.apply(plan, cost: cost, now: ended) }
        metrics.measured(plan, cost)
        explain(plan, duration)
        for (request, error) in results.failures { end(request.identifier, error) }
        for event in events { deliver(event, results) }
    }

    /// Tells the requests of a step what it took.
    private func explain(_ plan: StepPlan, _ duration: Duration) {
        var told: Set<RequestIdentifier> = []
        for (identifier, unitCount) in plan.shares {
            guard let request = requests[identifier] else { continue }
            var share = request.explanation.shares[plan.stage] ?? Explanation.Share()
            share.unitCount += unitCount
            if told.insert(identifier).inserted {
                share.stepCount += 1
                share.batchUnitCount += plan.unitCount
                share.duration += duration
            }
            request.explanation.shares[plan.stage] = share
        }
    }

    // MARK: - Interruptions

    /// Computes a step, between whose parts others come where it takes long.
    ///
    /// - Parameter plan: What to compute.
    /// - Returns: What it computed, or nothing if all ended meanwhile who waited for it; the time that went to others.
    private func executeInterruptibly(
        _ plan: StepPlan
    ) -> (results: StepResults?, interruptedTime: Duration) {
        guard scheduler.withLock(\.interruptionTime) != nil else { return (execute(plan), .zero) }
        interruptedTime = .zero
        let pool = compute.pool
        pool.interruption = Interruption {
            self.isInterruptionDue
        } _: {
            self.interruptedTime += self.interrupt(plan.stage)
            pool.isGivenUp = !self.scheduler.withLock(\.isStepAwaited)
        }
        defer {
            pool.interruption = nil
            pool.isGivenUp = false
        }
        let results = execute(plan)
        return (pool.isGivenUp ? nil : results, interruptedTime)
    }

    private nonisolated var isInterruptionDue: Bool {
        scheduler.withLock(\.interruptionTime).map { now >= $0 } ?? false
    }

    /// Lets what came during a step take effect before its end, and computes words that are due.
    ///
    /// - Parameter stage: What the step computes that waits meanwhile.
    /// - Returns: The time that went to others.
    private func interrupt(_ stage: Stage) -> Duration {
        let start = now
        madeProgress(start)
        thread.runPending()
        endAndStartRequests()
        // Those that started ask for what they need first.
        thread.runPending()
        let next = scheduler.withLock { $0.planInterruption(now: now) }
        guard let plan = next else { return now - start }
        run(plan, since: start)
        // Sessions whose words are there go on to the next.
        thread.runPending()
        let ended = now
        let duration = ended - start
        scheduler.withLock { $0.resume(afterInterruption: duration, now: ended) }
        metrics.interrupted(stage, for: duration)
        return duration
    }

    /// Nothing can be computed now: the next thing to happen by itself is a deadline.
    private func awaitDeadline() {
        guard let deadline = scheduler.withLock(\.nextDeadline) else { return }
        // One alarm is enough, or a busy engine would pile up those of requests that ended long ago.
        if let alarm, alarm <= deadline { return }
        alarm = deadline
        thread.async(after: deadline - now) { [weak self] in
            self?.assumeIsolated { core in
                if core.alarm == deadline { core.alarm = nil }
                core.scheduleStep()
            }
        }
    }
}
