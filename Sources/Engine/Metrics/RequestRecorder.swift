internal import Locking
internal import Scheduling

/// Follows one request through its events: where it is, how long what took, how it ended.
///
/// The submitter tells it every event. The engine adds what no event says: the stage of the request's next work,
/// and how many positions there are. What comes after the end is ignored, so that a request
/// ends exactly once.
/// Threads: every member may be called from any thread; events of a request in their order.
package final class RequestRecorder: Sendable {
    /// The name of the request's answer.
    package let identifier: String
    /// The name that the client and the log know the request by.
    package let clientIdentifier: String
    /// Whose it is; nil where there are no tenants.
    package let tenant: String?
    /// What the request asks for.
    package let kind: RequestMode
    /// How much of the machine it gets.
    package let priority: RequestPriority

    private struct State {
        var place = RequestPlace.waiting
        var isAdmitted = false
        var hasEnded = false
        var computedPositionCount = 0
        var positionCount = 0
        var effort = RequestEffort()
        var drawings: [EngineSnapshot.Drawing] = []
        /// Segment and time of the last words.
        var lastText: (index: Int, time: ContinuousClock.Instant)?
        /// Where it has been, and since when.
        var visits: [(place: RequestPlace, start: ContinuousClock.Instant)] = []
        var queueTime: Duration?
        var firstTokenTime: Duration?

        /// Goes on elsewhere, unless it is there already.
        mutating func visit(_ place: RequestPlace) {
            self.place = place
            guard visits.last?.place != place, visits.count < RequestRecorder.maximumVisitCount
            else { return }
            visits.append((place, .now))
        }
    }

    /// A stay of the request in one place.
    package struct Visit: Sendable {
        /// Where.
        package let place: RequestPlace
        /// Since when.
        package let start: ContinuousClock.Instant
        /// When it went on.
        package let end: ContinuousClock.Instant
    }

    /// What is told of one request; stories of many segments are told up to here.
    private static let maximumVisitCount = 256

    private let metrics: EngineMetrics
    private let created: ContinuousClock.Instant
    private let state = Mutex(State())

    init(
        _ metrics: EngineMetrics,
        identifier: String,
        clientIdentifier: String,
        tenant: String?,
        kind: RequestMode,
        priority: RequestPriority,
        arrived: ContinuousClock.Instant
    ) {
        created = arrived
        self.metrics = metrics
        self.identifier = identifier
        self.clientIdentifier = clientIdentifier
        self.tenant = tenant
        self.kind = kind
        self.priority = priority
        state.withLock { $0.visits = [(.waiting, arrived)] }
    }

    // MARK: - Life

    /// Submits the request and records whether it was admitted.
    package func submit<Result>(
        _ body: () throws(EngineError) -> Result
    ) throws(EngineError) -> Result {
        do throws(EngineError) {
            let result = try body()
            admit()
            return result
        } catch {
            metrics.rejected(RejectionReason(error.kind))
            throw error
        }
    }

    /// Counts the admission, once; the first event may come before the submission has returned.
    private func admit() {
        state.withLock { state in
            guard !state.isAdmitted else { return }
            state.isAdmitted = true
            // Under the lock, or a request that ends at once could end before it was admitted.
            metrics.requestAdmitted(self)
        }
    }

    /// Takes note of an event.
    package func observe(_ event: EngineEvent) {
        admit()
        switch event {
        case .started: start()
        case .segmentStarted, .segmentDone, .imagePartial: break
        case .textDelta(let index, _, _, _): words(of: index)
        case .imageProgress(_, let picture, let step, let stepCount, _):
            progress(picture, step, stepCount)
        case .completed(let completion):
            metrics.worked(completion.usage)
            answered(
                with: completion.usage.promptTokenCount + completion.usage.completionTokenCount
            )
            end(.completed)
        case .failed(let error): end(error)
        }
    }

    /// Takes note of the result of a request for scores.
    package func observe(_ result: Result<Scores, EngineError>) {
        admit()
        switch result {
        case .success(let scores):
            var usage = Usage()
            usage.promptTokenCount = scores.promptTokenCount
            metrics.worked(usage)
            let optionTokenCount = scores.options.reduce(0) { $0 + $1.tokens.count }
            answered(with: scores.promptTokenCount + optionTokenCount)
            end(.completed)
        case .failure(let error): end(error)
        }
    }

    /// The request is being computed from now on.
    package func start() {
        let isFirst = state.withLock { state in
            guard state.place == .waiting else { return false }
            state.visit(.language)
            state.queueTime = created.duration(to: .now)
            return true
        }
        if isFirst { metrics.requestStarted(queueTime: created.duration(to: .now)) }
    }

    /// Time from the arrival to the start; nil before.
    package var queueTime: Duration? { state.withLock(\.queueTime) }

    /// Time from the arrival to the first words; nil before.
    package var firstTokenTime: Duration? { state.withLock(\.firstTokenTime) }

    /// Where the request has been so far, up to now.
    package var visits: [Visit] {
        let visits = state.withLock(\.visits)
        let ends = visits.dropFirst().map(\.start) + [.now]
        return zip(visits, ends).map { Visit(place: $0.place, start: $0.start, end: $1) }
    }

    private func end(_ error: EngineError) {
        let place = state.withLock(\.place)
        end(error.kind == .cancelled ? .cancelled(place) : .failed(error.kind))
    }

    private func end(_ outcome: EngineMetrics.Outcome) {
        let isFirst = state.withLock { state in
            defer { state.hasEnded = true }
            return !state.hasEnded
        }
        guard isFirst else { return }
        metrics.requestEnded(self, outcome, total: created.duration(to: .now))
    }

    // MARK: - What it took

    /// What the request took, as far as it is known; whole with its last event.
    package var effort: RequestEffort { state.withLock(\.effort) }

    /// The scheduler has charged the request so much, and has done with it.
    func spent(_ machineTime: Duration, computedTokenCount: Int) {
        state.withLock { state in
            state.effort.machineTime = machineTime
            state.effort.tokenCount = computedTokenCount
        }
    }

    /// The first step of a picture begins.
    func pictureBegan() {
        state.withLock { $0.effort.pictureCount += 1 }
    }

    private func answered(with tokenCount: Int) {
        state.withLock { $0.effort.tokenCount = tokenCount }
    }

    // MARK: - On the way

    /// The request's next work is of this stage.
    package func move(to stage: Stage) {
        state.withLock { state in
            state.visit(RequestPlace(stage))
            if stage != .denoise && stage != .render { state.drawings = [] }
        }
    }

    /// How many positions the request's sequences have, and how many of them are computed.
    package func positions(computed: Int, total: Int) {
        state.withLock { state in
            state.computedPositionCount = computed
            state.positionCount = total
        }
    }

    private func words(of index: Int) {
        let now = ContinuousClock.now
        let last = state.withLock { state in
            defer { state.lastText = (index, now) }
            if state.lastText == nil { state.firstTokenTime = created.duration(to: now) }
            return state.lastText
        }
        guard let last else { return metrics.firstToken(created.duration(to: now)) }
        if last.index == index { metrics.interToken(last.time.duration(to: now)) }
    }

    private func progress(_ picture: Int, _ step: Int, _ stepCount: Int) {
        state.withLock { state in
            let drawing = EngineSnapshot.Drawing(step: step, stepCount: stepCount)
            // Pictures of a segment may come one after the other or side by side.
            if picture < state.drawings.count {
                state.drawings[picture] = drawing
            } else if state.drawings.count < Self.maximumDrawingCount {
                state.drawings.append(drawing)
            }
        }
    }

    /// More pictures of one context are never asked for.
    private static let maximumDrawingCount = 64

    /// What there is to see of the request; nil once it has ended.
    func description(at now: ContinuousClock.Instant) -> EngineSnapshot.Request? {
        state.withLock { state in
            guard !state.hasEnded else { return nil }
            return EngineSnapshot.Request(
                identifier: identifier,
                clientIdentifier: clientIdentifier,
                tenant: tenant,
                kind: kind,
                priority: priority,
                place: state.place,
                age: created.duration(to: now),
                computedPositionCount: state.computedPositionCount,
                positionCount: state.positionCount,
                drawings: state.drawings
            )
        }
    }
}
