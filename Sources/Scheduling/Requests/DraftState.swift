/// What a sequence may go on with, guessed before it is chosen, and how good its guesses were.
struct DraftState: Hashable, Sendable {
    /// The guess.
    var tokens: [Int] = []
    /// Positions of the sequence when it was guessed, which it continues.
    var start = 0
    /// Tokens of it that were computed along with the position before it.
    var computedCount = 0
    /// How likely a guessed token is to be the one that is chosen, if those before it were.
    private(set) var acceptance = Self.firstAcceptance

    private static let firstAcceptance = 0.5
    private static let memory = 0.1

    /// Compares the guess with what followed, and learns from it.
    ///
    /// Also of what was not computed: whether it would have been right is known for nothing.
    ///
    /// - Parameter following: What followed.
    /// - Returns: Tokens of it that were guessed.
    mutating func settle(_ following: ArraySlice<PositionContent>) -> Int {
        let matchCount = zip(following, tokens).prefix { $0 == .token($1) }.count
        for place in 0..<min(following.count, tokens.count, matchCount + 1) {
            acceptance += Self.memory * ((place < matchCount ? 1 : 0) - acceptance)
        }
        return matchCount
    }
}
