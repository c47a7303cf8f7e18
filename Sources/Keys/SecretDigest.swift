internal import Digests

/// A key as its holder has it: 256 random bits, never kept.
package struct KeySecret: Sendable {
    /// What the client sends.
    package let text: String

    /// What every key begins with, so that people and scanners know one when they see it.
    package static let prefix = "ilv_"

    /// A new one, of the system's random numbers.
    package static func random() -> KeySecret {
        var random = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
        return KeySecret(text: prefix + SHA256.hexadecimal(bytes))
    }

    /// Its digest.
    package var digest: SecretDigest { SecretDigest(hashing: Array(text.utf8)) }

    private static let byteCount = prefix.utf8.count + 64

    /// The digest of what a client sent; nil for what cannot be a key, which is not worth hashing.
    package static func digest(ofSent text: some StringProtocol) -> SecretDigest? {
        guard text.utf8.count == byteCount, text.hasPrefix(prefix) else { return nil }
        return SecretDigest(hashing: Array(text.utf8))
    }
}

/// SHA-256 of a secret.
///
/// A plain hash is enough: a secret of 256 random bits cannot be guessed, however fast guesses can be tried.
package struct SecretDigest: Hashable, Sendable {
    private let words: SIMD4<UInt64>

    /// Hashes a secret.
    init(hashing bytes: [UInt8]) {
        let words = SHA256.words(of: bytes)
        self.words = SIMD4(words[0], words[1], words[2], words[3])
    }

    /// Reads 64 hexadecimal digits in lower case; nil for anything else.
    package init?(hexadecimal text: String) {
        let digits = Array(text.utf8)
        guard digits.count == 64 else { return nil }
        var words = SIMD4<UInt64>()
        for (index, digit) in digits.enumerated() {
            let value: UInt8
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
            default: return nil
            }
            words[index / 16] = words[index / 16] << 4 | UInt64(value)
        }
        self.words = words
    }

    /// 64 hexadecimal digits in lower case.
    package var hexadecimal: String {
        words.indices.map { index in
            let digits = String(words[index], radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// Whether two are equal, in a time that does not depend on where they differ.
    func isSame(as other: SecretDigest) -> Bool {
        let difference = words ^ other.words
        return difference[0] | difference[1] | difference[2] | difference[3] == 0
    }
}
