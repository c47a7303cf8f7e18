internal import Locking

/// Bytes that the bodies of all connections share.
///
/// A body is charged as it arrives. A client has no more than its own limit. When bytes run short all the same, the client that
/// holds most gives way: its bodies are refused until there is room, so that one who sends much cannot keep out the others.
///
/// Threads: every member may be called from any thread.
final class BodyBudget: Sendable {
    /// Of what there is too little for a body.
    enum Shortage: Hashable {
        /// Of the bytes of all.
        case ofAll
        /// Of those that its client may have.
        case ofClient
    }

    /// One body's share.
    private struct Share {
        var byteCount = 0
        /// Whose it is; nil for a client that gives way to nobody.
        var client: ClientIdentity?
        /// Refuses the body; nil once the whole request has been handed over.
        var refuse: (@Sendable () -> Void)?
    }

    private struct State {
        var shares: [ObjectIdentifier: Share] = [:]
        var usedByteCount = 0
        /// Bytes by client.
        var clientByteCounts: [ClientIdentity: Int] = [:]
        var refusedCount = 0
        var refusedOfClientCount = 0

        /// Charges a share more.
        mutating func charge(_ identifier: ObjectIdentifier, _ byteCount: Int) {
            guard let client = shares[identifier].map(\.client) else { return }
            shares[identifier]?.byteCount += byteCount
            count(byteCount, of: client)
        }

        /// Takes a share away.
        mutating func remove(_ identifier: ObjectIdentifier) -> Share? {
            guard let share = shares.removeValue(forKey: identifier) else { return nil }
            count(-share.byteCount, of: share.client)
            return share
        }

        private mutating func count(_ byteCount: Int, of client: ClientIdentity?) {
            usedByteCount += byteCount
            guard let client else { return }
            let sum = clientByteCounts[client, default: 0] + byteCount
            clientByteCounts[client] = sum > 0 ? sum : nil
        }
    }

    /// Most bytes.
    let capacity: Int
    /// Most bytes of one client.
    let clientCapacity: Int
    private let state = Mutex(State())

    init(capacity: Int, clientCapacity: Int) {
        self.capacity = capacity
        self.clientCapacity = clientCapacity
    }

    /// Bytes charged.
    var usedByteCount: Int { state.withLock(\.usedByteCount) }

    /// Bodies refused because bytes were short.
    var refusedCount: Int { state.withLock(\.refusedCount) }

    /// Bodies refused because their client had as many bytes as it may have.
    var refusedOfClientCount: Int { state.withLock(\.refusedOfClientCount) }

    /// Looks whether so many bytes are free, or would be if those gave way who must; counts a refusal if not.
    ///
    /// - Parameters:
    ///   - byteCount: Length of the body.
    ///   - client: Whose it is; nil for a client that gives way to nobody.
    /// - Returns: What there is too little of; nil if the body may come.
    func shortage(for byteCount: Int, of client: ClientIdentity?) -> Shortage? {
        state.withLock { state in
            guard fits(byteCount, of: client, in: state) else {
                state.refusedOfClientCount += 1
                return .ofClient
            }
            // Nobody gives way before the bytes are there.
            let hasRoom = room(in: state, for: Share(client: client), byteCount) != nil
            if !hasRoom { state.refusedCount += 1 }
            return hasRoom ? nil : .ofAll
        }
    }

    /// Begins to charge a body.
    ///
    /// - Parameters:
    ///   - client: Whose it is; nil for a client that gives way to nobody.
    ///   - refuse: Called at most once, on any thread, when the body has to give way; its bytes are no longer charged.
    /// - Returns: A charge of nothing so far.
    func makeCharge(
        client: ClientIdentity?,
        refuse: @escaping @Sendable () -> Void
    ) -> BodyCharge {
        let charge = BodyCharge(self)
        state.withLock { state in
            state.shares[ObjectIdentifier(charge)] = Share(client: client, refuse: refuse)
        }
        return charge
    }

    // MARK: - For charges

    /// Charges more, unless there is no room and nobody who holds more gives way.
    fileprivate func grow(_ charge: BodyCharge, by byteCount: Int) -> Shortage? {
        let identifier = ObjectIdentifier(charge)
        let (shortage, refusals): (Shortage?, [@Sendable () -> Void]) = state.withLock { state in
            guard let share = state.shares[identifier] else { return (.ofAll, []) }
            guard fits(byteCount, of: share.client, in: state) else {
                state.refusedOfClientCount += 1
                return (.ofClient, [])
            }
            var refusals: [@Sendable () -> Void] = []
            if byteCount > capacity - state.usedByteCount {
                guard let (left, removed) = room(in: state, for: share, byteCount) else {
                    state.refusedCount += 1
                    return (.ofAll, [])
                }
                state = left
                state.refusedCount += removed.count
                refusals = removed.compactMap(\.refuse)
            }
            state.charge(identifier, byteCount)
            return (nil, refusals)
        }
        for refuse in refusals { refuse() }
        return shortage
    }

    /// Whether a client may have so many bytes more.
    private func fits(_ byteCount: Int, of client: ClientIdentity?, in state: State) -> Bool {
        guard let client else { return true }
        return byteCount <= clientCapacity - state.clientByteCounts[client, default: 0]
    }

    /// What is left once those have given way who must for so many bytes, and what they held; nil if that is not enough.
    private func room(
        in state: State,
        for share: Share,
        _ byteCount: Int
    ) -> (left: State, removed: [Share])? {
        var (left, removed) = (state, [Share]())
        while byteCount > capacity - left.usedByteCount {
            guard let victim = Self.victim(left, for: share, byteCount),
                let taken = left.remove(victim)
            else { return nil }
            removed.append(taken)
        }
        return (left, removed)
    }

    /// The largest body of the client that holds most; nil if that is the one who asks.
    private static func victim(
        _ state: State,
        for share: Share,
        _ byteCount: Int
    ) -> ObjectIdentifier? {
        var totals = state.clientByteCounts
        if let client = share.client { totals[client, default: 0] += byteCount }
        let largest = totals.max { ($0.value, $0.key) < ($1.value, $1.key) }
        guard let largest, largest.key != share.client else { return nil }
        return state.shares.filter { $0.value.client == largest.key && $0.value.refuse != nil }
            .max { $0.value.byteCount < $1.value.byteCount }?.key
    }

    fileprivate func isHeld(_ charge: BodyCharge) -> Bool {
        state.withLock { $0.shares[ObjectIdentifier(charge)] != nil }
    }

    fileprivate func handOver(_ charge: BodyCharge) {
        state.withLock { $0.shares[ObjectIdentifier(charge)]?.refuse = nil }
    }

    fileprivate func release(_ charge: BodyCharge) {
        let removed = state.withLock { $0.remove(ObjectIdentifier(charge)) }
        // What the closure holds is let go of out here.
        _ = removed
    }
}

/// What one body holds of a ``BodyBudget``, until it is released or nobody refers to it any more.
final class BodyCharge: Sendable {
    private let budget: BodyBudget

    fileprivate init(_ budget: BodyBudget) {
        self.budget = budget
    }

    deinit {
        budget.release(self)
    }

    /// Whether it has neither been released nor had to give way.
    var isHeld: Bool { budget.isHeld(self) }

    /// Charges more bytes.
    ///
    /// - Returns: What there is too little of; nil if they are charged.
    func grow(by byteCount: Int) -> BodyBudget.Shortage? { budget.grow(self, by: byteCount) }

    /// The request is complete: it is not refused any more.
    func handOver() { budget.handOver(self) }

    /// Gives all bytes back.
    func release() { budget.release(self) }
}
