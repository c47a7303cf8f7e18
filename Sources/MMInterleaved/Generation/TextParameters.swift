/// How a text segment is generated.
package struct TextParameters: Hashable, Sendable {
    /// Most new tokens.
    package var maximumTokenCount = 90
    /// New tokens before which the segment may not end.
    package var minimumTokenCount = 0
    /// Divisor of the logits; 0 takes the most likely token.
    package var temperature: Float = 1
    /// Keeps the smallest set of tokens whose mass exceeds this; 1 keeps all.
    package var topP: Float = 0.9
    /// Keeps this many most likely tokens; 0 keeps all.
    package var topK = 50
    /// Keeps tokens at least this times as likely as the most likely one; 0 keeps all.
    package var minP: Float = 0
    /// Makes tokens that were generated before less likely; 1 changes nothing.
    package var repetitionPenalty: Float = 1
    /// Number of beams; 1 for none.
    package var beamCount = 1
    /// Exponent of the length by which beam search divides a hypothesis' score.
    package var lengthPenalty: Float = 1
    /// Number of texts to return.
    package var sequenceCount = 1
    /// Texts before which generation stops.
    package var stop: [String] = []
    /// Number of alternatives per token whose log-probabilities are returned; nil for no
    /// log-probabilities at all, 0 for the chosen tokens' alone.
    package var logProbabilityCount: Int?

    /// The defaults above.
    package init() {}
}

/// A token and how likely it was among all, before any of the settings above took effect.
package struct TokenLogProbability: Hashable, Sendable {
    /// Token id.
    package let token: Int
    /// Natural logarithm of its probability.
    package let logProbability: Float
    /// The most likely tokens instead of it, most likely first.
    package let alternatives: [Alternative]

    /// A token that could have been chosen.
    package struct Alternative: Hashable, Sendable {
        /// Token id.
        package let token: Int
        /// Natural logarithm of its probability.
        package let logProbability: Float
    }
}
