internal import Dispatch
internal import Logging
internal import Sockets
internal import Synchronization

/// Accepts connections and spreads them over the I/O queues.
final class Acceptor {
    /// Connections beyond the maximum that get a 503 instead of a place in the backlog.
    private static let maximumRefusedCount = 64
    /// Connections accepted per event.
    private static let batchCount = 64
    /// How long accepting rests when it cannot go on: a busy loop would take the time others need to finish.
    private static let pause = DispatchTimeInterval.milliseconds(50)

    private let queue: DispatchQueue
    private let ioQueues: [IOQueue]
    private let maximumConnectionCount: Int
    private let logger: Logger
    private let openConnectionCount = Atomic(0)
    private let openConnections = DispatchGroup()
    private var listener: ListeningSocket?
    private var source: (any DispatchSourceRead)?
    private var isPaused = false
    private var nextIndex = 0

    init(
        _ listener: consuming ListeningSocket,
        label: String,
        ioQueues: [IOQueue],
        maximumConnectionCount: Int,
        logger: Logger
    ) {
        self.listener = consume listener
        self.ioQueues = ioQueues
        self.maximumConnectionCount = maximumConnectionCount
        self.logger = logger
        queue = DispatchQueue(label: label)
    }

    func start() {
        queue.sync {
            guard let descriptor = listener?.descriptor.rawValue else { return }
            let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
            source.setEventHandler { [weak self] in self?.acceptWaiting() }
            self.source = source
            source.activate()
        }
    }

    /// Closes the listening socket; when this returns, new connections are refused by the system.
    ///
    /// - Precondition: Not called on the acceptor's own queue.
    func stop() {
        let closed = DispatchSemaphore(value: 0)
        let mustWait = queue.sync {
            guard let source else { return false }
            self.source = nil
            source.setCancelHandler {
                self.listener = nil
                closed.signal()
            }
            if isPaused { source.resume() }
            isPaused = false
            source.cancel()
            return true
        }
        if mustWait { closed.wait() }
    }

    /// Connections open now, those being refused included.
    var connectionCount: Int { openConnectionCount.load(ordering: .relaxed) }

    /// Waits until every connection is closed.
    func waitUntilEmpty() {
        openConnections.wait()
    }

    // MARK: - Accepting

    private func acceptWaiting() {
        dispatchPrecondition(condition: .onQueue(queue))
        for _ in 0..<Self.batchCount {
            let count = openConnectionCount.load(ordering: .relaxed)
            guard count < maximumConnectionCount + Self.maximumRefusedCount else {
                return rest()
            }
            do throws(SocketError) {
                guard let socket = try listener?.accept() else { return }
                place(socket, isOverLimit: count >= maximumConnectionCount)
            } catch {
                if error.isTransientAcceptFailure { continue }
                logger.warning("Accepting rests: \(error)")
                return rest()
            }
        }
    }

    private func place(_ socket: consuming ConnectedSocket, isOverLimit: Bool) {
        openConnectionCount.add(1, ordering: .relaxed)
        openConnections.enter()
        let ioQueue = ioQueues[nextIndex]
        nextIndex = (nextIndex + 1) % ioQueues.count
        let connection = Connection(socket, on: ioQueue, isOverLimit: isOverLimit) { [self] in
            openConnectionCount.subtract(1, ordering: .relaxed)
            openConnections.leave()
        }
        ioQueue.queue.async { connection.start() }
    }

    /// Stops accepting for a while: descriptors or places have run out.
    private func rest() {
        guard let source, !isPaused else { return }
        isPaused = true
        source.suspend()
        queue.asyncAfter(deadline: .now() + Self.pause) { [weak self] in
            guard let self, isPaused else { return }
            isPaused = false
            self.source?.resume()
        }
    }
}

// Sendable: the mutable properties are touched only on `queue`; the counters are safe by themselves.
extension Acceptor: @unchecked Sendable {}
