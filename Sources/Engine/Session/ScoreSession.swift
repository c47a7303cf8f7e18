internal import MMInterleaved
internal import Tokenization

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
    let options: [String]
    let active: ActiveRequest
    let tokenizer: Tokenizer

    /// Options that are computed together; bounds the memory that a request holds.
    static let groupSize = 8

    /// Computes the scores; each option is tokenized as a text of its own, as the reference does.
    ///
    /// - Throws: ``EngineError``.
    func run(_ prompt: Prompt, on core: isolated EngineCore) async throws -> Scores {
        let configuration = core.model.configuration
        let tokens = try options.map { try tokenizer.encode($0, parsesSpecialTokens: false) }
        let capacity = configuration.language.maximumPositionCount
        for (index, option) in tokens.enumerated()
        where prompt.tokens.count + option.count > capacity {
            throw EngineError(
                .contextLengthExceeded,
                field: "options[\(index)]",
                "\(option.count) tokens do not fit after \(prompt.tokens.count) positions"
            )
        }
        let images = try await core.encode(prompt.pictures, for: active)
        let context = core.makeSequence(for: active)
        core.append(prompt.elements(images, configuration), to: context)
        try await core.compute([context], wanting: .nothing, for: active)
        var scored: [Scores.Option] = []
        for first in stride(from: 0, to: tokens.count, by: Self.groupSize) {
            let group = tokens[first..<min(tokens.count, first + Self.groupSize)]
            for scores in try await score(group, after: context, on: core) {
                scored.append(
                    Scores.Option(
                        logProbability: scores.reduce(0, +),
                        tokenLogProbabilities: scores,
                        tokens: tokens[scored.count]
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
        let sequences = options.map { option in
            let sequence = core.fork(context, for: active)
            core.append(option.map { .token($0) }, to: sequence)
            return sequence
        }
        defer { sequences.forEach(core.remove) }
        let scored = zip(sequences, options).filter { !$1.isEmpty }
        try await core.compute(scored.map { ($0, .logProbabilities($1)) }, for: active)
        return sequences.map(\.logProbabilities)
    }
}
