internal import Locking

/// A limit of a key that a request would break.
package struct LimitExceeded: Error, Hashable, Sendable {
    /// Which.
    package enum Limit: String, Sendable {
        case requests
        case running
        case tokens
        case pictures
    }

    /// The limit.
    package let limit: Limit
    /// How much there may be.
    package let maximum: Int
    /// When there is room again; nil where that depends on when a request ends.
    package let retryAfter: Duration?
}

/// How much of a limit per minute is left.
package struct LimitState: Hashable, Sendable {
    /// How much a minute brings.
    package let limit: Int
    /// How much is left.
    package let remaining: Int
    /// When nothing will have been taken from it.
    package let reset: Duration
}

/// A key in use: how much of its limits is left, and what was done for it.
///
/// Threads: every member may be called from any thread.
package final class KeyAccount: Sendable {
    private struct State {
        var key: APIKey
        var requests: RateBucket?
        var tokens: RateBucket?
        var pictures: RateBucket?
        var runningCount = 0
        var usage: KeyUsage

        mutating func fill(_ now: ContinuousClock.Instant) {
            requests?.fill(now)
            tokens?.fill(now)
            pictures?.fill(now)
        }

        /// Counts a request as refused if the limits say no.
        mutating func check(
            isCounted: Bool = true,
            _ limits: (State) throws(LimitExceeded) -> Void
        ) throws(LimitExceeded) {
            do throws(LimitExceeded) {
                try limits(self)
            } catch {
                if isCounted { usage.refusedCount += 1 }
                throw error
            }
        }

        /// Refuses what a limit on running requests does not allow.
        func requirePlace() throws(LimitExceeded) {
            guard let maximum = key.limits.running, runningCount >= maximum else { return }
            throw LimitExceeded(limit: .running, maximum: maximum, retryAfter: nil)
        }

        /// Refuses what an empty bucket does not allow.
        static func require(
            _ bucket: RateBucket?,
            _ limit: LimitExceeded.Limit
        ) throws(LimitExceeded) {
            guard let bucket, bucket.remaining < 1 else { return }
            throw LimitExceeded(
                limit: limit,
                maximum: bucket.limit,
                retryAfter: bucket.wait(for: 1)
            )
        }
    }

    private let state: Mutex<State>

    init(_ key: APIKey, usage: KeyUsage, at now: ContinuousClock.Instant = .now) {
        state = Mutex(
            State(
                key: key,
                requests: key.limits.requestsPerMinute.map { RateBucket(limit: $0, at: now) },
                tokens: key.limits.tokensPerMinute.map { RateBucket(limit: $0, at: now) },
                pictures: key.limits.picturesPerMinute.map { RateBucket(limit: $0, at: now) },
                usage: usage
            )
        )
    }

    /// The key's entry.
    package var key: APIKey { state.withLock(\.key) }

    /// What was done for the key.
    package var usage: KeyUsage { state.withLock(\.usage) }

    /// Requests that the engine has now.
    package var runningCount: Int { state.withLock(\.runningCount) }

    /// Goes on with another entry of the same secret; what was taken of limits stays taken.
    func change(to key: APIKey, at now: ContinuousClock.Instant = .now) {
        func changed(_ bucket: RateBucket?, _ limit: Int?) -> RateBucket? {
            guard let limit else { return nil }
            var bucket = bucket ?? RateBucket(limit: limit, at: now)
            bucket.fill(now)
            bucket.change(limit: limit)
            return bucket
        }
        state.withLock { state in
            state.key = key
            state.requests = changed(state.requests, key.limits.requestsPerMinute)
            state.tokens = changed(state.tokens, key.limits.tokensPerMinute)
            state.pictures = changed(state.pictures, key.limits.picturesPerMinute)
        }
    }

    // MARK: - Limits

    /// Counts a request, unless the limits say no; what it asks for is not known yet.
    ///
    /// - Parameters:
    ///   - generates: Whether the engine will have work with it.
    ///   - now: The time.
    /// - Throws: ``LimitExceeded``; nothing is taken then.
    package func admit(
        generates: Bool,
        at now: ContinuousClock.Instant = .now
    ) throws(LimitExceeded) {
        try state.withLock { state throws(LimitExceeded) in
            state.fill(now)
            try state.check { state throws(LimitExceeded) in
                try State.require(state.requests, .requests)
                guard generates else { return }
                try state.requirePlace()
                try State.require(state.tokens, .tokens)
            }
            state.requests?.take(1)
            state.usage.requestCount += 1
        }
    }

    /// Gives the engine a request, unless the limits say no; ``end(_:)`` follows.
    ///
    /// - Parameters:
    ///   - draws: Whether it may draw pictures.
    ///   - isTriedAgain: Whether it waits when it is refused, so that it does not count as refused.
    ///   - now: The time.
    /// - Throws: ``LimitExceeded``; nothing is taken then.
    package func begin(
        draws: Bool,
        isTriedAgain: Bool = false,
        at now: ContinuousClock.Instant = .now
    ) throws(LimitExceeded) {
        try state.withLock { state throws(LimitExceeded) in
            state.fill(now)
            try state.check(isCounted: !isTriedAgain) { state throws(LimitExceeded) in
                try state.requirePlace()
                try State.require(state.tokens, .tokens)
                if draws { try State.require(state.pictures, .pictures) }
            }
            state.runningCount += 1
        }
    }

    /// The engine has done with a request that took so much; nothing if it never had it.
    package func end(_ work: KeyWork?, at now: ContinuousClock.Instant = .now) {
        state.withLock { state in
            state.runningCount -= 1
            guard let work else { return }
            state.fill(now)
            state.tokens?.take(work.tokenCount)
            state.pictures?.take(work.pictureCount)
            state.usage.add(work)
        }
    }

    /// What is left of the limits on requests and tokens.
    package func limits(
        at now: ContinuousClock.Instant = .now
    ) -> (requests: LimitState?, tokens: LimitState?) {
        func told(_ bucket: RateBucket) -> LimitState {
            LimitState(
                limit: bucket.limit,
                remaining: bucket.remaining,
                reset: bucket.timeUntilFull
            )
        }
        return state.withLock { state in
            state.fill(now)
            return (state.requests.map(told), state.tokens.map(told))
        }
    }
}
