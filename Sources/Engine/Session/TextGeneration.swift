internal import MMInterleaved
internal import Tokenization

/// One text on its way: chooses token after token from the logits after its sequence.
struct TextGeneration {
    /// What the text continues, and becomes part of.
    let running: RunningSequence
    private(set) var chooser: TokenChooser
    private(set) var result = TextResult()
    /// Whether no token follows.
    private(set) var isFinished = false

    private let parameters: TextParameters
    private let vocabulary: VocabularyConfiguration
    private var follower: TextFollower

    init(
        _ running: RunningSequence,
        _ parameters: TextParameters,
        _ vocabulary: VocabularyConfiguration,
        _ tokenizer: Tokenizer,
        _ chooser: TokenChooser
    ) {
        self.running = running
        self.parameters = parameters
        self.vocabulary = vocabulary
        self.chooser = chooser.with(parameters)
        self.chooser.restart(at: vocabulary.beginOfSequence)
        follower = TextFollower(tokenizer, parameters)
        result.logProbabilities = parameters.logProbabilityCount.map { _ in [] }
        isFinished = parameters.maximumTokenCount == 0 || running.room == 0
    }

    /// Tokens that end a text: the sequence's end, and the begin of an image.
    static func endTokens(_ vocabulary: VocabularyConfiguration) -> [Int] {
        [vocabulary.endOfSequence, vocabulary.beginOfImage]
    }

    /// Tokens that may follow, guessed from what the sequence says already; no more than the text may have beside its next.
    func draft(upTo count: Int) -> [Int] {
        let left = min(parameters.maximumTokenCount - result.tokens.count, running.room) - 1
        return running.sequence.draft(
            count: min(count, left),
            before: Self.endTokens(vocabulary) + [vocabulary.beginOfSequence]
        )
    }

    /// Chooses the next token from the logits after the sequence.
    ///
    /// - Returns: The token to append to the sequence, if any, and the text that is certain now.
    mutating func advance(after logits: [Float]) throws -> (token: Int?, text: String) {
        var filtered = logits
        let token = chooser.choose(from: &filtered)
        if let count = parameters.logProbabilityCount {
            result.logProbabilities?.append(
                TokenLogProbability(of: token, logits: logits, alternatives: count)
            )
        }
        if Self.endTokens(vocabulary).contains(token) {
            result.endToken = token
            result.finishReason = token == vocabulary.beginOfImage ? .image : .stop
            return (nil, finish())
        }
        result.tokens.append(token)
        var text = try follower.append(token)
        result.text += text
        // The token itself takes the last place that `room` still counts.
        if follower.isStopped || result.tokens.count == parameters.maximumTokenCount
            || running.room == 1
        {
            text += finish()
        }
        return (token, text)
    }

    /// Ends the text; returns what was held back of it.
    private mutating func finish() -> String {
        isFinished = true
        let text = follower.finish()
        if follower.isStopped { result.finishReason = .stop }
        result.text += text
        return text
    }
}

/// A generated text.
struct TextResult {
    /// The words, without what followed a stop text.
    var text = ""
    /// Tokens that became part of the sequence.
    var tokens: [Int] = []
    /// The token that ended it, if one did; it is no part of the sequence.
    var endToken: Int?
    /// Why the text ended.
    var finishReason = FinishReason.length
    /// One per token, that which ended it included.
    var logProbabilities: [TokenLogProbability]?
    /// Seed of its random numbers, if it has any of its own.
    var seed: UInt64?

    /// Tokens that were generated, that which ended it included.
    var tokenCount: Int { tokens.count + (endToken == nil ? 0 : 1) }

    /// As part of an answer.
    var choice: TextSegment.Choice {
        TextSegment.Choice(
            text: text,
            finishReason: finishReason,
            tokenCount: tokenCount,
            logProbabilities: logProbabilities,
            tokens: tokens,
            seed: seed
        )
    }
}
