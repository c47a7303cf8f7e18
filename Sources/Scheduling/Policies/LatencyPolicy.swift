/// Bounds the time between two tokens of a sequence whatever else runs.
///
/// Three rules. A decoding sequence that has waited longer than the bound gets its language step next, but
/// never twice in a row: after a step that was taken out of turn the least served goes, so that a machine
/// that is too slow for the bound shares instead of decoding alone. And while sequences decode, every step
/// is kept as short as the target asks, by predicted duration, though never empty. While none decodes a
/// longer target holds, since a request that comes waits for the step that runs. A step on pictures of which
/// even the shortest takes long is interrupted for words, so often that they flow, and no oftener.
struct LatencyPolicy: Hashable, Sendable {
    let decodeWaitBound: Duration
    let stepDurationTarget: Duration
    let quietStepDurationTarget: Duration
    let interruptionInterval: Duration
    let minimumPrefillRowCount: Int
    let quietPrefillRowCount: Int
    private(set) var wasOutOfTurn = false

    init(_ configuration: SchedulingConfiguration) {
        decodeWaitBound = configuration.decodeWaitBound
        stepDurationTarget = configuration.stepDurationTarget
        quietStepDurationTarget = configuration.quietStepDurationTarget
        interruptionInterval = configuration.interruptionInterval
        minimumPrefillRowCount = configuration.minimumPrefillRowCount
        quietPrefillRowCount = configuration.quietPrefillRowCount
    }

    // MARK: - Turns

    /// Whether decoding must go next; `wait` is that of the sequence that has waited longest.
    mutating func decodesOutOfTurn(wait: Duration?) -> Bool {
        guard let wait, wait >= decodeWaitBound, !wasOutOfTurn else {
            wasOutOfTurn = false
            return false
        }
        wasOutOfTurn = true
        return true
    }

    // MARK: - Sizes of steps

    /// Pictures or samples that a step may have: at most the stage's maximum, at least one.
    func unitLimit(_ maximum: Int, cost: StageCost, isDecoding: Bool) -> Int {
        let target = isDecoding ? stepDurationTarget : quietStepDurationTarget
        // Before the first measurement the smallest batch is the careful one.
        return min(maximum, max(1, cost.unitCount(within: target) ?? 1))
    }

    /// Rows that a language step may have for prompts beside those that decode, which go first.
    ///
    /// While nothing decodes, whoever comes waits for the step: so it is as long as steps on pictures are then, unless so few
    /// rows would cost more time each. Tokens that are computed in the step come later for every row of a prompt. Where decoding alone
    /// takes as long as the target, as with large models, prompts may take as long again, since reading the weights is
    /// what costs and rows are nearly free, but no longer than words wait for a step on pictures.
    ///
    /// - Parameters:
    ///   - decodingCount: Rows that decode, or that somebody waits for.
    ///   - decodingTime: What a step takes of these alone; nil if nobody knows.
    ///   - cost: What steps with rows of prompts take.
    /// - Returns: The rows, at least some; the step's maximum is another matter.
    func prefillLimit(
        beside decodingCount: Int,
        decodingTime: Duration?,
        cost: StageCost
    ) -> Int {
        guard decodingCount > 0 else {
            return max(quietPrefillRowCount, cost.unitCount(within: quietStepDurationTarget) ?? 0)
        }
        let own = decodingTime ?? .zero
        let target = max(stepDurationTarget, own + min(own, interruptionInterval))
        return max(
            minimumPrefillRowCount,
            (cost.unitCount(within: target) ?? 0) - decodingCount
        )
    }

    // MARK: - Interruptions

    private static let longestLookInterval = Duration.milliseconds(10)
    /// Time of a step for each of the words that interrupt it, as long as words need not wait too long: then what is
    /// interrupted takes 1.3 times as long.
    private static let stepShare = 10.0 / 3
    /// How much longer than else words may wait for that.
    private static let longestIntervalFactor = 1.5

    /// Whether a step takes so long that it is interrupted; so it is before it was ever measured.
    func isInterrupted(_ prediction: Duration?) -> Bool {
        prediction.map { $0 > interruptionInterval } ?? true
    }

    /// Time after which one looks again whether somebody came who wants words, where nobody wanted any.
    var lookInterval: Duration { min(interruptionInterval, Self.longestLookInterval) }

    /// The longest time after which one looks who came and who was cancelled.
    var longestInterval: Duration { interruptionInterval * Self.longestIntervalFactor }

    /// Time for which no words follow on some that took so long, if what they interrupted is left to be done: no less than they
    /// took, so that where words take long they and pictures take turns.
    func interval(afterWords cost: Duration) -> Duration {
        max(cost, min(max(interruptionInterval, cost * Self.stepShare), longestInterval))
    }
}
