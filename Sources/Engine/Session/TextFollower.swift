internal import MMInterleaved
internal import Tokenization

/// The words of a text while its tokens come: characters out of bytes, up to a stop text.
struct TextFollower {
    private var detokenizer: StreamingDetokenizer
    private var stop: StopText
    private let minimumTokenCount: Int
    private var tokenCount = 0

    init(_ tokenizer: Tokenizer, _ parameters: TextParameters) {
        detokenizer = StreamingDetokenizer(tokenizer: tokenizer)
        stop = StopText(parameters.stop)
        minimumTokenCount = parameters.minimumTokenCount
    }

    /// Whether a stop text came.
    var isStopped: Bool { stop.isHit }

    /// A text may end with its least number of tokens, not before.
    private var mayStop: Bool { tokenCount >= minimumTokenCount }

    /// Takes a token; returns the text that is certain now.
    mutating func append(_ token: Int) throws -> String {
        tokenCount += 1
        return stop.append(try detokenizer.append(token), counts: mayStop)
    }

    /// Ends the text; returns what was held back of it.
    mutating func finish() -> String {
        stop.append(detokenizer.finish(), counts: mayStop) + stop.finish()
    }
}
