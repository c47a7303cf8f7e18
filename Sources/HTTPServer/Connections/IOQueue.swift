internal import Dispatch
internal import Glibc
internal import HTTPWire
internal import Logging
internal import Sockets
internal import Synchronization

/// A serial queue with the connections confined to it and what they share.
final class IOQueue {
    let queue: DispatchQueue
    let handler: any RequestHandler
    let configuration: HTTPServer.Configuration
    let logger: Logger
    /// Who is believed when they say for whom they ask.
    let forwarded: ForwardedClient
    /// Where every connection of the queue receives: idle connections own no buffer.
    var readBuffer = [UInt8](repeating: 0, count: 64 * 1024)
    /// Whose handshakes can go on.
    let handshakes: HandshakeTurns
    /// What it shares with the other queues.
    let load: SharedLoad
    private let draining = Atomic(false)
    private let finishing = Atomic(false)

    private let isCurrentKey = DispatchSpecificKey<Bool>()
    /// By the keys of their events.
    private var connections: [UInt: Connection] = [:]
    private var nextKey: UInt = 0
    private let events: EventSet
    private let eventSource: any DispatchSourceRead
    /// Batches of events before what else waits for the queue gets its turn.
    private static let maximumBatchCount = 8
    private let timer: any DispatchSourceTimer
    private var isTimerRunning = false
    private var commonFields: [UInt8] = []
    private var commonFieldsTime = -1

    init(
        label: String,
        handler: any RequestHandler,
        configuration: HTTPServer.Configuration,
        load: SharedLoad,
        logger: Logger
    ) throws(SocketError) {
        events = try EventSet()
        self.load = load
        queue = DispatchQueue(label: label)
        handshakes = HandshakeTurns(queue)
        self.handler = handler
        self.configuration = configuration
        forwarded = ForwardedClient(configuration)
        self.logger = logger
        timer = DispatchSource.makeTimerSource(queue: queue)
        eventSource = DispatchSource.makeReadSource(
            fileDescriptor: events.descriptor.rawValue,
            queue: queue
        )
        queue.setSpecific(key: isCurrentKey, value: true)
        let interval = DispatchTimeInterval(configuration.deadlineResolution)
        timer.schedule(deadline: .now() + interval, repeating: interval, leeway: .milliseconds(20))
        timer.setEventHandler { [weak self] in self?.checkDeadlines() }
        eventSource.setEventHandler { [weak self] in self?.takeEvents() }
        // The descriptor must outlive its source.
        eventSource.setCancelHandler { [events] in _ = events }
        eventSource.activate()
    }

    deinit {
        // A suspended source must not be released.
        if !isTimerRunning { timer.resume() }
        timer.cancel()
        eventSource.cancel()
    }

    /// Whether the caller runs on this queue.
    var isCurrent: Bool {
        DispatchQueue.getSpecific(key: isCurrentKey) == true
    }

    // MARK: - Connections

    /// Watches a connection.
    ///
    /// - Returns: Whether the system can.
    func add(_ connection: Connection) -> Bool {
        dispatchPrecondition(condition: .onQueue(queue))
        nextKey += 1
        guard connection.isWatched(by: events, as: nextKey) else { return false }
        connections[nextKey] = connection
        if !isTimerRunning {
            isTimerRunning = true
            timer.resume()
        }
        return true
    }

    func remove(_ connection: Connection) {
        dispatchPrecondition(condition: .onQueue(queue))
        connections[connection.key] = nil
        if connections.isEmpty, isTimerRunning {
            isTimerRunning = false
            timer.suspend()
        }
    }

    /// Whether connections close after the response they are busy with.
    var isDraining: Bool { draining.load(ordering: .relaxed) }

    /// Has every response that begins from now on close its connection; callable from any thread.
    func announceDraining() {
        draining.store(true, ordering: .relaxed)
    }

    /// Whether answers that begin are not waited for any more.
    var isFinishing: Bool { finishing.load(ordering: .relaxed) }

    /// Has only the answers in progress waited for; callable from any thread.
    func announceFinishing() {
        finishing.store(true, ordering: .relaxed)
    }

    /// Closes every connection but those of clients that are about to be told, or to hear, that they come too late.
    func closeServed() {
        dispatchPrecondition(condition: .onQueue(queue))
        for connection in Array(connections.values) where connection.isServed { connection.close() }
    }

    /// Closes every connection, whatever it is doing.
    func closeAll() {
        dispatchPrecondition(condition: .onQueue(queue))
        for connection in Array(connections.values) { connection.close() }
    }

    /// Has connections act on what has happened to their sockets.
    private func takeEvents() {
        for _ in 0..<Self.maximumBatchCount {
            guard events.take({ connections[$0.key]?.act(on: $0) }) else { return }
        }
    }

    private func checkDeadlines() {
        let now = ContinuousClock.now
        for connection in Array(connections.values) { connection.checkDeadlines(now) }
    }

    // MARK: - Fields of every response

    /// The lines of Date and Server, made anew once per second.
    func currentCommonFields() -> [UInt8] {
        dispatchPrecondition(condition: .onQueue(queue))
        let now = time(nil)
        if now != commonFieldsTime {
            commonFieldsTime = now
            commonFields = Array("date: \(dateFieldValue(secondsSince1970: now))\r\n".utf8)
            if let name = configuration.serverName { commonFields += "server: \(name)\r\n".utf8 }
        }
        return commonFields
    }
}

// Sendable: all mutable state is touched only on `queue`, except by `deinit`, which has no company; the
// draining flag is atomic.
extension IOQueue: @unchecked Sendable {}

extension DispatchTimeInterval {
    /// The same length of time, to the nanosecond.
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self = .nanoseconds(Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000))
    }
}
