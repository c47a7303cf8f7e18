internal import Locking

/// Bytes that the bodies of all connections share.
///
/// A body is charged as it arrives. When bytes run short, the client that holds most gives way: its bodies are
/// refused until there is room, so that one who sends much cannot keep out the others.
///
/// Threads: every member may be called from any thread.
final class BodyBudget: Sendable {
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
        var refusedCount = 0
    }

    /// Most bytes.
    let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// Bytes charged.
    var usedByteCount: Int { state.withLock(\.usedByteCount) }

    /// Bodies refused because bytes were short.
    var refusedCount: Int { state.withLock(\.refusedCount) }

    /// Looks whether so many bytes are free, or would be if those gave way who must; counts a refusal if not.
    ///
    /// - Parameters:
    ///   - byteCount: Length of the body.
    ///   - client: Whose it is; nil for a client that gives way to nobody.
    /// - Returns: Whether the body may come.
    func hasRoom(for byteCount: Int, of client: ClientIdentity?) -> Bool {
        state.withLock { state in
            // Nobody gives way before the bytes are there.
            let hasRoom = room(in: state, for: Share(client: client), byteCount) != nil
            if !hasRoom { state.refusedCount += 1 }
            return hasRoom
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

    /// Charges more; false if there is no room and nobody who holds more gives way.
    fileprivate func grow(_ charge: BodyCharge, by byteCount: Int) -> Bool {
        let identifier = ObjectIdentifier(charge)
        let (isGranted, refusals): (Bool, [@Sendable () -> Void]) = state.withLock { state in
            guard let share = state.shares[identifier] else { return (false, []) }
            var refusals: [@Sendable () -> Void] = []
            if byteCount > capacity - state.usedByteCount {
                guard let (left, removed) = room(in: state, for: share, byteCount) else {
                    state.refusedCount += 1
                    return (false, [])
                }
                state = left
                state.refusedCount += removed.count
                refusals = removed.compactMap(\.refuse)
            }
            state.usedByteCount += byteCount
            state.shares[identifier]?.byteCount += byteCount
            return (true, refusals)
        }
        for refuse in refusals { refuse() }
        return isGranted
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
                let taken = left.shares.removeValue(forKey: victim)
            else { return nil }
            left.usedByteCount -= taken.byteCount
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
        var totals: [ClientIdentity: Int] = [:]
        for other in state.shares.values {
            guard let client = other.client else { continue }
            totals[client, default: 0] += other.byteCount
        }
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
        let removed: Share? = state.withLock { state in
            guard let share = state.shares.removeValue(forKey: ObjectIdentifier(charge)) else {
                return nil
            }
            state.usedByteCount -= share.byteCount
            return share
        }
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

    /// Charges more bytes; false if they are not to be had.
    func grow(by byteCount: Int) -> Bool { budget.grow(self, by: byteCount) }

    /// The request is complete: it is not refused any more.
    func handOver() { budget.handOver(self) }

    /// Gives all bytes back.
    func release() { budget.release(self) }
}
