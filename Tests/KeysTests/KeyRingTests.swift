import Foundation
import Testing

@testable import Keys

@Suite("Keys in use")
struct KeyRingTests {
    private let secret = KeySecret.random()
    private let other = KeySecret.random()

    private func standing(_ finding: KeyRing.Finding) -> String {
        switch finding {
        case .valid(let account): "\(account.key.name) is valid"
        case .over(_, let standing): standing.rawValue
        case .unknown: "unknown"
        }
    }

    @Test("A key is found by its secret and by nothing that resembles it")
    func finds() {
        let ring = KeyRing([
            APIKey(name: "a", digest: secret.digest), APIKey(name: "b", digest: other.digest),
        ])
        #expect(standing(ring.find(secret.text)) == "a is valid")
        #expect(standing(ring.find(other.text)) == "b is valid")
        let digits = secret.text.dropFirst(KeySecret.prefix.count)
        for wrong in [
            "", "ilv_", String(digits), secret.text + "0", "ILV_" + digits,
            secret.text.uppercased(), secret.digest.hexadecimal, "ilv_" + secret.digest.hexadecimal,
        ] {
            #expect(standing(ring.find(wrong)) == "unknown", "\(wrong)")
        }
    }

    @Test("A key opens nothing from its expiry on, or once it was taken back")
    func ends() throws {
        let now = Date.now
        let ring = KeyRing([
            APIKey(name: "a", digest: secret.digest, expires: now + 10),
            APIKey(name: "b", digest: other.digest, revoked: now),
        ])
        #expect(standing(ring.find(secret.text, at: now + 9.9)) == "a is valid")
        #expect(standing(ring.find(secret.text, at: now + 10)) == "expired")
        #expect(standing(ring.find(other.text, at: now)) == "revoked")
    }

    @Test("A new file takes effect at once, and what was used of limits stays used")
    func replaces() throws {
        var limits = KeyLimits()
        limits.requestsPerMinute = 2
        let key = APIKey(name: "a", digest: secret.digest, limits: limits)
        let ring = KeyRing([key])
        let account = try #require(ring.accounts.first)
        try account.admit(generates: false)
        try account.admit(generates: false)
        ring.replace(with: [key, APIKey(name: "b", digest: other.digest)])
        #expect(standing(ring.find(other.text)) == "b is valid")
        #expect(throws: LimitExceeded.self) { try account.admit(generates: false) }
        #expect(ring.accounts.first === account)
        ring.replace(with: [])
        #expect(standing(ring.find(secret.text)) == "unknown")
    }

    @Test("A key whose secret was changed, or that was away for a while, goes on with its usage")
    func keepsUsage() throws {
        let ring = KeyRing([APIKey(name: "a", digest: secret.digest)])
        try #require(ring.accounts.first).admit(generates: false)
        ring.replace(with: [APIKey(name: "a", digest: other.digest)])
        #expect(standing(ring.find(secret.text)) == "unknown")
        #expect(standing(ring.find(other.text)) == "a is valid")
        let usage = try #require(ring.accounts.first).usage
        #expect(usage.requestCount == 1)
        ring.replace(with: [])
        ring.replace(with: [APIKey(name: "a", digest: secret.digest)], usage: ["a": usage])
        #expect(ring.accounts.first?.usage == usage)
    }
}
