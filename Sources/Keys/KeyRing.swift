package import Foundation
internal import Locking

/// The keys that are in use, found by what a client sends.
///
/// Threads: every member may be called from any thread.
package final class KeyRing: Sendable {
    /// What a client's secret turned out to be.
    package enum Finding: Sendable {
        /// It opens what the rights of its key say.
        case valid(KeyAccount)
        /// It opened something once: the key's name, and why it does no more.
        case over(String, APIKey.Standing)
        /// No key, or none of ours.
        case unknown
    }

    private struct Entry: Sendable {
        let digest: SecretDigest
        let account: KeyAccount
    }

    private let entries: Mutex<[Entry]>

    /// The keys of a file.
    ///
    /// - Parameters:
    ///   - keys: Its entries.
    ///   - usage: What was done for each so far, by name.
    package init(_ keys: [APIKey], usage: [String: KeyUsage] = [:]) {
        entries = Mutex(
            keys.map { key in
                Entry(
                    digest: key.digest,
                    account: KeyAccount(key, usage: usage[key.name] ?? KeyUsage())
                )
            }
        )
    }

    /// All keys, in the order of the file.
    package var accounts: [KeyAccount] { entries.withLock { $0.map(\.account) } }

    /// Goes on with the keys of another file.
    ///
    /// What was taken of limits by those that stay, stays taken, and what was done for them is kept. A name is a key's
    /// identity: its secret may change. Requests that run are finished, whatever becomes of their key.
    ///
    /// - Parameters:
    ///   - keys: The entries of the file.
    ///   - usage: What was done for keys that are not in use now, by name.
    package func replace(with keys: [APIKey], usage: [String: KeyUsage] = [:]) {
        entries.withLock { entries in
            entries = keys.map { key in
                let known = entries.first { $0.account.key.name == key.name }
                known?.account.change(to: key)
                return Entry(
                    digest: key.digest,
                    account: known?.account
                        ?? KeyAccount(key, usage: usage[key.name] ?? KeyUsage())
                )
            }
        }
    }

    /// Finds the key of a secret.
    ///
    /// Every entry is compared in full, so that the time tells nothing of which is the right one, or how near a wrong one is.
    ///
    /// - Parameters:
    ///   - secret: What the client sent.
    ///   - now: The time.
    /// - Returns: The key, if there is one.
    package func find(_ secret: some StringProtocol, at now: Date = .now) -> Finding {
        guard let digest = KeySecret.digest(ofSent: secret) else { return .unknown }
        let entries = entries.withLock { $0 }
        var found: KeyAccount?
        for entry in entries where entry.digest.isSame(as: digest) { found = entry.account }
        guard let found else { return .unknown }
        let standing = found.key.standing(at: now)
        return standing == .valid ? .valid(found) : .over(found.key.name, standing)
    }
}
