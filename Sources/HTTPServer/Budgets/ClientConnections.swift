internal import Locking
internal import Sockets

/// Open connections by client, so that one cannot take the places of all.
///
/// Threads: every member may be called from any thread.
final class ClientConnections: Sendable {
    private let maximumCount: Int
    private let forwarded: ForwardedClient
    private let counts = Mutex<[ClientIdentity: Int]>([:])

    init(_ configuration: HTTPServer.Configuration) {
        maximumCount = configuration.maximumClientConnectionCount
        forwarded = ForwardedClient(configuration)
    }

    /// Counts a connection until ``left(_:)``; whether its client has more than it may.
    ///
    /// Clients on this machine and trusted proxies, who speak for many, may have any number.
    func joined(_ address: SocketAddress?) -> Bool {
        guard let client = forwarded.accountable(address) else { return false }
        return counts.withLock { counts in
            counts[client, default: 0] += 1
            return counts[client, default: 0] > maximumCount
        }
    }

    /// Counts it no more.
    func left(_ address: SocketAddress?) {
        guard let client = forwarded.accountable(address) else { return }
        counts.withLock { counts in
            let count = counts[client, default: 0] - 1
            counts[client] = count > 0 ? count : nil
        }
    }
}
