internal import Dispatch
internal import HTTPWire
internal import Sockets

/// One client connection: reads requests, has them answered one after the other, and closes.
///
/// Pipelined requests wait, unparsed and bounded, until the response before theirs is with the system; their order is
/// therefore kept whenever and from wherever handlers answer, and a client cannot make the server work on many
/// requests of one connection at once.
///
/// A client that closes its sending side after its request gets its answer, and those to the requests that it
/// sent behind, unless the handler has said that it would rather not work for a client that may be gone. A response
/// that is complete already is delivered in any case.
final class Connection {
    enum Phase {
        /// Waiting for a request or reading its head.
        case head
        /// Reading a body.
        case body
        /// A request is being answered.
        case responding
        /// Everything is sent; reading on only so that the client sees the answer before the connection is reset.
        case lingering
        case closed
    }

    let ioQueue: IOQueue
    var phase = Phase.head
    var transport: ByteTransport?
    let remoteAddress: SocketAddress?
    /// For whom the current request was sent.
    var clientAddress: SocketAddress?
    var output = OutputQueue()

    // Reading
    var parser: RequestParser
    /// Bytes that came behind the request being answered.
    var heldInput: [UInt8] = []
    var isParsing = false
    var hasInputEnded = false
    var body: [UInt8] = []
    /// Bytes of the current body so far, kept or skipped.
    var bodyByteCount = 0
    /// What the body holds of the budget.
    var bodyCharge: BodyCharge?
    /// Bytes of it.
    var chargedByteCount = 0
    /// The answer to give once a body that nobody wants has been skipped.
    var rejection: Response?

    // Responding
    var requestHead: RequestHead?
    /// Whether the request is given up when its client closes its sending side.
    var isAbandonedByHalfClose = false
    /// Whether the end of serving waits for the current answer.
    private var isAwaited = false
    var headArrived = ContinuousClock.now
    var channel: ResponseChannel?
    var response = ResponseProgress()
    var isPerformingCommands = false
    var isHandling = false

    // Time
    var phaseStart = ContinuousClock.now
    var lastReceived = ContinuousClock.now
    var requestCount = 0
    /// Time that the rate of the current body has earned.
    var bodyCredit = RateCredit()
    var delivery = Delivery()

    // Events
    /// By which the queue knows it.
    private(set) var key: UInt = 0
    /// Whether it waits for its turn to go on with its handshake.
    var isHandshakeDue = false
    private(set) var isReadingPaused = false
    private(set) var isWaitingToWrite = false
    /// Of what it is one too many.
    enum Surplus {
        /// Of all connections.
        case ofServer
        /// Of its client's.
        case ofClient
    }

    /// Of what it is one too many, if it is, and only asked what it wants.
    let surplus: Surplus?
    /// Whether it is one too many.
    var isSpare: Bool { surplus != nil }
    private let onClosed: @Sendable () -> Void

    /// Makes a connection that does nothing until ``start()``.
    ///
    /// - Parameters:
    ///   - transport: The accepted socket, and what is spoken over it.
    ///   - ioQueue: The queue it is confined to.
    ///   - surplus: Why to serve nothing but a probe; nil to serve everything.
    ///   - onClosed: Called once, after the descriptor is closed.
    init(
        _ transport: consuming ByteTransport,
        on ioQueue: IOQueue,
        surplus: Surplus?,
        onClosed: @escaping @Sendable () -> Void
    ) {
        remoteAddress = transport.remoteAddress
        clientAddress = remoteAddress
        self.transport = consume transport
        self.ioQueue = ioQueue
        self.surplus = surplus
        self.onClosed = onClosed
        parser = RequestParser(limits: ioQueue.configuration.limits)
    }

    /// Begins to serve the client.
    func start() {
        dispatchPrecondition(condition: .onQueue(ioQueue.queue))
        if !ioQueue.add(self) { close() }
    }

    /// Has a set watch the socket; whether the system can.
    func isWatched(by events: EventSet, as key: UInt) -> Bool {
        guard let socket = transport?.descriptor else { return false }
        self.key = key
        do throws(SocketError) {
            try events.watch(socket, key: key)
            return true
        } catch {
            return false
        }
    }

    /// Does what an event of the socket makes possible.
    func act(on event: EventSet.Event) {
        if event.isWritable, isWaitingToWrite { flushAndGoOn() }
        if event.isReadable { receiveAvailable() }
    }

    /// Makes room for another connection that is one too many.
    ///
    /// Whatever it is about: probes are answered as soon as they are read, so the oldest is hardly one.
    func giveWay() {
        dispatchPrecondition(condition: .onQueue(ioQueue.queue))
        close()
    }

    /// Whether its client has no request on its way, and no answer that a close could overtake.
    var isServed: Bool {
        switch phase {
        case .head: requestCount > 0
        case .body, .lingering: false
        case .responding, .closed: true
        }
    }

    // MARK: - Phases

    func enter(_ newPhase: Phase) {
        phase = newPhase
        phaseStart = .now
        // Answers begun after the end was announced are refusals, given at once: they must not put the end off.
        let mustAwait = phase == .responding && (isAwaited || !ioQueue.isFinishing)
        guard mustAwait != isAwaited else { return }
        isAwaited = mustAwait
        let answers = ioQueue.load.answersInProgress
        if mustAwait { answers.enter() } else { answers.leave() }
    }

    /// Says that nothing more will be sent and waits, for a bounded time, for the client to close.
    ///
    /// Closing at once with unread input makes the system reset the connection, and the reset can overtake
    /// the response at the client (RFC 9112 §9.6).
    func beginLingering() {
        guard !hasInputEnded else { return close() }
        enter(.lingering)
        heldInput = []
        transport?.shutdownSending()
        resumeReading()
    }

    /// Closes the connection at once; what is still to be sent is lost, and the handler hears of it.
    func close() {
        dispatchPrecondition(condition: .onQueue(ioQueue.queue))
        guard phase != .closed else { return }
        // What was cut off must look cut off (RFC 9112 §9.8).
        if output.isEmpty, phase != .responding || response.isComplete { transport?.endText() }
        enter(.closed)
        output.removeAll()
        heldInput = []
        body = []
        bodyCharge = nil
        rejection = nil
        requestHead = nil
        let channel = self.channel
        self.channel = nil
        channel?.connectionClosed()
        ioQueue.load.answers.remove(ObjectIdentifier(self))
        ioQueue.remove(self)
        discard()
    }

    /// Closes the descriptor, once.
    private func discard() {
        transport = nil
        onClosed()
    }

    // MARK: - Events

    func pauseReading() { isReadingPaused = true }

    func resumeReading() {
        guard isReadingPaused else { return }
        isReadingPaused = false
        // What came meanwhile has been told of.
        receiveSoon()
    }

    /// Has `flush` called when the system can take more output; it has just said that it cannot.
    func waitToWrite() { isWaitingToWrite = true }

    func stopWaitingToWrite() { isWaitingToWrite = false }
}

// Sendable: all mutable state is touched only on `ioQueue.queue` after `init`.
extension Connection: @unchecked Sendable {}
