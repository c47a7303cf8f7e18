package import Scheduling

/// A discrete-event simulation: the same scheduler that drives the engine, with a cost model in place of
/// the model.
///
/// A step takes exactly the time that the costs give; what arrives while it runs is seen when it ends, or is interrupted.
/// The same configuration, costs and load give the same report, whatever the machine.
package struct Simulator {
    /// What arrives.
    package enum Load: Hashable, Sendable {
        /// Requests at given times.
        case open(ArrivalTrace)
        /// So many clients, each of which sends its next request when the one before has ended.
        case closed(RequestMix, clientCount: Int, requestCount: Int, seed: UInt64)
    }

    private let costs: StepCosts
    private let imagePositionCount: Int
    private let timeout: Duration?
    private var scheduler: Scheduler
    private var now = Duration.zero
    private var sessions: [RequestIdentifier: SimulatedRequest] = [:]
    private var preparing: [(readyAt: Duration, request: RequestIdentifier)] = []
    private var preparedCount = 0
    private var source: ArrivalSource
    private var log = SimulationLog()

    /// A simulation that has not begun.
    ///
    /// - Parameters:
    ///   - configuration: Pools and policies.
    ///   - costs: How long steps take.
    ///   - load: What arrives.
    ///   - imagePositionCount: Positions that a picture takes in a sequence.
    ///   - timeout: Time after which a request is given up, or nil.
    /// - Throws: ``SchedulingConfigurationError``.
    package init(
        _ configuration: SchedulingConfiguration,
        costs: StepCosts,
        load: Load,
        imagePositionCount: Int = 16,
        timeout: Duration? = nil
    ) throws(SchedulingConfigurationError) {
        try costs.validate()
        scheduler = try Scheduler(configuration)
        self.costs = costs
        self.imagePositionCount = imagePositionCount
        self.timeout = timeout
        source = ArrivalSource(load)
    }

    /// Runs until every request has ended.
    package mutating func run() -> SimulationLog {
        while true {
            takeWhatCame()
            if let plan = scheduler.plan(now: now) {
                execute(plan)
            } else if let stuck = scheduler.stuckRequest {
                preconditionFailure("request \(stuck.number) has work that fits nowhere")
            } else if let next = nextEvent {
                now = max(now, next)
            } else {
                break
            }
        }
        log.duration = now
        return log
    }

    private mutating func takeWhatCame() {
        admitArrivals()
        markPrepared()
        expire()
        for request in scheduler.startRequests(now: now) {
            sessions[request]?.start(&scheduler, now: now)
        }
    }

    private var nextEvent: Duration? {
        let prepared = preparedCount < preparing.count ? preparing[preparedCount].readyAt : nil
        return [source.nextTime, prepared, scheduler.nextDeadline].compactMap(\.self).min()
    }

    private mutating func admitArrivals() {
        while let arrival = source.next(until: now) {
            let bounds = SimulatedRequest.bounds(
                arrival,
                imagePositionCount: imagePositionCount,
                timeout: timeout
            )
            do throws(AdmissionRefusal) {
                let identifier = try scheduler.admit(bounds, now: arrival.time)
                sessions[identifier] = SimulatedRequest(
                    arrival,
                    identifier,
                    imagePositionCount: imagePositionCount
                )
                let overhead = Duration.nanoseconds(Int64(costs.requestOverhead * 1e3))
                preparing.append((arrival.time + overhead, identifier))
            } catch {
                refuse(arrival, error)
            }
        }
    }

    private mutating func refuse(_ arrival: Arrival, _ refusal: AdmissionRefusal) {
        var outcome = SimulatedOutcome(
            kind: arrival.kind,
            priority: arrival.priority,
            arrivedAt: arrival.time
        )
        outcome.refusal = refusal
        log.outcomes.append(outcome)
        var wait = Duration.seconds(1)
        switch refusal {
        case .queueFull(_, _, _, let retryAfter), .shareTaken(_, _, let retryAfter):
            wait = max(retryAfter, wait / 10)
        case .deadlineUnreachable(let needed, let available):
            wait = max(needed - available, wait / 10)
        case .tooLarge, .draining: break
        }
        source.requestEnded(at: arrival.time + wait)
    }

    private mutating func markPrepared() {
        while preparedCount < preparing.count, preparing[preparedCount].readyAt <= now {
            scheduler.markReady(preparing[preparedCount].request)
            preparedCount += 1
        }
        // What has been used up is dropped now and then, not one by one.
        if preparedCount > 1024 {
            preparing.removeFirst(preparedCount)
            preparedCount = 0
        }
    }

    private mutating func expire() {
        guard timeout != nil else { return }
        for (request, needed, available) in scheduler.unreachable(now: now) {
            guard var outcome = sessions[request]?.outcome else { continue }
            outcome.refusal = .deadlineUnreachable(
                needed: needed,
                available: available
            )
            end(request, outcome)
        }
        guard let deadline = scheduler.nextDeadline, deadline <= now else { return }
        for request in scheduler.expired(now: now) {
            guard var outcome = sessions[request]?.outcome else { continue }
            outcome.isExpired = true
            end(request, outcome)
        }
    }

    private mutating func execute(_ plan: StepPlan) {
        let cost = costs.duration(of: plan)
        var rest = cost
        while let time = scheduler.interruptionTime, time < now + rest {
            rest -= max(.zero, time - now)
            now = max(now, time)
            takeWhatCame()
            guard let interruption = scheduler.planInterruption(now: now) else { continue }
            log.interruptionCount += 1
            execute(interruption)
        }
        now += rest
        log.record(plan, cost: cost)
        for event in scheduler.apply(plan, cost: cost, now: now) {
            let request = event.request
            sessions[request]?.receive(event, &scheduler, now: now)
            guard let session = sessions[request], session.isFinished else { continue }
            log.usefulTime += scheduler.machineTime(of: request) ?? .zero
            end(request, session.outcome)
        }
    }

    private mutating func end(_ request: RequestIdentifier, _ outcome: SimulatedOutcome) {
        log.outcomes.append(outcome)
        scheduler.end(request, isComplete: outcome.endedAt != nil, now: now)
        sessions[request] = nil
        source.requestEnded(at: now)
    }
}

/// Where the requests of a simulation come from.
private struct ArrivalSource {
    private var arrivals: [Arrival]
    private var index = 0
    private var mix: RequestMix?
    private var random: LoadRandom
    private var remainingCount = 0

    init(_ load: Simulator.Load) {
        switch load {
        case .open(let trace):
            arrivals = trace.arrivals
            random = LoadRandom(seed: 0)
        case .closed(let mix, let clientCount, let requestCount, let seed):
            arrivals = []
            self.mix = mix
            random = LoadRandom(seed: seed)
            remainingCount = requestCount
            for _ in 0..<clientCount { requestEnded(at: .zero) }
        }
    }

    var nextTime: Duration? { index < arrivals.count ? arrivals[index].time : nil }

    mutating func next(until time: Duration) -> Arrival? {
        guard let next = nextTime, next <= time else { return nil }
        index += 1
        return arrivals[index - 1]
    }

    /// A client is free to send its next request.
    mutating func requestEnded(at time: Duration) {
        guard let mix, remainingCount > 0 else { return }
        remainingCount -= 1
        var arrival = mix.draw(&random)
        arrival.time = time
        let place = arrivals[index...].firstIndex { $0.time > time } ?? arrivals.endIndex
        arrivals.insert(arrival, at: place)
    }
}
