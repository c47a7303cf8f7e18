/// Sizes of the pools, and the parameters of the policies.
package struct SchedulingConfiguration: Hashable, Sendable {
    // MARK: Pools

    /// Positions in one block of keys and values.
    package var blockSize = 16
    /// Blocks in the pool.
    package var blockCount = 1024
    /// Bytes that encoded pictures may occupy.
    package var imageByteBudget = 64 << 20
    /// Bytes of one encoded picture.
    package var imageByteCount = 1 << 20
    /// Drawings that may exist at the same time.
    ///
    /// Fewer than running requests, so that words can be written while pictures wait.
    package var drawingCapacity = 8
    /// Bytes of input that all admitted requests may hold.
    package var inputByteBudget = 256 << 20

    // MARK: Queue

    /// Requests that run at the same time.
    package var maximumRunningCount = 32
    /// Requests that wait beyond the free places among the running ones.
    package var maximumWaitingCount = 64
    /// Later requests that may start before one that waits for memory of which they need some too.
    package var maximumOvertakeCount = 8
    /// Blocks that must stay available when a request starts beside others, so that those which run can
    /// grow.
    package var reservedBlockCount = 16

    // MARK: Batches

    /// Rows of one language step, each a position of a sequence.
    package var maximumRowCount = 256
    /// Guessed tokens of a sequence that a language step computes at most; 0 for none.
    package var maximumDraftCount = 7
    /// Rows that a language step leaves to prompts however many sequences decode.
    package var minimumPrefillRowCount = 4
    /// Rows that a language step has for prompts at least while no sequence decodes: fewer would cost more time each.
    package var quietPrefillRowCount = 128
    /// Pictures of one encoding step.
    package var maximumEncodeCount = 8
    /// Samples of one denoising step; a guided drawing has two.
    package var maximumSampleCount = 8
    /// Pictures of one rendering step.
    package var maximumRenderCount = 8

    // MARK: Latency

    /// Time that a sequence ready for its next token may wait before language goes next.
    package var decodeWaitBound = Duration.milliseconds(50)
    /// Predicted time that a step should not exceed while a sequence waits for its next token.
    package var stepDurationTarget = Duration.milliseconds(50)

    /// Predicted time that a step should not exceed otherwise: that long whoever comes may wait.
    package var quietStepDurationTarget = Duration.milliseconds(250)

    /// Time after which a longer step is interrupted for words that are due.
    package var interruptionInterval = Duration.milliseconds(150)

    package init() {}

    /// Encoded pictures that fit the budget.
    package var imageCapacity: Int {
        imageByteCount > 0 ? imageByteBudget / imageByteCount : 0
    }

    /// Checks that something can run at all.
    package func validate() throws(SchedulingConfigurationError) {
        let positive: [(String, Int)] = [
            ("blockSize", blockSize), ("blockCount", blockCount),
            ("imageByteCount", imageByteCount), ("maximumRunningCount", maximumRunningCount),
            ("maximumRowCount", maximumRowCount),
            ("minimumPrefillRowCount", minimumPrefillRowCount),
            ("quietPrefillRowCount", quietPrefillRowCount),
            ("maximumEncodeCount", maximumEncodeCount),
            ("maximumSampleCount", maximumSampleCount),
            ("maximumRenderCount", maximumRenderCount),
        ]
        for (field, value) in positive where value < 1 {
            throw SchedulingConfigurationError(field: field, detail: "\(value) is not positive")
        }
        let natural: [(String, Int)] = [
            ("imageByteBudget", imageByteBudget), ("drawingCapacity", drawingCapacity),
            ("inputByteBudget", inputByteBudget), ("maximumWaitingCount", maximumWaitingCount),
            ("maximumOvertakeCount", maximumOvertakeCount),
            ("reservedBlockCount", reservedBlockCount),
            ("maximumDraftCount", maximumDraftCount),
        ]
        for (field, value) in natural where value < 0 {
            throw SchedulingConfigurationError(field: field, detail: "\(value) is negative")
        }
        guard minimumPrefillRowCount < maximumRowCount else {
            throw SchedulingConfigurationError(
                field: "minimumPrefillRowCount",
                detail: "\(minimumPrefillRowCount) leaves no row of \(maximumRowCount) to decoding"
            )
        }
        for (field, value) in [
            ("decodeWaitBound", decodeWaitBound), ("stepDurationTarget", stepDurationTarget),
            ("quietStepDurationTarget", quietStepDurationTarget),
        ] where value < .zero {
            throw SchedulingConfigurationError(field: field, detail: "\(value) is negative")
        }
        guard interruptionInterval > .zero else {
            throw SchedulingConfigurationError(
                field: "interruptionInterval",
                detail: "\(interruptionInterval) leaves nothing to what is interrupted"
            )
        }
    }
}

/// A configuration with which nothing could run.
package struct SchedulingConfigurationError: Error, Hashable, Sendable {
    /// Name of the property.
    package let field: String
    /// What is wrong with its value.
    package let detail: String
}
