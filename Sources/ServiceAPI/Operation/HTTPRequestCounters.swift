internal import Locking

/// Counts answered requests by route and class of status.
///
/// Routes are those that there are, and `other`: a client cannot make up more labels.
final class HTTPRequestCounters: Sendable {
    /// What requests are counted by.
    struct Key: Hashable {
        /// The path as the contract writes it.
        let route: String
        /// The first digit of the status.
        let statusClass: Int
    }

    private let counts = Mutex<[Key: Int]>([:])

    /// Counts a request by the status of its answer.
    func count(route: String, status: Int) {
        counts.withLock { $0[Key(route: route, statusClass: status / 100), default: 0] += 1 }
    }

    /// The counts so far, in a fixed order.
    var values: [(key: Key, count: Int)] {
        counts.withLock { Array($0) }.map { ($0.key, $0.value) }
            .sorted { ($0.key.route, $0.key.statusClass) < ($1.key.route, $1.key.statusClass) }
    }
}
