internal import JSON
internal import Locking

/// Requests that have not ended, by the names under which a client may ask for their end: that of the
/// answer, and the one that the client gave the request itself.
final class ActiveRequests: Sendable {
    private struct State {
        var byName: [JSONKey: [ObjectIdentifier: Cancellation]] = [:]
    }

    private let state = Mutex(State())

    /// Remembers a request until ``remove(_:_:)``.
    func insert(_ cancellation: Cancellation, _ names: [String]) {
        state.withLock { state in
            for name in names.map(JSONKey.init) {
                state.byName[name, default: [:]][ObjectIdentifier(cancellation)] = cancellation
            }
        }
    }

    /// Forgets a request that has ended.
    func remove(_ cancellation: Cancellation, _ names: [String]) {
        state.withLock { state in
            for name in names.map(JSONKey.init) {
                state.byName[name]?[ObjectIdentifier(cancellation)] = nil
                if state.byName[name]?.isEmpty == true { state.byName[name] = nil }
            }
        }
    }

    /// Ends every request of a name; several clients may have chosen the same.
    ///
    /// - Returns: How many there were.
    func cancel(_ name: String) -> Int {
        let found = state.withLock { Array($0.byName[JSONKey(name), default: [:]].values) }
        for cancellation in found { cancellation.cancel(.asked) }
        return found.count
    }
}
