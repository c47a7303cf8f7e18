package import Scheduling

/// Why a request was not taken into the queue.
package enum RejectionReason: String, Sendable, CaseIterable {
    /// Too many requests wait already.
    case queueFull = "queue_full"
    /// The request needs more than the engine could ever give it.
    case tooLarge = "too_large"
    /// The answer would come after its deadline.
    case deadlineUnreachable = "deadline_unreachable"
    /// The engine takes no more requests.
    case draining
    /// Anything else.
    case other

    /// The reason behind an error of submission.
    package init(_ kind: EngineError.Kind) {
        switch kind {
        case .queueFull: self = .queueFull
        case .contextLengthExceeded, .invalidRequest: self = .tooLarge
        case .deadlineUnreachable: self = .deadlineUnreachable
        case .draining: self = .draining
        default: self = .other
        }
    }
}

/// Where a request is on its way: waiting, or in a stage.
package enum RequestPlace: String, Sendable, CaseIterable {
    /// Not begun.
    case waiting
    /// Its pictures are encoded.
    case encode
    /// Its positions are computed, or tokens generated.
    case language
    /// It draws.
    case denoise
    /// Its pictures become pixels.
    case render

    /// The place of a request in a stage.
    package init(_ stage: Stage) {
        switch stage {
        case .encode: self = .encode
        case .language: self = .language
        case .denoise: self = .denoise
        case .render: self = .render
        }
    }
}

/// What has been counted and measured since the program began.
package struct MetricsSnapshot: Sendable {
    /// One batch of a stage.
    package struct Step: Hashable, Sendable {
        /// What was computed.
        package let stage: Stage
        /// Pictures or positions of the batch.
        package let itemCount: Int
        /// How long it took.
        package let duration: Duration
        /// When it ended.
        package let ended: ContinuousClock.Instant
    }

    /// Batches of a stage.
    package struct StageMeasurements: Hashable, Sendable {
        /// Seconds per batch.
        package internal(set) var durations = Histogram(bounds: Histogram.stageBounds)
        /// Items per batch.
        package internal(set) var batchSizes = Histogram(bounds: Histogram.batchBounds)
    }

    /// Words that came between the parts of a stage's batches.
    package struct Interruptions: Hashable, Sendable {
        /// How often.
        package internal(set) var count = 0
        /// How long the batches waited for them.
        package internal(set) var duration = Duration.zero
    }

    /// Look-ups of a cache, in whatever the cache counts.
    package struct CacheCounts: Hashable, Sendable {
        /// Asked for.
        package let queryCount: Int
        /// Found.
        package let hitCount: Int

        /// Groups the counts.
        package init(queryCount: Int = 0, hitCount: Int = 0) {
            self.queryCount = queryCount
            self.hitCount = hitCount
        }
    }

    // MARK: - Requests

    /// Requests taken into the queue.
    package internal(set) var admittedCounts: [RequestMode: Int] = [:]
    /// Requests answered completely.
    package internal(set) var completedCounts: [RequestMode: Int] = [:]
    /// Requests that ended without an answer for another reason than cancelling.
    package internal(set) var failedCounts: [EngineError.Kind: Int] = [:]
    /// Requests that were cancelled, by where they were.
    package internal(set) var cancelledCounts: [RequestPlace: Int] = [:]
    /// Requests that were not taken into the queue.
    package internal(set) var rejectedCounts: [RejectionReason: Int] = [:]
    /// Sequences whose keys and values were given up, to be computed again.
    package internal(set) var preemptionCount = 0
    /// Tokens that were computed before they were chosen, guessed from what a sequence said before.
    package internal(set) var draftedTokenCount = 0
    /// Those of them that were chosen.
    package internal(set) var acceptedTokenCount = 0

    // MARK: - Times

    /// Admission to start.
    package internal(set) var queueTimes = Histogram(bounds: Histogram.requestBounds)
    /// Admission to the first words; requests without words have none.
    package internal(set) var firstTokenTimes = Histogram(bounds: Histogram.firstTokenBounds)
    /// From words to the next words of the same segment.
    package internal(set) var interTokenTimes = Histogram(bounds: Histogram.interTokenBounds)
    /// Admission to the end of requests that were answered.
    package internal(set) var requestTimes: [RequestMode: Histogram] = [:]

    // MARK: - Work

    /// Batches by stage.
    package internal(set) var stages: [Stage: StageMeasurements] = [:]
    /// What came between the parts of batches, by the stage of these.
    package internal(set) var interruptions: [Stage: Interruptions] = [:]
    /// The last batches, oldest first.
    package internal(set) var recentSteps: [Step] = []
    /// What batches cost, for a simulation.
    package internal(set) var costs = StepCostFit()
    /// Positions of prompts of answered requests.
    package internal(set) var promptTokenCount = 0
    /// Positions of answered requests that were found computed.
    package internal(set) var cachedTokenCount = 0
    /// Tokens generated for answered requests.
    package internal(set) var generatedTokenCount = 0
    /// Pictures encoded for answered requests, drawn ones included.
    package internal(set) var encodedImageCount = 0
    /// Pictures of answers.
    package internal(set) var drawnImageCount = 0
    /// Denoising steps of pictures of answers.
    package internal(set) var denoisingStepCount = 0
    /// Look-ups of pictures' features.
    package internal(set) var imageFeatures = CacheCounts()
    /// Look-ups of positions in shared prefixes.
    package internal(set) var prefixes = CacheCounts()

    /// Nothing counted yet.
    init() {}
}
