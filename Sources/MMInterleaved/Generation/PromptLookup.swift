/// Guesses how a sequence goes on: as it did when the same few elements came before.
///
/// Costs nothing to speak of, and is often right where a text repeats itself or its prompt.
///
/// Source: Saxena, "Prompt lookup decoding", 2023 (github.com/apoorvumang/prompt-lookup-decoding).
enum PromptLookup {
    /// Elements at the end that must have been there before; the first length that is found counts.
    private static let lengths = [3, 2]

    /// What followed the latest place at which a sequence was as it is at its end.
    ///
    /// What would lie beyond the end goes on with the guess itself: a sequence that repeats itself is guessed to do so.
    ///
    /// - Parameters:
    ///   - sequence: The sequence.
    ///   - count: Elements to guess at most.
    /// - Returns: As many as asked for, or none.
    static func continuation<Element: Equatable>(
        of sequence: [Element],
        count: Int
    ) -> [Element] {
        guard count > 0, let last = sequence.last else { return [] }
        for length in lengths where sequence.count > length {
            let end = sequence.suffix(length)
            for start in stride(from: sequence.count - 1, through: length, by: -1)
            where sequence[start - 1] == last
                && sequence[start - length..<start].elementsEqual(end)
            {
                var guessed: [Element] = []
                for place in start..<start + count {
                    let isKnown = place < sequence.count
                    guessed.append(isKnown ? sequence[place] : guessed[place - sequence.count])
                }
                return guessed
            }
        }
        return []
    }
}

extension LanguageSequence {
    /// Tokens that may follow, guessed from what the sequence says already.
    ///
    /// - Parameters:
    ///   - count: Tokens at most.
    ///   - end: Tokens that are no part of a text.
    /// - Returns: The tokens, fewer or none where there is nothing to guess by.
    package func draft(count: Int, before end: [Int]) -> [Int] {
        var tokens: [Int] = []
        for position in PromptLookup.continuation(of: positions, count: count) {
            guard case .token(let token) = position, !end.contains(token) else { break }
            tokens.append(token)
        }
        return tokens
    }
}
