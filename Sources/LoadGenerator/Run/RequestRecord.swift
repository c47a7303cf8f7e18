/// What became of one request.
package struct RequestRecord: Sendable {
    /// How it ended.
    package enum Outcome: Hashable, Sendable {
        /// Answered completely.
        case completed
        /// Not taken: the queue was full or the daemon not ready; nothing is wrong.
        case refused(status: Int)
        /// Anything else, with the reason.
        case failed(String)
    }

    /// An event of its stream.
    package struct TimedEvent: Hashable, Sendable {
        /// Its name.
        package let name: String
        /// When it had arrived, from the beginning of the run.
        package let time: Duration
    }

    /// The request.
    package let request: LoadRequest
    /// When it was sent, from the beginning of the run.
    package let sent: Duration
    /// When its answer was complete, or it was given up.
    package internal(set) var ended = Duration.zero
    /// How it ended.
    package internal(set) var outcome = Outcome.failed("no answer")
    /// Everything that arrived, in order.
    package internal(set) var events: [TimedEvent] = []
    /// Time in the daemon's queue, as the daemon says.
    package internal(set) var queueTime: Duration?
    /// Tokens generated, as the daemon says.
    package internal(set) var tokenCount = 0
    /// Pictures drawn, as the daemon says.
    package internal(set) var pictureCount = 0
    /// A hash of the words and the files of the answer.
    package internal(set) var digest: UInt64?
    /// When to try again, for a refused request.
    package internal(set) var retryAfter: Duration?

    /// A request that is about to be sent.
    package init(_ request: LoadRequest, sent: Duration) {
        self.request = request
        self.sent = sent
    }

    // MARK: - Times

    /// Whether it was answered.
    package var isCompleted: Bool { outcome == .completed }

    /// From sending to the end.
    package var latency: Duration { ended - sent }

    /// From sending to the first words or the first denoising step, whichever comes first.
    package var firstOutput: Duration? {
        events.first { $0.name == "text.delta" || $0.name == "image.progress" }
            .map { $0.time - sent }
    }

    /// Times between words of the same segment, in order.
    package var interTokenTimes: [Duration] {
        var times: [Duration] = []
        var last: Duration?
        for event in events {
            switch event.name {
            case "text.delta":
                if let last { times.append(event.time - last) }
                last = event.time
            case "segment.started": last = nil
            default: break
            }
        }
        return times
    }

    /// Mean time between words of the same segment; nil if there are fewer than two.
    package var meanInterTokenTime: Duration? {
        let times = interTokenTimes
        return times.isEmpty ? nil : times.reduce(.zero, +) / times.count
    }
}
