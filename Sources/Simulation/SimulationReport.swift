internal import Scheduling

/// What a simulation comes to, in seconds and counts.
package struct SimulationReport: Hashable, Sendable, Codable {
    /// Requests of one kind.
    package struct Kind: Hashable, Sendable, Codable {
        package let kind: RequestKind
        package let completedCount: Int
        package let refusedCount: Int
        package let expiredCount: Int
        package let queueTime: Percentiles?
        package let timeToFirst: Percentiles?
        package let interToken: Percentiles?
        package let endToEnd: Percentiles?
    }

    /// Steps of one stage.
    package struct StageUse: Hashable, Sendable, Codable {
        package let stage: String
        package let stepCount: Int
        package let meanUnitCount: Double
        /// Share of all time.
        package let utilisation: Double
        package let longestStepSeconds: Double
    }

    package let seconds: Double
    package let tokensPerSecond: Double
    package let picturesPerSecond: Double
    package let requestsPerSecond: Double
    /// Share of all time that went into requests that were completed.
    package let usefulShare: Double
    package let kinds: [Kind]
    package let stages: [StageUse]
    /// Refused requests by reason.
    package let refusals: [String: Int]
    package let preemptionCount: Int
    /// Steps that came between the parts of others.
    package let interruptionCount: Int

    package init(_ log: SimulationLog) {
        seconds = log.duration.inSeconds
        let completed = log.outcomes.filter { $0.endedAt != nil }
        let time = max(seconds, 1e-9)
        tokensPerSecond = Double(log.outcomes.reduce(0) { $0 + $1.tokenTimes.count }) / time
        picturesPerSecond = Double(log.outcomes.reduce(0) { $0 + $1.pictureTimes.count }) / time
        requestsPerSecond = Double(completed.count) / time
        usefulShare = log.usefulTime.inSeconds / time
        kinds = Set(log.outcomes.map(\.kind)).sorted().map { kind in
            Self.summary(kind, log.outcomes.filter { $0.kind == kind })
        }
        stages = Stage.allCases.compactMap { stage in
            guard let sum = log.stages[stage] else { return nil }
            return StageUse(
                stage: stage.rawValue,
                stepCount: sum.stepCount,
                meanUnitCount: Double(sum.unitCount) / Double(sum.stepCount),
                utilisation: sum.busy.inSeconds / time,
                longestStepSeconds: sum.longest.inSeconds
            )
        }
        refusals = log.outcomes.reduce(into: [:]) { counts, outcome in
            switch outcome.refusal {
            case .queueFull(let pool, _, _, _): counts["full: \(pool.rawValue)", default: 0] += 1
            case .shareTaken(let kind, _, _): counts["share taken: \(kind)", default: 0] += 1
            case .deadlineUnreachable: counts["deadline unreachable", default: 0] += 1
            case .tooLarge(let pool, _, _): counts["too large: \(pool.rawValue)", default: 0] += 1
            case .draining: counts["draining", default: 0] += 1
            case nil: break
            }
        }
        preemptionCount = log.preemptionCount
        interruptionCount = log.interruptionCount
    }

    private static func summary(_ kind: RequestKind, _ outcomes: [SimulatedOutcome]) -> Kind {
        let completed = outcomes.filter { $0.endedAt != nil }
        return Kind(
            kind: kind,
            completedCount: completed.count,
            refusedCount: outcomes.count { $0.refusal != nil },
            expiredCount: outcomes.count(where: \.isExpired),
            queueTime: Percentiles(completed.compactMap(\.queueTime)),
            timeToFirst: Percentiles(completed.compactMap(\.timeToFirst)),
            interToken: Percentiles(completed.flatMap(\.interTokenTimes)),
            endToEnd: Percentiles(completed.compactMap(\.endToEnd))
        )
    }
}
