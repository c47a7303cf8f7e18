/// Identity of a picture's pixels: a 256-bit cryptographic digest of them.
///
/// Two pictures with equal digests are taken to be the same picture.
package struct ImageDigest: Hashable, Sendable {
    private let words: InlineWords

    private struct InlineWords: Hashable, Sendable {
        let first: UInt64
        let second: UInt64
        let third: UInt64
        let fourth: UInt64
    }

    /// A digest of four words, in the order in which the hash function gives them.
    package init(_ first: UInt64, _ second: UInt64, _ third: UInt64, _ fourth: UInt64) {
        words = InlineWords(first: first, second: second, third: third, fourth: fourth)
    }
}

/// What stands at one position of a sequence.
///
/// A position's keys and values follow from the contents of all positions up to it and nothing else;
/// equal contents may therefore share memory.
package enum PositionContent: Hashable, Sendable {
    /// A token of the vocabulary.
    case token(Int)
    /// One of the positions that stand for a picture; `offset` counts from the picture's first.
    case image(ImageDigest, offset: Int)
}
