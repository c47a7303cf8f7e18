/// What a request has the model compute, counted in units of the stages.
package struct RequestWork: Hashable, Sendable {
    /// Pictures that are read.
    package var readCount = 0
    /// Positions of the prompt.
    package var promptPositionCount = 0
    /// Tokens that are chosen one after the other.
    package var tokenCount = 0
    /// Sequences that get a token each at a time.
    package var sequenceCount = 1
    /// Denoising steps, one after the other.
    package var denoiseStepCount = 0
    /// Samples of one such step.
    package var sampleCount = 0
    /// Pictures that are rendered.
    package var renderCount = 0

    /// Nothing at all.
    package init() {}
}

/// What a request competes for with others of its kind.
package enum WorkKind: CaseIterable, Hashable, Comparable, Sendable {
    /// Words alone: no drawing is needed.
    case words
    /// Pictures, with or without words.
    case pictures
}

extension CostModel {
    /// Time of the machine that the work takes alone, by measured costs; nil while a stage that it needs was never
    /// measured.
    package func prediction(_ work: RequestWork) -> Duration? {
        var sum = Duration.zero
        if work.promptPositionCount > 0 {
            guard let time = promptTime(positionCount: work.promptPositionCount) else { return nil }
            sum += time
        }
        for (stage, unitCount, times) in [
            (Stage.encode, 1, work.readCount),
            (.language, work.sequenceCount, work.tokenCount),
            (.denoise, work.sampleCount, work.denoiseStepCount),
            (.render, 1, work.renderCount),
        ] where unitCount > 0 && times > 0 {
            guard let step = self[stage].prediction(unitCount: unitCount) else { return nil }
            sum += step * times
        }
        return sum
    }
}
