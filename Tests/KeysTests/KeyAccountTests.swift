import Testing

@testable import Keys

@Suite("Limits of keys")
struct KeyAccountTests {
    private let start = ContinuousClock.now

    private func account(_ set: (inout KeyLimits) -> Void) -> KeyAccount {
        var limits = KeyLimits()
        set(&limits)
        let key = APIKey(name: "a", digest: KeySecret.random().digest, limits: limits)
        return KeyAccount(key, usage: KeyUsage(), at: start)
    }

    @Test("A minute's requests may come at once, the next when the bucket has filled for it")
    func requests() throws {
        let account = account { $0.requestsPerMinute = 6 }
        for _ in 0..<6 { try account.admit(generates: false, at: start) }
        let refusal = LimitExceeded(limit: .requests, maximum: 6, retryAfter: .seconds(10))
        #expect(throws: refusal) { try account.admit(generates: false, at: start) }
        try account.admit(generates: false, at: start + .seconds(10))
        #expect(throws: LimitExceeded.self) {
            try account.admit(generates: false, at: start + .seconds(10))
        }
        #expect(account.usage.requestCount == 7)
        #expect(account.usage.refusedCount == 2)
    }

    @Test("No more requests run at once than may, and the place of one that ends is free")
    func running() throws {
        let account = account { $0.running = 1 }
        try account.begin(draws: false)
        let refusal = LimitExceeded(limit: .running, maximum: 1, retryAfter: nil)
        #expect(throws: refusal) { try account.admit(generates: true) }
        #expect(throws: refusal) { try account.begin(draws: false) }
        try account.admit(generates: false)
        account.end(nil)
        try account.admit(generates: true)
        try account.begin(draws: false)
    }

    @Test("Tokens are taken at a request's end; what it took too much must fill again first")
    func tokens() throws {
        let account = account { $0.tokensPerMinute = 60 }
        try account.admit(generates: true, at: start)
        try account.begin(draws: false, at: start)
        let work = KeyWork(tokenCount: 89, pictureCount: 0, machineTime: .seconds(2))
        account.end(work, at: start)
        // 29 are owed, and one must be there.
        let refusal = LimitExceeded(limit: .tokens, maximum: 60, retryAfter: .seconds(30))
        #expect(throws: refusal) { try account.admit(generates: true, at: start) }
        try account.admit(generates: false, at: start)
        try account.admit(generates: true, at: start + .seconds(31))
        #expect(account.usage.tokenCount == 89)
        #expect(account.usage.machineTime == .seconds(2))
    }

    @Test("A key whose pictures are used up may still have words")
    func pictures() throws {
        let account = account { $0.picturesPerMinute = 1 }
        try account.begin(draws: true, at: start)
        let work = KeyWork(tokenCount: 5, pictureCount: 1, machineTime: .zero)
        account.end(work, at: start)
        try account.admit(generates: true, at: start)
        #expect(throws: LimitExceeded.self) { try account.begin(draws: true, at: start) }
        try account.begin(draws: false, at: start)
    }

    @Test("What is left is told, and when the bucket is full again")
    func told() throws {
        let account = account { $0.requestsPerMinute = 60 }
        try account.admit(generates: false, at: start)
        let limits = account.limits(at: start)
        #expect(limits.requests == LimitState(limit: 60, remaining: 59, reset: .seconds(1)))
        #expect(limits.tokens == nil)
    }
}
