/// Accounts for encoded pictures: who needs which, which are held, which are still to be encoded.
///
/// Every owner reserves room for all its pictures before it asks for any, and reservations never exceed
/// the capacity; so there is always room for a picture that an owner asks for, and nobody waits for
/// somebody else's memory. A picture that several owners ask for is encoded once. Pictures without owners
/// stay until their room is needed, the longest unused goes first.
///
/// Invariants: reservations add up to at most the capacity; an owner has at most as many pictures as it
/// reserved; held pictures and those being encoded are at most the capacity when no step runs; what waits
/// to be encoded has an owner.
package struct ImageFeatureCache<Key: Hashable & Sendable, Owner: Hashable & Sendable>:
    Hashable, Sendable
{
    /// Whether a picture's features are there.
    package enum Availability: Hashable, Sendable {
        /// They can be used at once.
        case held
        /// Someone will encode the picture; all its owners are told then.
        case awaited
    }

    private enum Progress: Hashable, Sendable {
        case queued
        case encoding
        case held
    }

    private struct Entry: Hashable, Sendable {
        var progress = Progress.queued
        /// In the order in which they asked.
        var owners: [Owner] = []
        var lastUse: UInt64 = 0
    }

    private struct Reservation: Hashable, Sendable {
        let count: Int
        var keys: [Key] = []
    }

    /// Pictures that fit.
    package let capacity: Int
    /// Pictures that the owners may need at most.
    package private(set) var reservedCount = 0
    /// Questions for pictures so far.
    package private(set) var queryCount = 0
    /// Questions for pictures that were held or about to be, so far.
    package private(set) var hitCount = 0

    private var entries: [Key: Entry] = [:]
    private var reservations: [Owner: Reservation] = [:]
    private var useCount: UInt64 = 0

    package init(capacity: Int) {
        precondition(capacity >= 0, "a negative capacity")
        self.capacity = capacity
    }

    /// Pictures whose features occupy memory, including those being encoded.
    package var occupiedCount: Int { entries.values.count { $0.progress != .queued } }
    /// Pictures that someone needs.
    package var pinnedCount: Int { entries.values.count { !$0.owners.isEmpty } }

    // MARK: - Owners

    /// Reserves room for an owner's pictures; false if there is too little.
    package mutating func reserve(_ count: Int, for owner: Owner) -> Bool {
        precondition(count >= 0 && reservations[owner] == nil, "an owner reserves once")
        guard reservedCount + count <= capacity else { return false }
        reservedCount += count
        reservations[owner] = Reservation(count: count)
        return true
    }

    /// Asks for a picture; from now on the owner keeps it, whatever state it is in.
    ///
    /// - Precondition: The owner asks for no more pictures than it reserved.
    package mutating func ask(_ key: Key, for owner: Owner) -> Availability {
        var reservation = reservations.removeValue(forKey: owner) ?? Reservation(count: 0)
        defer { reservations[owner] = reservation }
        var entry = entries.removeValue(forKey: key)
        queryCount += 1
        if entry != nil { hitCount += 1 }
        if !reservation.keys.contains(key) {
            precondition(
                reservation.keys.count < reservation.count,
                "more than the \(reservation.count) pictures that were reserved"
            )
            reservation.keys.append(key)
            entry = entry ?? Entry()
            entry?.owners.append(owner)
        }
        let isHeld = entry?.progress == .held
        entries[key] = entry
        return isHeld ? .held : .awaited
    }

    /// Forgets an owner: its reservation, its pictures, and what it waits for.
    ///
    /// A picture that others wait for too is encoded for them.
    package mutating func release(_ owner: Owner) {
        guard let reservation = reservations.removeValue(forKey: owner) else { return }
        reservedCount -= reservation.count
        for key in reservation.keys { drop(key, of: owner) }
    }

    private mutating func drop(_ key: Key, of owner: Owner) {
        guard var entry = entries.removeValue(forKey: key) else { return }
        entry.owners.removeAll { $0 == owner }
        if entry.owners.isEmpty {
            useCount += 1
            entry.lastUse = useCount
            if entry.progress == .queued { return }
        }
        entries[key] = entry
    }

    /// Who needs a picture, in the order in which they asked.
    package func owners(of key: Key) -> [Owner] { entries[key]?.owners ?? [] }

    /// Whether a picture waits to be encoded.
    package func isQueued(_ key: Key) -> Bool { entries[key]?.progress == .queued }

    /// Whether a picture's features are there.
    package func isHeld(_ key: Key) -> Bool { entries[key]?.progress == .held }

    // MARK: - Encoding

    /// Makes room for pictures that are encoded now, and returns those that had to go.
    package mutating func begin(_ keys: [Key]) -> [Key] {
        var evicted: [Key] = []
        for key in keys {
            precondition(isQueued(key), "a picture is encoded once, for someone who asked for it")
            while occupiedCount >= capacity, let victim = leastRecentlyUsed() {
                entries[victim] = nil
                evicted.append(victim)
            }
            precondition(occupiedCount < capacity, "reserved room is taken")
            entries[key]?.progress = .encoding
        }
        return evicted
    }

    /// Features are there; returns who waited for them, in the order in which they asked.
    package mutating func finish(_ key: Key) -> [Owner] {
        precondition(entries[key]?.progress == .encoding, "the picture was not being encoded")
        useCount += 1
        entries[key]?.progress = .held
        entries[key]?.lastUse = useCount
        return owners(of: key)
    }

    /// Pictures are not encoded after all, which nobody waits for.
    package mutating func giveUp(_ keys: [Key]) {
        for key in keys {
            precondition(
                entries[key]?.progress == .encoding && owners(of: key).isEmpty,
                "somebody waits for the picture, or it is not being encoded"
            )
            entries[key] = nil
        }
    }

    private func leastRecentlyUsed() -> Key? {
        entries.lazy.filter { $0.value.owners.isEmpty && $0.value.progress == .held }
            .min { $0.value.lastUse < $1.value.lastUse }?.key
    }

    // MARK: - Invariants

    /// Checks the invariants; `isStepRunning` while pictures may be encoded for owners that are gone.
    func checkInvariants(isStepRunning: Bool) throws(InvariantViolation) {
        let reserved = reservations.values.reduce(0) { $0 + $1.count }
        guard reserved == reservedCount, reserved <= capacity else {
            throw InvariantViolation("\(reserved) pictures reserved of \(capacity)")
        }
        for (owner, reservation) in reservations {
            guard reservation.keys.count <= reservation.count else {
                throw InvariantViolation("\(owner) has more pictures than it reserved")
            }
            for key in reservation.keys where !owners(of: key).contains(owner) {
                throw InvariantViolation("\(owner) is not among the owners of its picture \(key)")
            }
        }
        for (key, entry) in entries {
            for owner in entry.owners where reservations[owner]?.keys.contains(key) != true {
                throw InvariantViolation("picture \(key) has the owner \(owner), who is gone")
            }
            if entry.progress == .queued && entry.owners.isEmpty {
                throw InvariantViolation("picture \(key) waits to be encoded for nobody")
            }
            if entry.progress == .encoding && !isStepRunning {
                throw InvariantViolation("picture \(key) is being encoded by no step")
            }
        }
        guard occupiedCount <= capacity else {
            throw InvariantViolation("\(occupiedCount) pictures held of \(capacity)")
        }
    }
}
