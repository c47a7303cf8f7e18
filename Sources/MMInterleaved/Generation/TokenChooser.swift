package import Tensors

/// Chooses the next token of one text: greedily, or by sampling with a seeded generator.
package struct TokenChooser {
    private var parameters: TextParameters
    private let endTokens: [Int]
    private var tokenCount = 1
    private var seen: [Int]
    private var generator: TorchGenerator

    /// Starts a text.
    ///
    /// - Parameters:
    ///   - start: Token that the text begins with; penalty and minimum see it.
    ///   - endTokens: Tokens that end a text.
    ///   - parameters: How to choose.
    ///   - generator: Where chance comes from.
    package init(
        start: Int,
        endTokens: [Int],
        parameters: TextParameters,
        generator: TorchGenerator
    ) {
        self.parameters = parameters
        self.endTokens = endTokens
        self.generator = generator
        seen = [start]
    }

    /// Starts another text with the same settings; random numbers go on.
    package mutating func restart(at start: Int) {
        tokenCount = 1
        seen = [start]
    }

    /// The same chooser, random numbers included, with other settings.
    package func with(_ parameters: TextParameters) -> TokenChooser {
        var other = self
        other.parameters = parameters
        return other
    }

    /// Chooses a token from the logits of all tokens, which are changed on the way, and takes it into
    /// account from then on.
    package mutating func choose(from logits: inout [Float]) -> Int {
        filter(&logits)
        let token: Int
        if parameters.temperature == 0 {
            token = LogitsProcessing.mostLikely(logits)
        } else {
            LogitsProcessing.softmax(&logits)
            token =
                generator.chooseIndex(probabilities: logits.span)
                ?? LogitsProcessing.mostLikely(logits)
        }
        accept(token)
        return token
    }

    /// Takes a token into account.
    package mutating func accept(_ token: Int) {
        tokenCount += 1
        if !seen.contains(token) { seen.append(token) }
    }

    /// Applies all settings, in the reference's order.
    package func filter(_ logits: inout [Float]) {
        LogitsProcessing.penalizeRepetition(
            &logits,
            of: seen,
            penalty: parameters.repetitionPenalty
        )
        if tokenCount <= parameters.minimumTokenCount {
            LogitsProcessing.exclude(endTokens, from: &logits)
        }
        guard parameters.temperature > 0 else { return }
        LogitsProcessing.scale(&logits, temperature: parameters.temperature)
        LogitsProcessing.keepMostLikely(&logits, count: parameters.topK)
        LogitsProcessing.keepNucleus(&logits, mass: parameters.topP)
        LogitsProcessing.keepRelativelyLikely(&logits, share: parameters.minP)
    }
}

extension TokenLogProbability {
    /// How likely a token is by the model's own logits, with the most likely tokens.
    package init(of token: Int, logits: [Float], alternatives count: Int) {
        let shift = LogitsProcessing.logSumExp(logits)
        self.token = token
        logProbability = logits[token] - shift
        alternatives = LogitsProcessing.largest(count, of: logits).map {
            Alternative(token: $0.index, logProbability: $0.value - shift)
        }
    }
}
