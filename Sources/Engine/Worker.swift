internal import MMInterleaved
internal import Tensors
internal import Tokenization

/// The model and the threads it runs on.
final class Worker {
    let model: InterleavedModel
    let compute: Compute

    init(_ model: InterleavedModel, _ compute: Compute) {
        self.model = model
        self.compute = compute
    }
}

// Sendable: touched only on the engine's serial queue after initialisation.
extension Worker: @unchecked Sendable {}

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

extension Worker {
    /// Scores options; each is tokenized as a text of its own, as the reference does.
    ///
    /// - Throws: ``EngineError``.
    func score(
        _ options: [String],
        after prompt: Prompt,
        _ tokenizer: Tokenizer,
        _ guarding: SessionGuard
    ) throws -> Scores {
        let tokens = try options.map { try tokenizer.encode($0, parsesSpecialTokens: false) }
        var state = SequenceState(model, compute)
        let features = try prompt.pictures.map { picture in
            try guarding.check()
            return state.encode(picture)
        }
        for (index, option) in tokens.enumerated()
        where prompt.tokens.count + option.count > state.sequence.capacity {
            throw EngineError(
                .contextLengthExceeded,
                field: "options[\(index)]",
                "\(option.count) tokens do not fit after \(prompt.tokens.count) positions"
            )
        }
        state.extend(tokens: prompt.tokens, features: features)
        let scores = try model.language.score(
            options: tokens,
            after: state.sequence,
            compute,
            checkpoint: guarding.check
        )
        return Scores(
            options: zip(tokens, scores).map { tokens, scores in
                Scores.Option(
                    logProbability: scores.reduce(0, +),
                    tokenLogProbabilities: scores,
                    tokens: tokens
                )
            },
            promptTokenCount: prompt.tokens.count
        )
    }
}
