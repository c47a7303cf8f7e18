/// Bounds the time between two tokens of a sequence whatever else runs.
///
/// Two rules. A decoding sequence that has waited longer than the bound gets its language step next, but
/// never twice in a row: after a step that was taken out of turn the least served goes, so that a machine
/// that is too slow for the bound shares instead of decoding alone. And while sequences decode, every step
/// is kept as short as the target asks, by predicted duration, though never empty. While none decodes a
/// longer target holds for steps on pictures, since a request that comes waits for the step that runs.
struct LatencyPolicy: Hashable, Sendable {
    let decodeWaitBound: Duration
    let stepDurationTarget: Duration
    let quietStepDurationTarget: Duration
    private(set) var wasOutOfTurn = false

    init(_ configuration: SchedulingConfiguration) {
        decodeWaitBound = configuration.decodeWaitBound
        stepDurationTarget = configuration.stepDurationTarget
        quietStepDurationTarget = configuration.quietStepDurationTarget
    }

    /// Whether decoding must go next; `wait` is that of the sequence that has waited longest.
    mutating func decodesOutOfTurn(wait: Duration?) -> Bool {
        guard let wait, wait >= decodeWaitBound, !wasOutOfTurn else {
            wasOutOfTurn = false
            return false
        }
        wasOutOfTurn = true
        return true
    }

    /// Pictures or samples that a step may have: at most the stage's maximum, at least one.
    func unitLimit(_ maximum: Int, cost: StageCost, isDecoding: Bool) -> Int {
        let target = isDecoding ? stepDurationTarget : quietStepDurationTarget
        // Before the first measurement the smallest batch is the careful one.
        return min(maximum, max(1, cost.unitCount(within: target) ?? 1))
    }

    /// Rows that a language step may have beside those that decode, which go first.
    ///
    /// While nothing decodes, prompts get all the rows they can: they are what someone waits for. Where
    /// decoding alone takes as long as the target, as with large models, prompts may take as long again:
    /// rows are nearly free there, since reading the weights is what costs.
    func prefillLimit(_ maximum: Int, beside decodingCount: Int, cost: StageCost) -> Int {
        guard decodingCount > 0 else { return maximum }
        let decoding = cost.prediction(unitCount: decodingCount) ?? .zero
        let target = max(stepDurationTarget, decoding * 2)
        return min(maximum, cost.unitCount(within: target) ?? 0) - decodingCount
    }
}
