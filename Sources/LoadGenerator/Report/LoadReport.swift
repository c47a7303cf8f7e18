package import Simulation

/// Times that a request must not exceed to count as good; nil for no bound.
package struct Targets: Hashable, Sendable, Encodable {
    /// Until the first words or the first denoising step.
    package var firstOutput: Duration?
    /// Mean between words.
    package var interToken: Duration?
    /// Until the end.
    package var latency: Duration?

    /// No bounds.
    package init() {}

    /// Whether a request was answered within the bounds.
    package func areMet(by record: RequestRecord) -> Bool {
        func meets(_ time: Duration?, _ bound: Duration?) -> Bool {
            guard let time, let bound else { return true }
            return time <= bound
        }
        return record.isCompleted && meets(record.firstOutput, firstOutput)
            && meets(record.meanInterTokenTime, interToken) && meets(record.latency, latency)
    }

    private enum CodingKeys: String, CodingKey {
        case firstOutput = "first_output_ms"
        case interToken = "inter_token_ms"
        case latency = "latency_ms"
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encodeIfPresent(firstOutput.map { $0 / .milliseconds(1) }, forKey: .firstOutput)
        try values.encodeIfPresent(interToken.map { $0 / .milliseconds(1) }, forKey: .interToken)
        try values.encodeIfPresent(latency.map { $0 / .milliseconds(1) }, forKey: .latency)
    }
}

/// What a run measured, over all requests or those of one kind.
package struct LoadSummary: Sendable, Encodable {
    /// The kind, or `all`.
    package let kind: String
    /// Requests answered completely.
    package let completedCount: Int
    /// Requests that the daemon did not take.
    package let refusedCount: Int
    /// Requests that failed.
    package let failedCount: Int
    /// Time in the daemon's queue.
    package let queueTime: Percentiles?
    /// Until the first words or the first denoising step.
    package let firstOutput: Percentiles?
    /// Between words of a segment, over all requests.
    package let interToken: Percentiles?
    /// Until the end.
    package let latency: Percentiles?
    /// Completed requests per second of the run.
    package let requestsPerSecond: Double
    /// Generated tokens per second of the run.
    package let tokensPerSecond: Double
    /// Drawn pictures per second of the run.
    package let picturesPerSecond: Double
    /// Completed requests within the targets per second of the run.
    package let goodput: Double

    private enum CodingKeys: String, CodingKey {
        case kind
        case completedCount = "completed"
        case refusedCount = "refused"
        case failedCount = "failed"
        case queueTime = "queue_ms"
        case firstOutput = "first_output_ms"
        case interToken = "inter_token_ms"
        case latency = "latency_ms"
        case requestsPerSecond = "requests_per_second"
        case tokensPerSecond = "tokens_per_second"
        case picturesPerSecond = "pictures_per_second"
        case goodput = "goodput_per_second"
    }

    /// Summarises records.
    package init(
        _ kind: String,
        _ records: [RequestRecord],
        _ duration: Duration,
        _ targets: Targets
    ) {
        self.kind = kind
        let completed = records.filter(\.isCompleted)
        completedCount = completed.count
        refusedCount = records.count { if case .refused = $0.outcome { true } else { false } }
        failedCount = records.count { if case .failed = $0.outcome { true } else { false } }
        queueTime = Percentiles(completed.compactMap(\.queueTime), in: .milliseconds(1))
        firstOutput = Percentiles(completed.compactMap(\.firstOutput), in: .milliseconds(1))
        interToken = Percentiles(completed.flatMap(\.interTokenTimes), in: .milliseconds(1))
        latency = Percentiles(completed.map(\.latency), in: .milliseconds(1))
        let seconds = max(duration / .seconds(1), .leastNonzeroMagnitude)
        requestsPerSecond = Double(completed.count) / seconds
        tokensPerSecond = Double(completed.reduce(0) { $0 + $1.tokenCount }) / seconds
        picturesPerSecond = Double(completed.reduce(0) { $0 + $1.pictureCount }) / seconds
        goodput = Double(completed.count { targets.areMet(by: $0) }) / seconds
    }
}

/// What a run measured.
package struct LoadReport: Sendable, Encodable {
    /// Length of the run, in seconds.
    package let seconds: Double
    /// What counts as good.
    package let targets: Targets
    /// All requests, then each kind that was sent.
    package let summaries: [LoadSummary]
    /// Reasons of failures with their numbers.
    package let failures: [String: Int]
    /// Requests that could not be sent when they should have been, for want of a free thread.
    package let lateCount: Int

    private enum CodingKeys: String, CodingKey {
        case seconds, targets, summaries, failures
        case lateCount = "late"
    }

    /// Summarises the records of a run.
    package init(_ records: [RequestRecord], _ duration: Duration, _ targets: Targets) {
        seconds = duration / .seconds(1)
        self.targets = targets
        var summaries = [LoadSummary("all", records, duration, targets)]
        for kind in RequestKind.allCases {
            let some = records.filter { $0.request.arrival.kind == kind }
            guard !some.isEmpty else { continue }
            summaries.append(LoadSummary(kind.rawValue, some, duration, targets))
        }
        self.summaries = summaries
        var failures: [String: Int] = [:]
        for record in records {
            if case .failed(let reason) = record.outcome { failures[reason, default: 0] += 1 }
        }
        self.failures = failures
        lateCount = records.count { record in
            record.request.start.map { record.sent - $0 > Self.tolerance } ?? false
        }
    }

    /// What a busy machine may delay a thread by.
    private static let tolerance = Duration.milliseconds(50)

    /// Whether no request failed otherwise than by refusal.
    package var isClean: Bool { failures.isEmpty }
}
