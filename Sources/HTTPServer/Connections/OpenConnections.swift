internal import Dispatch
internal import Locking
internal import Sockets
internal import Synchronization

/// The connections of a server, whichever address they came by: their number, and those that are one too many.
final class OpenConnections: Sendable {
    private struct Spare {
        weak var connection: Connection?
    }

    private let ioQueues: [IOQueue]
    private let maximumCount: Int
    /// Connections beyond the maximum that are asked what they want; as many may be on their way out beside them.
    private let maximumSpareCount: Int
    private let openCount = Atomic(0)
    private let nextIndex = Atomic(0)
    private let group = DispatchGroup()
    private let clients: ClientConnections
    /// What is needed to speak TLS where that is spoken; nil for plain HTTP.
    private let tls: Locking.Mutex<TLSContext?>
    /// Those that are one too many, oldest first.
    private let spares = Mutex<[Spare]>([])

    init(_ ioQueues: [IOQueue], _ configuration: HTTPServer.Configuration, tls: TLSContext?) {
        self.tls = Locking.Mutex(tls)
        self.ioQueues = ioQueues
        maximumCount = configuration.maximumConnectionCount
        maximumSpareCount = configuration.spareConnectionCount
        clients = ClientConnections(configuration)
    }

    /// Connections open now, those being refused included.
    var count: Int { openCount.load(ordering: .relaxed) }

    /// When the certificate expires, in seconds since 1970; nil without TLS.
    var certificateExpiry: Int? { tls.withLock { $0?.expiry } }

    /// Whether not even a connection that will be refused has a place.
    var isFull: Bool { count >= maximumCount + 2 * maximumSpareCount }

    /// Waits until every connection is closed.
    func waitUntilEmpty() {
        group.wait()
    }

    /// Waits until every connection is closed.
    ///
    /// - Parameter limit: The longest wait.
    /// - Returns: Whether they are.
    func waitUntilEmpty(limit: DispatchTimeInterval) -> Bool {
        group.wait(timeout: .now() + limit) == .success
    }

    /// Has connections that are accepted from now on speak TLS with this.
    func speak(_ context: TLSContext) {
        tls.withLock { $0 = context }
    }

    /// Gives a connection its place.
    ///
    /// - Parameters:
    ///   - socket: The accepted socket.
    ///   - isRemote: Whether TLS is spoken over it, if there is any.
    func place(_ socket: consuming ConnectedSocket, isRemote: Bool) {
        var transport: ByteTransport
        if isRemote, let context = tls.withLock({ $0 }) {
            // Without memory for it there is nothing to say, and no way to say it.
            guard let session = try? TLSSession(context) else { return }
            transport = ByteTransport(socket, session)
        } else {
            transport = ByteTransport(socket)
        }
        let count = openCount.add(1, ordering: .relaxed).newValue
        group.enter()
        let index = nextIndex.add(1, ordering: .relaxed).newValue
        let ioQueue = ioQueues[index % ioQueues.count]
        let address = transport.remoteAddress
        let surplus: Connection.Surplus? =
            clients.joined(address) ? .ofClient : count > maximumCount ? .ofServer : nil
        let connection = Connection(transport, on: ioQueue, surplus: surplus) { [self] in
            clients.left(address)
            openCount.subtract(1, ordering: .relaxed)
            group.leave()
        }
        if surplus != nil { makeRoom(for: connection) }
        ioQueue.queue.async { connection.start() }
    }

    /// Closes the oldest of those that are too many: a probe is answered long before it becomes that.
    private func makeRoom(for connection: Connection) {
        let oldest: Connection? = spares.withLock { spares in
            spares.removeAll { $0.connection == nil }
            spares.append(Spare(connection: connection))
            return spares.count > maximumSpareCount ? spares.removeFirst().connection : nil
        }
        if let oldest { oldest.ioQueue.queue.async { oldest.giveWay() } }
    }
}
