internal import Dispatch
internal import Locking
package import Logging
internal import Sockets

/// An HTTP/1.1 server over TCP.
///
/// One queue accepts; a few serial queues share the connections, each confined to one of them, so that no
/// lock is taken between the socket and the handler. No call on them waits. What a client can make the server
/// keep or wait for is bounded by ``Configuration``.
///
/// Threads: every method may be called from any thread but the server's own queues.
package final class HTTPServer: Sendable {
    private struct State {
        var acceptor: Acceptor?
        var port: UInt16?
        var hasStarted = false
    }

    private let configuration: Configuration
    private let ioQueues: [IOQueue]
    private let answers: DispatchGroup
    private let logger: Logger
    private let state = Mutex(State())

    /// Makes a server that does not listen yet.
    ///
    /// - Throws: ``ConfigurationError`` if the configuration makes no sense.
    package init(
        configuration: Configuration,
        handler: any RequestHandler,
        logger: Logger
    ) throws(ConfigurationError) {
        try configuration.validate()
        self.configuration = configuration
        self.logger = logger
        let answers = DispatchGroup()
        self.answers = answers
        ioQueues = (0..<configuration.ioQueueCount).map { index in
            IOQueue(
                label: "interleaved.http.io-\(index)",
                handler: handler,
                configuration: configuration,
                answers: answers,
                logger: logger
            )
        }
    }

    deinit {
        stopAccepting()
    }

    /// Listens and begins to serve.
    ///
    /// Does nothing if called again.
    ///
    /// - Throws: `SocketError` if the address is no address or cannot be listened on.
    package func start() throws {
        let listener: ListeningSocket? = try state.withLock { state in
            guard !state.hasStarted else { return nil }
            let listener = try ListeningSocket(
                address: SocketAddress(host: configuration.host, port: configuration.port),
                backlog: configuration.backlog,
                sendBufferByteCount: configuration.sendBufferByteCount
            )
            state.hasStarted = true
            return listener
        }
        guard let listener else { return }
        let address = listener.address
        let acceptor = Acceptor(
            listener,
            label: "interleaved.http.accept",
            ioQueues: ioQueues,
            maximumConnectionCount: configuration.maximumConnectionCount,
            logger: logger
        )
        acceptor.start()
        state.withLock { state in
            state.acceptor = acceptor
            state.port = address.port
        }
        logger.info("Listening on \(address).")
    }

    /// The port listened on, which the system chose if 0 was configured; nil before ``start()``.
    package var port: UInt16? {
        state.withLock(\.port)
    }

    /// Connections open at the moment, idle ones included.
    package var connectionCount: Int {
        state.withLock(\.acceptor)?.connectionCount ?? 0
    }

    /// Takes no new connections; those there are go on, and calling again does nothing.
    package func stopAccepting() {
        state.withLock(\.acceptor)?.stop()
    }

    /// Has every response that begins from now on say `Connection: close`, and goes on serving.
    package func announceDraining() {
        for ioQueue in ioQueues { ioQueue.announceDraining() }
    }

    /// Ends serving: waits for the answers in progress, then takes no new connections and closes all.
    ///
    /// While it waits, the handler is still asked, so that it can tell new clients that they come too late;
    /// only answers that had begun before are waited for. Connections that are idle, or have sent a request only
    /// in part, are closed without waiting. Handlers of requests that are cut off hear of it through `onClose`.
    /// Does nothing if called again.
    ///
    /// - Parameter limit: The longest wait; nil takes it from the configuration.
    /// - Returns: Whether every request in progress was answered in time.
    @discardableResult
    package func drain(limit: Duration? = nil) -> Bool {
        guard let acceptor = state.withLock(\.acceptor) else { return true }
        let deadline = DispatchTime.now() + DispatchTimeInterval(limit ?? configuration.drainLimit)
        announceDraining()
        for ioQueue in ioQueues { ioQueue.announceFinishing() }
        // A request that a queue is about to hand over counts as in progress.
        for ioQueue in ioQueues { ioQueue.queue.sync {} }
        let isAnswered = answers.wait(timeout: deadline) == .success
        acceptor.stop()
        for ioQueue in ioQueues { ioQueue.queue.async { ioQueue.closeAll() } }
        // Closing needs only the queues, which never wait.
        acceptor.waitUntilEmpty()
        return isAnswered
    }
}
