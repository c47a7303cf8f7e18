internal import Locking
package import Scheduling

/// Counts and measures what the engine does; the one place where all of it comes together.
///
/// Cost: a lock and a few additions per record; nothing is formatted before somebody asks.
/// Threads: every member may be called from any thread.
package final class EngineMetrics: Sendable {
    /// Batches that ``MetricsSnapshot/recentSteps`` keeps.
    package static let recentStepCount = 32

    private let state = Mutex(MetricsSnapshot())
    private let live = Mutex<[ObjectIdentifier: RequestRecorder]>([:])

    /// Nothing counted yet.
    package init() {}

    /// Everything so far.
    package func snapshot() -> MetricsSnapshot { state.withLock { $0 } }

    // MARK: - Requests

    /// Begins the record of a request that is about to be submitted.
    ///
    /// - Parameters:
    ///   - identifier: The name of its answer.
    ///   - clientIdentifier: The name by which its client and the log know it.
    ///   - tenant: Whose it is; nil where there are no tenants.
    ///   - kind: What it asks for.
    ///   - priority: Its weight against others.
    ///   - arrived: When it came, from which its times count.
    /// - Returns: What follows the request from now on.
    package func makeRecorder(
        identifier: String,
        clientIdentifier: String,
        tenant: String? = nil,
        kind: RequestMode,
        priority: RequestPriority,
        arrived: ContinuousClock.Instant = .now
    ) -> RequestRecorder {
        RequestRecorder(
            self,
            identifier: identifier,
            clientIdentifier: clientIdentifier,
            tenant: tenant,
            kind: kind,
            priority: priority,
            arrived: arrived
        )
    }

    /// Requests that were admitted and have not ended, in the order of their admission.
    package var liveRequests: [EngineSnapshot.Request] {
        let now = ContinuousClock.now
        return live.withLock { Array($0.values) }.compactMap { $0.description(at: now) }
            .sorted { ($0.age, $1.identifier) > ($1.age, $0.identifier) }
    }

    /// A request was taken into the queue.
    func requestAdmitted(_ recorder: RequestRecorder) {
        live.withLock { $0[ObjectIdentifier(recorder)] = recorder }
        state.withLock { $0.admittedCounts[recorder.kind, default: 0] += 1 }
    }

    /// A request was not taken into the queue.
    package func rejected(_ reason: RejectionReason) {
        state.withLock { $0.rejectedCounts[reason, default: 0] += 1 }
    }

    /// A request began to be computed after waiting for `queueTime`.
    func requestStarted(queueTime: Duration) {
        state.withLock { $0.queueTimes.record(queueTime) }
    }

    /// The first words of a request came this long after its admission.
    func firstToken(_ duration: Duration) {
        state.withLock { $0.firstTokenTimes.record(duration) }
    }

    /// Words came this long after the words before them.
    func interToken(_ duration: Duration) {
        state.withLock { $0.interTokenTimes.record(duration) }
    }

    /// How a request ended.
    enum Outcome {
        case completed
        case cancelled(RequestPlace)
        case failed(EngineError.Kind)
    }

    /// A request ended `total` after its admission.
    func requestEnded(_ recorder: RequestRecorder, _ outcome: Outcome, total: Duration) {
        _ = live.withLock { $0.removeValue(forKey: ObjectIdentifier(recorder)) }
        state.withLock { state in
            switch outcome {
            case .completed:
                let kind = recorder.kind
                state.completedCounts[kind, default: 0] += 1
                state.requestTimes[kind, default: Histogram(bounds: Histogram.requestBounds)]
                    .record(total)
            case .cancelled(let place): state.cancelledCounts[place, default: 0] += 1
            case .failed(let kind): state.failedCounts[kind, default: 0] += 1
            }
        }
    }

    /// What an answered request made the model compute.
    func worked(_ usage: Usage) {
        state.withLock { state in
            state.promptTokenCount += usage.promptTokenCount
            state.cachedTokenCount += usage.cachedTokenCount
            state.generatedTokenCount += usage.completionTokenCount
            state.encodedImageCount += usage.encodedImageCount
            state.drawnImageCount += usage.outputImageCount
            state.denoisingStepCount += usage.stepCount
        }
    }

    // MARK: - Steps and caches

    /// A batch of a stage was computed.
    package func stepCompleted(stage: Stage, itemCount: Int, duration: Duration) {
        let now = ContinuousClock.now
        state.withLock { state in
            state.stages[stage, default: MetricsSnapshot.StageMeasurements()].durations
                .record(duration)
            state.stages[stage, default: MetricsSnapshot.StageMeasurements()].batchSizes
                .record(Double(itemCount))
            if state.recentSteps.count == Self.recentStepCount { state.recentSteps.removeFirst() }
            state.recentSteps.append(
                MetricsSnapshot.Step(
                    stage: stage,
                    itemCount: itemCount,
                    duration: duration,
                    ended: now
                )
            )
        }
    }

    /// A batch of a stage waited so long for words that came between its parts.
    package func interrupted(_ stage: Stage, for duration: Duration) {
        state.withLock { state in
            var interruptions = state.interruptions[stage] ?? MetricsSnapshot.Interruptions()
            interruptions.count += 1
            interruptions.duration += duration
            state.interruptions[stage] = interruptions
        }
    }

    /// A batch took so long, counted from the end of the one before if nothing lay between.
    package func measured(_ plan: StepPlan, _ duration: Duration) {
        state.withLock { $0.costs.observe(plan, duration: duration) }
    }

    /// A request's input was ready so long after its admission.
    package func prepared(after duration: Duration) {
        state.withLock { $0.costs.observePreparation(duration) }
    }

    /// A sequence lost its keys and values to others and will be computed again.
    package func preempted() {
        state.withLock { $0.preemptionCount += 1 }
    }

    /// So many tokens of a draft were computed, and so many of them became part of a text.
    func drafted(_ count: Int, accepted: Int) {
        state.withLock { state in
            state.draftedTokenCount += count
            state.acceptedTokenCount += accepted
        }
    }

    /// How the caches have done so far; all counts since the beginning, which never fall.
    ///
    /// - Parameters:
    ///   - imageFeatures: Look-ups of pictures' features.
    ///   - prefixes: Positions looked up among computed prefixes.
    package func cachesCounted(
        imageFeatures: MetricsSnapshot.CacheCounts,
        prefixes: MetricsSnapshot.CacheCounts
    ) {
        state.withLock { state in
            state.imageFeatures = imageFeatures
            state.prefixes = prefixes
        }
    }
}
