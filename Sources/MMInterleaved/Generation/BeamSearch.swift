internal import Tensors

/// The bookkeeping of beam search, with the semantics of transformers 4.31.
///
/// Pure: the caller computes logits for the beams' last tokens and reorders the beams' caches as told.
///
/// Source: transformers 4.31 `BeamSearchScorer` and `BeamHypotheses`.
package struct BeamSearch {
    /// A finished text.
    package struct Hypothesis: Hashable, Sendable {
        /// Tokens, begin-of-sequence first, without an end.
        package let tokens: [Int]
        /// Sum of log-probabilities over the length to the power of the penalty.
        package let score: Float
        /// Token that ended the text, or nil if it reached the limit or a stop.
        package let end: Int?
    }

    /// A running text.
    package struct Beam: Hashable, Sendable {
        /// Tokens, begin-of-sequence first.
        package var tokens: [Int]
        /// Sum of log-probabilities.
        package var score: Float
        /// Index, before the last step, of the beam that this one continues.
        package var parent: Int
    }

    /// The running texts, best first.
    package private(set) var beams: [Beam]
    /// Whether no running text can become better than the finished ones.
    package private(set) var isDone = false

    private var finished: [Hypothesis] = []
    /// Whether some beams are only there to keep their number.
    private var hasPlaceholders = false
    private let endTokens: [Int]
    private let lengthPenalty: Float
    private let repetitionPenalty: Float
    private let minimumCount: Int
    private let maximumCount: Int

    /// Starts a search.
    ///
    /// - Parameters:
    ///   - start: Token that all texts begin with; it counts towards lengths.
    ///   - endTokens: Tokens that end a text.
    ///   - parameters: Limits count new tokens.
    package init(start: Int, endTokens: [Int], parameters: TextParameters) {
        self.endTokens = endTokens
        lengthPenalty = parameters.lengthPenalty
        repetitionPenalty = parameters.repetitionPenalty
        minimumCount = parameters.minimumTokenCount + 1
        maximumCount = parameters.maximumTokenCount + 1
        // All beams begin alike: only the first may contribute to the first step.
        beams = (0..<parameters.beamCount).map {
            Beam(tokens: [start], score: $0 == 0 ? 0 : Self.placeholderScore, parent: $0)
        }
    }

    /// Score of a beam that may not contribute.
    private static let placeholderScore: Float = -1e9

    /// Whether every text has reached the limit.
    package var isExhausted: Bool { beams[0].tokens.count >= maximumCount }

    /// Continues every beam by one token.
    ///
    /// - Parameters:
    ///   - logits: One row per beam.
    ///   - isStopped: Whether a beam is complete with a token that is no end; nil if none ever is.
    package mutating func advance(
        logits: [[Float]],
        isStopped: ((_ beam: Int, _ token: Int) throws -> Bool)? = nil
    ) rethrows {
        var candidates: [(beam: Int, token: Int, score: Float)] = []
        // Enough to go on with whatever ends; how many reach a stop nobody knows beforehand.
        let count = max(2, 1 + endTokens.count) * beams.count * (isStopped == nil ? 1 : 4)
        for (index, beam) in beams.enumerated() {
            var scores = logits[index]
            LogitsProcessing.logSoftmax(&scores)
            LogitsProcessing.penalizeRepetition(
                &scores,
                of: Array(Set(beam.tokens)),
                penalty: repetitionPenalty
            )
            if beam.tokens.count < minimumCount {
                LogitsProcessing.exclude(endTokens, from: &scores)
            }
            for (token, score) in LogitsProcessing.largest(count, of: scores) {
                candidates.append((index, token, score + beam.score))
            }
        }
        candidates.sort {
            $0.score != $1.score
                ? $0.score > $1.score : ($0.beam, $0.token) < ($1.beam, $1.token)
        }
        candidates = Array(candidates.prefix(count))
        try select(from: candidates, isStopped)
    }

    private mutating func select(
        from candidates: [(beam: Int, token: Int, score: Float)],
        _ isStopped: ((_ beam: Int, _ token: Int) throws -> Bool)?
    ) rethrows {
        let length = beams[0].tokens.count
        var next: [Beam] = []
        for (rank, candidate) in candidates.enumerated() {
            let tokens = beams[candidate.beam].tokens
            // An end that is not among the best may not displace texts that are.
            if endTokens.contains(candidate.token) {
                if rank < beams.count {
                    finish(tokens, score: candidate.score, end: candidate.token)
                }
            } else if try isStopped?(candidate.beam, candidate.token) == true {
                if rank < beams.count {
                    finish(tokens + [candidate.token], score: candidate.score, end: nil)
                }
            } else {
                next.append(
                    Beam(
                        tokens: tokens + [candidate.token],
                        score: candidate.score,
                        parent: candidate.beam
                    )
                )
            }
            if next.count == beams.count { break }
        }
        if finished.count >= beams.count, let best = candidates.first?.score {
            let attainable = best / Elementary.pow(Float(length + 1), lengthPenalty)
            let worst = finished.map(\.score).min() ?? -.infinity
            isDone = isDone || worst >= attainable
        }
        guard let best = next.first else {
            isDone = true
            return
        }
        while next.count < beams.count {
            hasPlaceholders = true
            next.append(
                Beam(tokens: best.tokens, score: Self.placeholderScore, parent: best.parent)
            )
        }
        beams = next
    }

    private mutating func finish(_ tokens: [Int], score: Float, end: Int?) {
        let hypothesis = Hypothesis(
            tokens: tokens,
            score: score / Elementary.pow(Float(tokens.count), lengthPenalty),
            end: end
        )
        let worst = finished.indices.min { finished[$0].score < finished[$1].score }
        if finished.count < beams.count {
            finished.append(hypothesis)
        } else if let worst, hypothesis.score > finished[worst].score {
            finished.remove(at: worst)
            finished.append(hypothesis)
        }
    }

    /// Ends the search: the `count` best texts, best first.
    package mutating func results(count: Int) -> [Hypothesis] {
        if !isDone {
            for beam in beams
            where !hasPlaceholders || beam.score > Self.placeholderScore / 2 {
                finish(beam.tokens, score: beam.score, end: nil)
            }
            isDone = true
        }
        return Array(finished.sorted { $0.score > $1.score }.prefix(count))
    }
}
