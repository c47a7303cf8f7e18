internal import JSON
internal import Locking

/// Requests that have not ended, by the names under which a client may ask for their end.
final class ActiveRequests: Sendable {
    private let byName = Mutex([JSONKey: [ObjectIdentifier: ActiveRequest]]())

    /// Remembers a request until ``remove(_:)``.
    func insert(_ request: ActiveRequest) {
        byName.withLock { byName in
            for name in request.names {
                byName[name, default: [:]][ObjectIdentifier(request)] = request
            }
        }
    }

    /// Forgets a request that has ended.
    func remove(_ request: ActiveRequest) {
        byName.withLock { byName in
            for name in request.names {
                byName[name]?[ObjectIdentifier(request)] = nil
                if byName[name]?.isEmpty == true { byName[name] = nil }
            }
        }
    }

    /// Ends every request of a name that the caller may end; several clients may have chosen the same name.
    ///
    /// - Returns: How many there were.
    func cancel(_ name: String, by caller: Caller) -> Int {
        let found = byName.withLock { Array($0[JSONKey(name), default: [:]].values) }
            .filter { caller.owns(requestsOf: $0.caller.tenant) }
        for request in found { request.cancel(.asked(key: caller.keyName)) }
        return found.count
    }
}
