internal import Glibc
package import Tensors

/// Chooses the next token of one text: greedily, or by sampling with a seeded generator.
package struct TokenChooser {
    private let parameters: TextParameters
    private let endTokens: [Int]
    private let minimumCount: Int
    private var generator: TorchGenerator

    /// Tokens so far, begin-of-sequence first; what the repetition penalty and the minimum see.
    package private(set) var tokens: [Int]

    /// Starts a text.
    ///
    /// - Parameter start: Token that the text begins with.
    package init(
        start: Int, endTokens: [Int], parameters: TextParameters, generator: TorchGenerator
    ) {
        self.parameters = parameters
        self.endTokens = endTokens
        minimumCount = parameters.minimumTokenCount + 1
        self.generator = generator
        tokens = [start]
    }

    /// Chooses a token from logits of all tokens and takes it into account from then on.
    package mutating func choose(from logits: [Float]) -> Int {
        var scores = logits
        filter(&scores)
        let token: Int
        if parameters.temperature == 0 {
            token = LogitsProcessing.mostLikely(scores)
        } else {
            token = generator.chooseIndex(probabilities: LogitsProcessing.softmax(scores).span) ?? LogitsProcessing.mostLikely(scores)
        }
        tokens.append(token)
        return token
    }

    /// Takes a token into account that was chosen elsewhere.
    package mutating func accept(_ token: Int) {
        tokens.append(token)
    }

    /// Applies all settings, in the reference's order.
    package func filter(_ scores: inout [Float]) {
        LogitsProcessing.penalizeRepetition(
            &scores, of: tokens, penalty: parameters.repetitionPenalty)
        if tokens.count < minimumCount { LogitsProcessing.exclude(endTokens, from: &scores) }
        guard parameters.temperature > 0 else { return }
        LogitsProcessing.scale(&scores, temperature: parameters.temperature)
        LogitsProcessing.keepMostLikely(&scores, count: parameters.topK)
        LogitsProcessing.keepNucleus(&scores, mass: parameters.topP)
        LogitsProcessing.keepRelativelyLikely(&scores, share: parameters.minP)
    }

    /// How likely a token was, with alternatives.
    package static func logProbability(
        of token: Int, logits: [Float], alternatives count: Int
    ) -> TokenLogProbability {
        var scores = logits
        LogitsProcessing.logSoftmax(&scores)
        return TokenLogProbability(
            token: token, logProbability: scores[token],
            alternatives: LogitsProcessing.largest(count, of: scores).map {
                TokenLogProbability.Alternative(token: $0.index, logProbability: $0.value)
            })
    }
}
