internal import MMInterleaved

/// Log-probabilities of options after a context.
package struct Scores: Hashable, Sendable {
    /// One option's.
    package struct Option: Hashable, Sendable {
        /// Sum over its tokens.
        package let logProbability: Float
        /// One per token.
        package let tokenLogProbabilities: [Float]
        /// Its tokens.
        package let tokens: [Int]
    }

    /// In the order of the request.
    package let options: [Option]
    /// Positions of the context.
    package let promptTokenCount: Int
}

/// Computes the log-probabilities of options: the context once, then every option after it on its own.
struct ScoreSession {
    /// Token ids of the options; each fits after the prompt.
    let options: [[Int]]
    let active: ActiveRequest

    /// Options that are computed together; bounds the memory that a request holds.
    static let groupSize = 8

    /// Tokens of an option whose logits are read in one step: all of a long one's would hold up the words of others.
    static let pieceSize = 64

    /// Computes the scores.
    ///
    /// - Throws: ``EngineError``.
    func run(_ prompt: Prompt, on core: isolated EngineCore) async throws -> Scores {
        let configuration = core.model.configuration
        let images = try await core.encode(prompt.pictures, for: active)
        let context = core.makeSequence(for: active)
        core.append(prompt.elements(images, configuration), to: context)
        try await core.prefill(context, for: active)
        var scored: [Scores.Option] = []
        for first in stride(from: 0, to: options.count, by: Self.groupSize) {
            let group = options[first..<min(options.count, first + Self.groupSize)]
            for scores in try await score(group, after: context, on: core) {
                scored.append(
                    Scores.Option(
                        logProbability: scores.reduce(0, +),
                        tokenLogProbabilities: scores,
                        tokens: options[scored.count]
                    )
                )
            }
        }
        return Scores(options: scored, promptTokenCount: prompt.tokens.count)
    }

    private func score(
        _ options: ArraySlice<[Int]>,
        after context: RunningSequence,
        on core: isolated EngineCore
    ) async throws -> [[Float]] {
        let options = Array(options)
        let sequences = options.map { _ in core.fork(context, for: active) }
        defer { sequences.forEach(core.remove) }
        var scores = options.map { _ in [Float]() }
        while true {
            let unfinished = options.indices.filter { scores[$0].count < options[$0].count }
            guard !unfinished.isEmpty else { return scores }
            let pieces = unfinished.map { index in
                let rest = options[index].dropFirst(scores[index].count)
                let piece = Array(rest.prefix(Self.pieceSize))
                core.append(piece.map { .token($0) }, to: sequences[index])
                return (running: sequences[index], tokens: piece)
            }
            let computed = try await core.logProbabilities(pieces, for: active)
            for (index, piece) in zip(unfinished, computed) { scores[index] += piece }
        }
    }
}
