/// Names those who share computed prefixes: sequences of one salt find each other's, and nobody else's.
///
/// Whether a prefix is found shows in times and counts. Between those who may not learn what the other sent, nothing is
/// therefore shared, and nothing told.
package struct CacheSalt: Hashable, Sendable {
    private let words: SIMD4<UInt64>

    /// That of everybody who has none.
    package static let none = CacheSalt(0, 0, 0, 0)

    /// A salt of the four words of a cryptographic digest.
    package init(_ first: UInt64, _ second: UInt64, _ third: UInt64, _ fourth: UInt64) {
        words = SIMD4(first, second, third, fourth)
    }

    /// The salt as bytes, the most significant of each word first; empty for none.
    package var bytes: [UInt8] {
        guard self != .none else { return [] }
        return words.indices.flatMap { index in
            (0..<8).map { UInt8(truncatingIfNeeded: words[index] >> (56 - 8 * UInt64($0))) }
        }
    }
}
