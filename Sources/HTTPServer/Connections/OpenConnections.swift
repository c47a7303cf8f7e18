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
    /// Those that are one too many, oldest first.
    private let spares = Mutex<[Spare]>([])

    init(_ ioQueues: [IOQueue], _ maximumCount: Int, spareCount: Int) {
        self.ioQueues = ioQueues
        self.maximumCount = maximumCount
        maximumSpareCount = spareCount
    }

    /// Connections open now, those being refused included.
    var count: Int { openCount.load(ordering: .relaxed) }

    /// Whether not even a connection that will be refused has a place.
    var isFull: Bool { count >= maximumCount + 2 * maximumSpareCount }

    /// Waits until every connection is closed.
    func waitUntilEmpty() {
        group.wait()
    }

    /// Gives a connection its place.
    func place(_ socket: consuming ConnectedSocket) {
        let count = openCount.add(1, ordering: .relaxed).newValue
        group.enter()
        let index = nextIndex.add(1, ordering: .relaxed).newValue
        let ioQueue = ioQueues[index % ioQueues.count]
        let isSpare = count > maximumCount
        let connection = Connection(socket, on: ioQueue, isSpare: isSpare) { [self] in
            openCount.subtract(1, ordering: .relaxed)
            group.leave()
        }
        if isSpare { makeRoom(for: connection) }
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
