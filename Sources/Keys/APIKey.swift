package import Foundation

/// What a key opens; a right opens its own class of routes and no other.
package enum KeyRight: String, CaseIterable, Sendable {
    /// What the service is and knows: models, tokens, the holder's own requests.
    case read
    /// The model's work, and the end of the holder's own requests.
    case generate
    /// What goes on inside, and everybody's requests.
    case admin
}

/// How much a key may ask for; nil stands for no limit.
package struct KeyLimits: Hashable, Sendable {
    /// Requests in a minute, whatever they ask for.
    package var requestsPerMinute: Int?
    /// Requests that the engine has at once.
    package var running: Int?
    /// Tokens in a minute, read and written ones together.
    package var tokensPerMinute: Int?
    /// Pictures drawn in a minute.
    package var picturesPerMinute: Int?

    /// No limits.
    package init() {}

    /// What each limit is called in the file, and where it stands.
    package static let fields: [(name: String, path: Field)] = [
        ("requests_per_minute", \.requestsPerMinute), ("running", \.running),
        ("tokens_per_minute", \.tokensPerMinute), ("pictures_per_minute", \.picturesPerMinute),
    ]

    /// Where a limit stands.
    package typealias Field = any WritableKeyPath<KeyLimits, Int?> & Sendable

    /// What a limit may be.
    package static let range = 1...1_000_000_000
}

/// An entry of the file of keys: everything about a key but the key itself, of which it has the digest.
package struct APIKey: Hashable, Sendable {
    /// What people and metrics call it; no two keys have the same.
    package let name: String
    /// Whose requests and caches it shares.
    package let tenant: String
    /// SHA-256 of the secret.
    package let digest: SecretDigest
    /// What it opens.
    package let rights: Set<KeyRight>
    /// How much it may ask for.
    package let limits: KeyLimits
    /// When it was made.
    package let created: Date
    /// From when on it opens nothing; nil for never.
    package let expires: Date?
    /// When it was taken back, from then on it opens nothing; its name stays taken, so that its usage stays its own.
    package internal(set) var revoked: Date?

    /// An entry for a secret that was just made.
    ///
    /// - Parameters:
    ///   - name: See ``checkName(_:)``.
    ///   - tenant: The same; the name if it is nil.
    ///   - digest: Of the secret.
    ///   - rights: What it opens.
    ///   - limits: How much it may ask for.
    ///   - created: When it was made.
    ///   - expires: From when on it opens nothing.
    ///   - revoked: When it was taken back.
    package init(
        name: String,
        tenant: String? = nil,
        digest: SecretDigest,
        rights: Set<KeyRight> = [.read, .generate],
        limits: KeyLimits = KeyLimits(),
        created: Date = .now,
        expires: Date? = nil,
        revoked: Date? = nil
    ) {
        self.name = name
        self.tenant = tenant ?? name
        self.digest = digest
        self.rights = rights
        self.limits = limits
        self.created = created
        self.expires = expires
        self.revoked = revoked
    }

    /// Whether a key opens anything.
    package enum Standing: String, Sendable {
        case valid
        case expired
        case revoked
    }

    /// Whether the key opens anything at a time.
    package func standing(at now: Date) -> Standing {
        if revoked != nil { return .revoked }
        return expires.map { $0 <= now } ?? false ? .expired : .valid
    }

    /// Longest name of a key or tenant, in bytes.
    package static let maximumNameByteCount = 64

    /// What is wrong with a name of a key or tenant; nil if nothing is.
    ///
    /// Names are labels of metrics and stand in the log: letters, digits, `.`, `_` and `-`.
    package static func checkName(_ name: String) -> String? {
        guard (1...maximumNameByteCount).contains(name.utf8.count) else {
            return "must have 1 to \(maximumNameByteCount) characters"
        }
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
        return isPlain ? nil : "may have letters, digits, \".\", \"_\" and \"-\" alone"
    }
}
