import MMInterleaved
import Simulation
import Tensors

/// How far the next words of one model are from those of another, at every position of the first one's texts.
struct WordComparison: Encodable {
    /// One text.
    struct Text: Encodable {
        let prompt: String
        /// What the first model goes on with.
        let continuation: String
        let divergence: DivergenceSummary
    }

    let texts: [Text]
    /// Of the positions of all texts.
    let all: DivergenceSummary

    /// Compares texts position by position; nil without any.
    ///
    /// - Parameter texts: Prompts, what follows, and how far the models are from each other at each position.
    init?(_ texts: [(prompt: String, continuation: String, positions: [TokenDivergence])]) {
        guard let all = DivergenceSummary(texts.flatMap(\.positions)) else { return nil }
        self.all = all
        self.texts = texts.compactMap { text in
            DivergenceSummary(text.positions).map {
                Text(prompt: text.prompt, continuation: text.continuation, divergence: $0)
            }
        }
    }
}

/// How far two models' opinions of the next token are from each other.
struct TokenDivergence: Hashable {
    /// Kullback-Leibler divergence of the second from the first, in nats; infinite where there are no numbers.
    let divergence: Double
    /// Whether the most likely token is the same.
    let agrees: Bool

    /// Compares the logits of all tokens.
    ///
    /// Computes Σ p · (log p - log q), p being the first model's probabilities and q the second's.
    ///
    /// - Precondition: there are as many of both.
    init(from first: [Float], of second: [Float]) {
        precondition(first.count == second.count, "\(first.count) and \(second.count) logits")
        agrees = LogitsProcessing.mostLikely(first) == LogitsProcessing.mostLikely(second)
        let pairs = zip(Self.logProbabilities(first), Self.logProbabilities(second))
        let sum = pairs.reduce(0) { $0 + Elementary.exp($1.0) * ($1.0 - $1.1) }
        // It is never negative but for rounding.
        divergence = sum.isNaN ? .infinity : max(0, sum)
    }

    private static func logProbabilities(_ logits: [Float]) -> [Double] {
        let best = Double(logits.max() ?? 0)
        let sum = logits.reduce(0) { $0 + Elementary.exp(Double($1) - best) }
        let shift = best + Elementary.log(sum)
        return logits.map { Double($0) - shift }
    }
}

/// Divergences of several positions.
struct DivergenceSummary: Hashable, Encodable {
    let positionCount: Int
    let mean: Double
    /// 99 of 100 positions are not above it.
    let p99: Double
    let largest: Double
    /// Share of the positions whose most likely token is the same.
    let agreement: Double

    /// Summarises positions; nil if there are none.
    init?(_ positions: [TokenDivergence]) {
        let sorted = positions.map(\.divergence).sorted()
        guard let last = sorted.last else { return nil }
        let count = Double(sorted.count)
        positionCount = sorted.count
        mean = sorted.reduce(0, +) / count
        p99 = Percentiles.nearestRank(sorted, 0.99)
        largest = last
        agreement = Double(positions.count(where: \.agrees)) / count
    }

    private enum CodingKeys: String, CodingKey {
        case positionCount = "positions"
        case mean = "mean_kl"
        case p99 = "p99_kl"
        case largest = "largest_kl"
        case agreement = "top1_agreement"
    }
}
