internal import Engine
internal import JSON
internal import MMInterleaved

/// The words of one segment on their way into a stream, in events of a bounded size.
///
/// What the events of a choice tell, joined, is exactly what its segment says in the end: the text, and the
/// log-probability of every token.
struct WordEvents {
    /// The members of one `text.delta` event.
    typealias Members = KeyValuePairs<String, JSON?>

    private let encoder: SegmentEncoder
    private let hasChoices: Bool
    /// Bytes of text and tokens that were told, by choice.
    private var told: [Int: (byteCount: Int, tokenCount: Int)] = [:]

    /// Most bytes of text in one event; as JSON it may be six times as long.
    private static let maximumTextByteCount = 4096
    /// Most bytes of log-probabilities in one event.
    private static let maximumTokenByteCount = 32 * 1024
    /// Most bytes of a segment that tells its words again.
    static let maximumSegmentByteCount = 48 * 1024

    /// Events of words, in the form of one request.
    ///
    /// - Parameters:
    ///   - encoder: Writes the tokens' log-probabilities.
    ///   - hasChoices: Whether events say of which text they tell.
    init(_ encoder: SegmentEncoder, hasChoices: Bool) {
        self.encoder = encoder
        self.hasChoices = hasChoices
    }

    /// More words, and tokens if they are asked for.
    mutating func more(
        _ index: Int,
        choice: Int,
        _ text: String,
        _ tokens: [TokenLogProbability]?
    ) -> [Members] {
        let before = told[choice] ?? (0, 0)
        told[choice] = (
            before.byteCount + text.utf8.count, before.tokenCount + (tokens?.count ?? 0)
        )
        let texts = Self.pieces(of: text)
        let groups = tokens.map(groups) ?? []
        return (0..<max(texts.count, groups.count)).map { number in
            [
                "index": .integer(index), "choice": hasChoices ? .integer(choice) : nil,
                "text": .string(number < texts.count ? texts[number] : ""),
                "logprobs": tokens == nil
                    ? nil : .array(number < groups.count ? groups[number] : []),
            ]
        }
    }

    /// What the events of a complete segment have not told yet; the next segment begins anew.
    mutating func rest(_ segment: TextSegment) -> [Members] {
        var events: [Members] = []
        for (number, choice) in segment.choices.enumerated() {
            let before = told[number] ?? (0, 0)
            let text = String(decoding: choice.text.utf8.dropFirst(before.byteCount), as: UTF8.self)
            let tokens = choice.logProbabilities.map { Array($0.dropFirst(before.tokenCount)) }
            guard !text.isEmpty || tokens?.isEmpty == false else { continue }
            events += more(segment.index, choice: number, text, tokens)
        }
        told = [:]
        return events
    }

    /// Cuts between characters.
    private static func pieces(of text: String) -> [String] {
        var pieces: [String] = []
        var rest = text.unicodeScalars[...]
        while !rest.isEmpty {
            // A scalar has at most four bytes.
            let piece = rest.prefix(maximumTextByteCount / 4)
            pieces.append(String(String.UnicodeScalarView(piece)))
            rest = rest.dropFirst(piece.count)
        }
        return pieces
    }

    private func groups(_ tokens: [TokenLogProbability]) -> [[JSON]] {
        var groups: [[JSON]] = []
        var byteCount = Self.maximumTokenByteCount
        for token in tokens.map(encoder.json) {
            let count = token.encoded.count + 1
            if byteCount + count > Self.maximumTokenByteCount {
                groups.append([])
                byteCount = 0
            }
            groups[groups.count - 1].append(token)
            byteCount += count
        }
        return groups
    }
}
