/// Who gives up blocks for whom when the pool is dry.
///
/// Requests are ranked by priority, then by when they started. Blocks are taken from the lowest rank below
/// the one that needs them; then from sequences of others that ask for nothing at the moment; then from the
/// request's own later sequences. So the highest rank that has work can always go on, which needs no more
/// than its bounds, and everything ends. A preempted request waits until it fits as a whole, or until it is
/// the highest rank itself: it does not take back at once what it lost.
enum PreemptionPolicy {
    /// A request's place; greater ranks give way last.
    struct Rank: Hashable, Comparable, Sendable {
        let priority: Priority
        /// Count of requests that started before.
        let startIndex: Int

        static func < (left: Self, right: Self) -> Bool {
            (left.priority, right.startIndex) < (right.priority, left.startIndex)
        }
    }

    /// What could be taken from a running request.
    struct Holder: Hashable, Sendable {
        let request: RequestIdentifier
        let rank: Rank
        /// Sequences that hold blocks.
        let sequences: [SequenceIdentifier]
        /// Those of them that ask for nothing at the moment.
        let idleSequences: [SequenceIdentifier]
    }

    /// Sequences that should lose their blocks next, or nil if none may.
    static func victims(
        for sequence: SequenceIdentifier,
        of request: RequestIdentifier,
        rank: Rank,
        among holders: [Holder]
    ) -> [SequenceIdentifier]? {
        let others = holders.filter { $0.request != request && !$0.sequences.isEmpty }
        if let lowest = others.filter({ $0.rank < rank }).min(by: { $0.rank < $1.rank }) {
            return lowest.sequences
        }
        let idle = others.filter { !$0.idleSequences.isEmpty }
        if let lowest = idle.min(by: { $0.rank < $1.rank }) { return lowest.idleSequences }
        let own = holders.first { $0.request == request }?.sequences ?? []
        return own.filter { $0 > sequence }.max().map { [$0] }
    }
}
