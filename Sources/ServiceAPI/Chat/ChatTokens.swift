internal import JSON
internal import MMInterleaved
internal import Tokenization

/// Tokens and their log-probabilities as chat completions have them.
struct ChatTokens {
    private let tokenizer: Tokenizer
    private let vocabulary: VocabularyConfiguration

    /// The tokens of a model.
    init(_ tokenizer: Tokenizer, _ vocabulary: VocabularyConfiguration) {
        self.tokenizer = tokenizer
        self.vocabulary = vocabulary
    }

    /// Whether a token ends a text, and has no words.
    func isEnd(_ token: Int) -> Bool {
        token == vocabulary.endOfSequence || token == vocabulary.beginOfImage
    }

    /// The `logprobs` of some tokens.
    func json(_ tokens: [TokenLogProbability]) -> JSON {
        let content = tokens.map { token in
            let alternatives = token.alternatives.map { other in
                JSON.object(members(other.token, other.logProbability))
            }
            return JSON.object(
                members(token.token, token.logProbability)
                    + [("top_logprobs", .array(alternatives))]
            )
        }
        return ["content": .array(content), "refusal": .null]
    }

    private func members(_ token: Int, _ value: Float) -> [(name: String, value: JSON)] {
        let bytes = bytes(of: token)
        return [
            ("token", .string(String(decoding: bytes, as: UTF8.self))),
            ("logprob", .float(value)),
            ("bytes", .array(bytes.map { .integer(Int($0)) })),
        ]
    }

    /// The bytes that a token stands for: its piece with spaces, or the byte that it names, such as `<0xE2>`.
    private func bytes(of token: Int) -> [UInt8] {
        let piece = tokenizer.piece(of: token) ?? ""
        if piece.utf8.count == 6, piece.hasPrefix("<0x"), piece.hasSuffix(">"),
            let byte = UInt8(piece.dropFirst(3).dropLast(), radix: 16)
        {
            return [byte]
        }
        return Array(piece.replacing("\u{2581}", with: " ").utf8)
    }
}
