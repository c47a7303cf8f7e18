internal import Dispatch
internal import Locking
package import Logging
package import Sockets
internal import Synchronization

/// An HTTP/1.1 server over TCP and UNIX sockets.
///
/// One queue per address accepts; a few serial queues share the connections, each confined to one of them, so that no
/// lock is taken between the socket and the handler. No call on them waits. What a client can make the server
/// keep or wait for is bounded by ``Configuration``.
///
/// Threads: every method may be called from any thread but the server's own queues.
package final class HTTPServer: Sendable {
    private struct State {
        var acceptors: [Acceptor] = []
        var hasStarted = false
    }

    private let configuration: Configuration
    private let ioQueues: [IOQueue]
    private let connections: OpenConnections
    private let sharedLoad: SharedLoad
    private let logger: Logger
    private let state = Mutex(State())

    /// Makes a server that does not listen yet.
    ///
    /// - Parameters:
    ///   - configuration: Where to listen, and what to put up with.
    ///   - tls: What is needed to speak TLS at all addresses but UNIX sockets; nil for plain HTTP.
    ///   - handler: Who answers.
    ///   - logger: Where the log goes.
    /// - Throws: ``ConfigurationError`` if the configuration makes no sense; `SocketError` if the process may open no
    ///   more descriptors.
    package init(
        configuration: Configuration,
        tls: TLSContext? = nil,
        handler: any RequestHandler,
        logger: Logger
    ) throws {
        try configuration.validate()
        self.configuration = configuration
        self.logger = logger
        let load = SharedLoad(configuration)
        sharedLoad = load
        ioQueues = try (0..<configuration.ioQueueCount).map { index in
            try IOQueue(
                label: "interleaved.http.io-\(index)",
                handler: handler,
                configuration: configuration,
                load: load,
                logger: logger
            )
        }
        connections = OpenConnections(
            ioQueues,
            configuration,
            tls: tls
        )
    }

    deinit {
        stopAccepting()
    }

    /// Listens and begins to serve.
    ///
    /// Does nothing if called again.
    ///
    /// - Throws: `SocketError` if an address is no address or cannot be listened on; then none is.
    package func start() throws {
        let acceptors: [Acceptor] = try state.withLock { state in
            guard !state.hasStarted else { return [] }
            state.acceptors = try ListeningPlan(configuration).listen { listener in
                Acceptor(listener, connections: connections, load: sharedLoad, logger: logger)
            }
            state.hasStarted = true
            return state.acceptors
        }
        for acceptor in acceptors {
            acceptor.start()
            logger.info("Listening on \(acceptor.address).")
        }
    }

    /// The port listened on, which the system chose if 0 was configured; nil before ``start()`` and without any.
    package var port: UInt16? {
        state.withLock(\.acceptors).lazy.map(\.address.port).first { $0 > 0 }
    }

    /// Where it listens, as people write it: `127.0.0.1:8080`, `unix:/run/interleaved.sock`.
    package var addresses: [String] {
        state.withLock(\.acceptors).map { "\($0.address)" }
    }

    /// How much of what connections share is in use.
    package var load: Load {
        var load = Load()
        load.connectionCount = connections.count
        load.maximumConnectionCount = configuration.maximumConnectionCount
        load.refusedConnectionCount = sharedLoad.refusedConnectionCount.load(ordering: .relaxed)
        load.refusedClientConnectionCount =
            sharedLoad.refusedClientConnectionCount.load(ordering: .relaxed)
        load.bodyByteCount = sharedLoad.bodies.usedByteCount
        load.bodyByteBudget = sharedLoad.bodies.capacity
        load.refusedBodyCount = sharedLoad.bodies.refusedCount
        load.refusedClientBodyCount = sharedLoad.bodies.refusedOfClientCount
        load.answerByteCount = sharedLoad.answers.usedByteCount
        load.answerByteBudget = sharedLoad.answers.capacity
        load.cutAnswerCount = sharedLoad.answers.cutCount
        load.failedHandshakeCount = sharedLoad.failedHandshakeCount.load(ordering: .relaxed)
        load.certificateExpiry = connections.certificateExpiry
        return load
    }

    /// Speaks TLS with another certificate; connections that are open go on with theirs.
    package func renew(_ tls: TLSContext) {
        connections.speak(tls)
    }

    /// Takes no new connections; those there are go on, and calling again does nothing.
    package func stopAccepting() {
        for acceptor in state.withLock(\.acceptors) { acceptor.stop() }
    }

    /// Has every response that begins from now on say `Connection: close`, and goes on serving.
    package func announceDraining() {
        for ioQueue in ioQueues { ioQueue.announceDraining() }
    }

    /// Ends serving: waits for the answers in progress, then takes no new connections and closes all.
    ///
    /// While it waits, the handler is still asked, so that it can tell new clients that they come too late;
    /// only answers that had begun before are waited for. Connections that are idle are closed without waiting; those
    /// that are new, or have sent a request only in part, have a moment to send the rest, be told so, and hear it. Handlers of requests that are cut off hear of it through `onClose`.
    /// Does nothing if called again.
    ///
    /// - Parameter limit: The longest wait; nil takes it from the configuration.
    /// - Returns: Whether every request in progress was answered in time.
    @discardableResult
    package func drain(limit: Duration? = nil) -> Bool {
        let deadline = DispatchTime.now() + DispatchTimeInterval(limit ?? configuration.drainLimit)
        announceDraining()
        for ioQueue in ioQueues { ioQueue.announceFinishing() }
        // A request that a queue is about to hand over counts as in progress.
        for ioQueue in ioQueues { ioQueue.queue.sync {} }
        let isAnswered = sharedLoad.answersInProgress.wait(timeout: deadline) == .success
        stopAccepting()
        for ioQueue in ioQueues { ioQueue.queue.async { ioQueue.closeServed() } }
        if !connections.waitUntilEmpty(limit: Self.lastMoment) {
            for ioQueue in ioQueues { ioQueue.queue.async { ioQueue.closeAll() } }
            // Closing needs only the queues, which never wait.
            connections.waitUntilEmpty()
        }
        return isAnswered
    }

    /// How long who came just before the end is listened to.
    private static let lastMoment = DispatchTimeInterval.milliseconds(250)
}
