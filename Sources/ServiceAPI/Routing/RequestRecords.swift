internal import Engine
internal import Jobs
internal import Logging
internal import Tracing

/// Where the end of every request is told.
struct RequestRecords: Sendable {
    /// What `/metrics` counts.
    let counters = HTTPRequestCounters()
    /// Where spans go; nil if nobody wants them.
    let spans: SpanExporter?
    /// Where lines go.
    let logger: Logger
    /// Whether programs read the lines: then everything is a field of its own.
    let isStructured: Bool
}

extension RequestRecords {
    /// Writes the line of a job that has ended, whose request had its own when it was taken.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - arrived: When it was begun.
    ///   - recorder: What the engine recorded of it; nil if it never had it.
    ///   - outcome: What became of it.
    func tellEnd(
        of job: Job,
        arrived: ContinuousClock.Instant,
        _ recorder: RequestRecorder?,
        _ outcome: Outcome
    ) {
        var metadata: Logger.Metadata = [
            "request": "\(job.request.requestName)", "job": "\(job.id)",
        ]
        metadata["attempts"] = .stringConvertible(job.progress.start.attemptCount)
        if let recorder {
            metadata["mode"] = "\(recorder.kind.rawValue)"
            // It waited here before the engine had it.
            let wait = job.request.isBackground ? job.taken.duration(to: arrived) : .zero
            metadata["queue_ms"] = recorder.queueTime.map {
                .stringConvertible(($0 + wait).milliseconds)
            }
        }
        metadata["key"] = job.request.owner.key.map { "\($0)" }
        let milliseconds = arrived.duration(to: .now).milliseconds
        metadata.tell(outcome, isStructured: isStructured)
        if isStructured { metadata["duration_ms"] = .stringConvertible(milliseconds) }
        logger.info(
            "job \(outcome.jobWord) \(milliseconds) ms",
            metadata: metadata
        )
    }
}

extension Outcome {
    /// What became of a job.
    fileprivate var jobWord: String {
        if error != nil { return "failed" }
        return work == nil ? "interrupted" : "completed"
    }
}

extension Logger.Metadata {
    /// Tells what became of a request.
    ///
    /// - Parameters:
    ///   - outcome: That.
    ///   - isStructured: Whether programs read the line.
    mutating func tell(_ outcome: Outcome, isStructured: Bool) {
        self["finish_reason"] = outcome.finishReason.map { .string($0) }
        self["cancelled_by"] = outcome.cancellingKey.map { .string($0) }
        self["error"] = outcome.error.map { .string($0) }
        guard let work = outcome.work else { return }
        if isStructured {
            self["prompt_tokens"] = .stringConvertible(work.promptTokenCount)
            self["completion_tokens"] = .stringConvertible(work.newTokenCount)
            self["input_images"] = .stringConvertible(work.inputImageCount)
            self["output_images"] = .stringConvertible(work.outputImageCount)
        } else {
            self["tokens"] = "\(work.promptTokenCount)+\(work.newTokenCount)"
            self["images"] = "\(work.inputImageCount)+\(work.outputImageCount)"
        }
    }
}
