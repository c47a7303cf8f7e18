/// How many guessed tokens of each sequence a step computes along with the token that is known.
///
/// A guess that turns out right saves a step; one that turns out wrong has cost a row. So rows are added in the order of
/// how likely they are to be of use, as many as give the most tokens per second by measured costs: many where one
/// sequence is alone and rows are nearly free, none where enough sequences decode to keep the machine busy.
enum DraftPolicy {
    /// A sequence of the step that has a guess.
    struct Candidate: Hashable, Sendable {
        /// How likely a guessed token is to be right if those before it are.
        let acceptance: Double
        /// Guessed tokens that there are, and room for.
        let limit: Int
    }

    /// Chooses the guessed tokens that are computed.
    ///
    /// - Parameters:
    ///   - candidates: One for each sequence of the step, all of which get a row for the token that is known.
    ///   - maximumRowCount: Rows that a step may have.
    ///   - costs: Measured costs of steps.
    ///   - target: Time that a step should not exceed, unless twice that of the step without guesses is longer.
    /// - Returns: How many of each candidate's.
    static func counts(
        _ candidates: [Candidate],
        maximumRowCount: Int,
        costs: RowCosts,
        target: Duration
    ) -> [Int] {
        var counts = candidates.map { _ in 0 }
        var best = counts
        let largest = min(maximumRowCount, RowCosts.largestRowCount)
        guard candidates.count < largest,
            let alone = costs.prediction(rowCount: candidates.count), alone > 0
        else { return best }
        let longest = max(target.inSeconds, 2 * alone)
        var tokenCount = Double(candidates.count)
        var bestRate = tokenCount / alone
        var worth = candidates.map { $0.limit > 0 ? $0.acceptance : 0 }
        for rowCount in candidates.count + 1...largest {
            guard let next = worth.indices.max(by: { worth[$0] < worth[$1] }), worth[next] > 0,
                let seconds = costs.prediction(rowCount: rowCount), seconds <= longest
            else { break }
            counts[next] += 1
            tokenCount += worth[next]
            worth[next] *=
                counts[next] < candidates[next].limit ? candidates[next].acceptance : 0
            if tokenCount / seconds > bestRate {
                bestRate = tokenCount / seconds
                best = counts
            }
        }
        return best
    }
}
