internal import Tensors

/// The settings that change how likely tokens are, in the order and with the arithmetic of
/// transformers 4.31.
///
/// All work in place on one position's logits (or, in beam search, log-probabilities).
package enum LogitsProcessing {
    /// What a token that may not be chosen gets.
    package static let excluded = -Float.infinity

    /// Makes the tokens `seen`, each listed once, less likely: negative logits are multiplied by the
    /// penalty, others divided.
    ///
    /// Source: CTRL, arXiv 1909.05858 §4.1.
    package static func penalizeRepetition(
        _ logits: inout [Float],
        of seen: [Int],
        penalty: Float
    ) {
        guard penalty != 1 else { return }
        for token in seen where logits.indices.contains(token) {
            let logit = logits[token]
            logits[token] = logit < 0 ? logit * penalty : logit / penalty
        }
    }

    /// Excludes tokens.
    package static func exclude(_ tokens: [Int], from logits: inout [Float]) {
        for token in tokens where logits.indices.contains(token) { logits[token] = excluded }
    }

    /// Divides by the temperature; one so low that the quotients are no numbers leaves the most likely token alone.
    package static func scale(_ logits: inout [Float], temperature: Float) {
        guard temperature != 1 else { return }
        let best = mostLikely(logits)
        guard logits.isEmpty || (logits[best] / temperature).isFinite else {
            return exclude(Array(logits.indices.filter { $0 != best }), from: &logits)
        }
        for index in logits.indices { logits[index] /= temperature }
    }

    /// Keeps the `count` most likely tokens, and those as likely as the last of them.
    package static func keepMostLikely(_ logits: inout [Float], count: Int) {
        guard count > 0 && count < logits.count else { return }
        let threshold = largest(count, of: logits).last?.value ?? excluded
        for index in logits.indices where logits[index] < threshold { logits[index] = excluded }
    }

    /// Keeps the smallest set of most likely tokens whose mass exceeds `mass`.
    ///
    /// Source: Nucleus sampling, arXiv 1904.09751 §3.1.
    package static func keepNucleus(_ logits: inout [Float], mass: Float) {
        guard mass < 1, let best = logits.max(), best > excluded else { return }
        var kept: [(index: Int, probability: Float)] = []
        var total: Float = 0
        for index in logits.indices where logits[index] > excluded {
            let probability = Elementary.exp(logits[index] - best)
            kept.append((index, probability))
            total += probability
        }
        kept.sort {
            $0.probability != $1.probability
                ? $0.probability < $1.probability : $0.index < $1.index
        }
        var sum: Float = 0
        for token in kept.dropLast() {
            sum += token.probability / total
            guard sum <= 1 - mass else { break }
            logits[token.index] = excluded
        }
    }

    /// Keeps tokens at least `share` times as likely as the most likely one.
    ///
    /// Source: Min-p sampling, arXiv 2407.01082.
    package static func keepRelativelyLikely(_ logits: inout [Float], share: Float) {
        guard share > 0, let best = logits.max() else { return }
        let threshold = best + Elementary.log(share)
        for index in logits.indices where logits[index] < threshold { logits[index] = excluded }
    }

    /// Turns logits into probabilities, in place.
    package static func softmax(_ logits: inout [Float]) {
        guard let best = logits.max(), best > excluded else { return }
        var sum: Float = 0
        for index in logits.indices {
            let logit = logits[index]
            let value = logit == excluded ? 0 : Elementary.exp(logit - best)
            logits[index] = value
            sum += value
        }
        let inverse = 1 / sum
        for index in logits.indices { logits[index] *= inverse }
    }

    /// Logarithm of the sum of the exponentials of logits.
    package static func logSumExp(_ logits: [Float]) -> Float {
        guard let best = logits.max(), best > excluded else { return excluded }
        var sum: Double = 0
        for logit in logits { sum += Double(Elementary.exp(logit - best)) }
        return best + Float(Elementary.log(sum))
    }

    /// Turns logits into logarithms of probabilities, in place.
    package static func logSoftmax(_ logits: inout [Float]) {
        guard let best = logits.max(), best > excluded else { return }
        var sum: Double = 0
        for logit in logits { sum += Double(Elementary.exp(logit - best)) }
        // Two subtractions: a sum of both would lose the digits of the second for large logits.
        let shift = Float(Elementary.log(sum))
        for index in logits.indices { logits[index] = (logits[index] - best) - shift }
    }

    /// The most likely token, the first of several.
    package static func mostLikely(_ logits: [Float]) -> Int {
        var best = 0
        for index in logits.indices where logits[index] > logits[best] { best = index }
        return best
    }

    /// The `count` largest values, largest first, with their indices; ties by the smaller index.
    package static func largest(
        _ count: Int,
        of values: [Float]
    ) -> [(index: Int, value: Float)] {
        guard count > 0 else { return [] }
        // A heap of the best so far, the worst of them on top: most values lose against it at once.
        var best: [(index: Int, value: Float)] = []
        best.reserveCapacity(count)
        func isWorse(_ a: (index: Int, value: Float), _ b: (index: Int, value: Float)) -> Bool {
            a.value != b.value ? a.value < b.value : a.index > b.index
        }
        func sink(_ start: Int) {
            var parent = start
            while true {
                var worst = parent
                for child in [2 * parent + 1, 2 * parent + 2]
                where child < best.count && isWorse(best[child], best[worst]) {
                    worst = child
                }
                if worst == parent { return }
                best.swapAt(worst, parent)
                parent = worst
            }
        }
        for (index, value) in values.enumerated() {
            if best.count < count {
                best.append((index, value))
                if best.count == count {
                    for start in stride(from: count / 2, through: 0, by: -1) { sink(start) }
                }
            } else if isWorse(best[0], (index, value)) {
                best[0] = (index, value)
                sink(0)
            }
        }
        return best.sorted { isWorse($1, $0) }
    }
}
