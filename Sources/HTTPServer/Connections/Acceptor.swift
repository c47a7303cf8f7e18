internal import Dispatch
internal import Logging
internal import Sockets

/// Accepts the connections of one address.
final class Acceptor {
    /// Connections accepted per event.
    private static let batchCount = 64
    /// How long accepting rests when it cannot go on: a busy loop would take the time others need to finish.
    private static let pause = DispatchTimeInterval.milliseconds(50)

    /// Where it listens.
    let address: SocketAddress
    /// Whether TLS is spoken here where there is any: a socket file is reached from this machine alone.
    private let isRemote: Bool
    private let queue = DispatchQueue(label: "interleaved.http.accept")
    private let connections: OpenConnections
    private let load: SharedLoad
    private let logger: Logger
    private var listener: ListeningSocket?
    private var source: (any DispatchSourceRead)?
    private var isPaused = false

    init(
        _ listener: consuming ListeningSocket,
        connections: OpenConnections,
        load: SharedLoad,
        logger: Logger
    ) {
        address = listener.address
        isRemote = if case .unix = address { false } else { true }
        self.listener = consume listener
        self.connections = connections
        self.load = load
        self.logger = logger
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
                // Whom the system has let in already would be cut off.
                self.acceptWaiting()
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

    // MARK: - Accepting

    private func acceptWaiting() {
        dispatchPrecondition(condition: .onQueue(queue))
        for _ in 0..<Self.batchCount {
            guard !connections.isFull else { return rest() }
            do throws(SocketError) {
                guard let socket = try listener?.accept() else { return }
                connections.place(socket, isRemote: isRemote)
            } catch {
                if error.isTransientAcceptFailure { continue }
                load.restingAcceptor.note(logger, "Accepting rests now and then: \(error).")
                return rest()
            }
        }
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

// Sendable: the mutable properties are touched only on `queue`; the rest is safe by itself.
extension Acceptor: @unchecked Sendable {}
