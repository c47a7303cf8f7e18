internal import Locking

/// The events of one job, each with its place, for everybody who wants to hear them from any place on.
///
/// Threads: every member may be called from any thread.
package final class JobLog: Sendable {
    /// What happened.
    package struct Event: Hashable, Sendable {
        /// What it is called.
        package let name: String
        /// Its document, in one line.
        package let data: [UInt8]

        /// An event.
        package init(name: String, data: [UInt8]) {
            self.name = name
            self.data = data
        }

        /// What it counts as.
        var byteCount: Int { name.utf8.count + data.count }
    }

    private struct State {
        var events: [Event] = []
        var isOver = false
        var followers: [Int: @Sendable () -> Void] = [:]
        var followerCount = 0
    }

    private let state: Mutex<State>

    /// A log.
    ///
    /// - Parameters:
    ///   - events: What it begins with.
    ///   - isOver: Whether nothing follows.
    init(_ events: [Event] = [], isOver: Bool = false) {
        state = Mutex(State(events: events, isOver: isOver))
    }

    /// The number of events so far, and whether nothing follows.
    package var extent: (count: Int, isOver: Bool) {
        state.withLock { ($0.events.count, $0.isOver) }
    }

    /// What the events count as.
    var byteCount: Int {
        state.withLock { $0.events.reduce(0) { $0 + $1.byteCount } }
    }

    /// Some events from a place on.
    ///
    /// - Parameters:
    ///   - place: The first event's, which may be beyond what there is.
    ///   - byteCount: As many as have so many bytes, and the one that makes them more.
    /// - Returns: The events; none if there are none yet, or nothing follows.
    package func events(from place: Int, upTo byteCount: Int = .max) -> ArraySlice<Event> {
        state.withLock { state in
            guard place < state.events.count else { return [] }
            var (end, rest) = (place, byteCount)
            while end < state.events.count, rest > 0 {
                rest -= state.events[end].byteCount
                end += 1
            }
            return state.events[place..<end]
        }
    }

    /// Has somebody told whenever there is more, or nothing follows any more.
    ///
    /// - Parameter wake: Called soon after, from any thread; it must not wait for anything.
    /// - Returns: What ends it, see ``unfollow(_:)``.
    package func follow(_ wake: @escaping @Sendable () -> Void) -> Int {
        state.withLock { state in
            state.followerCount += 1
            state.followers[state.followerCount] = wake
            return state.followerCount
        }
    }

    /// Tells somebody nothing any more.
    package func unfollow(_ follower: Int) {
        let released = state.withLock { $0.followers.removeValue(forKey: follower) }
        // Out here: it may hold what asks the log when it goes.
        _ = released
    }

    /// Adds an event, unless nothing was to follow.
    func append(_ event: Event) {
        change { $0.events.append(event) }
    }

    /// Says that nothing follows, but for a last event: nobody sees that without the end.
    func finish(with event: Event? = nil) {
        change { state in
            if let event { state.events.append(event) }
            state.isOver = true
        }
    }

    private func change(_ body: (inout State) -> Void) {
        let followers = state.withLock { state -> [@Sendable () -> Void] in
            guard !state.isOver else { return [] }
            body(&state)
            return Array(state.followers.values)
        }
        for wake in followers { wake() }
    }
}
