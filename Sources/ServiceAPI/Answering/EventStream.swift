internal import Dispatch
internal import HTTPServer
internal import HTTPWire

/// A `text/event-stream` response: events, heartbeats while silent, a bounded backlog for a slow
/// reader.
///
/// While the response is open its timer keeps the stream alive; its end, whichever way it comes, lets go.
final class EventStream {
    private let writer: ResponseWriter
    private let queue: DispatchQueue
    private let maximumBacklogByteCount: Int
    private let heartbeat: Duration
    private let overflow: () -> Void

    private var backlog: [[UInt8]] = []
    private var backlogByteCount = 0
    private var sentByteCount = 0
    /// What the server was last told of it.
    private var reportedByteCount = 0
    private var isOpen = true
    private var isEnding = false
    private var lastWrite = ContinuousClock.now
    private var timer: (any DispatchSourceTimer)?
    /// Told when a client that read too slowly has read what waited for it.
    var whenIdle: (() -> Void)?

    /// Prepares a stream; ``start(fields:)`` begins it.
    ///
    /// - Parameters:
    ///   - writer: Where the bytes go.
    ///   - queue: The serial queue on which everything here happens.
    ///   - heartbeat: Silence after which a comment is sent.
    ///   - maximumBacklogByteCount: Most bytes that wait for the client beside the server's own buffer.
    ///   - overflow: What to do when more would have to wait; the stream has then been cut.
    init(
        _ writer: ResponseWriter,
        on queue: DispatchQueue,
        heartbeat: Duration,
        maximumBacklogByteCount: Int,
        overflow: @escaping () -> Void
    ) {
        self.writer = writer
        self.queue = queue
        self.heartbeat = heartbeat
        self.maximumBacklogByteCount = maximumBacklogByteCount
        self.overflow = overflow
    }

    /// Sends the head.
    ///
    /// - Returns: Whether the client is still there.
    func start(fields: HeaderFields) -> Bool {
        dispatchPrecondition(condition: .onQueue(queue))
        var fields = fields
        fields["content-type"] = "text/event-stream"
        fields["cache-control"] = "no-store"
        // Proxies of the nginx family would hold events back to fill their buffers.
        fields["x-accel-buffering"] = "no"
        guard writer.start(ResponseHead(status: .ok, fields: fields)) else {
            isOpen = false
            return false
        }
        writer.onDrain { [weak self, queue] in
            queue.async { self?.drained() }
        }
        let timer = DispatchSource.makeTimerSource(queue: queue)
        let interval = heartbeat / 2
        timer.schedule(
            deadline: .now() + interval / .seconds(1),
            repeating: interval / .seconds(1)
        )
        // Holds the stream on purpose, see above.
        timer.setEventHandler { self.beat() }
        timer.activate()
        self.timer = timer
        return true
    }

    /// Sends an event.
    func send(_ event: DocumentEvent) { send(event.encoded) }

    /// Sends the bytes of an event.
    func send(_ event: [UInt8]) {
        guard !isEnding else { return }
        write(event)
    }

    /// Whether the client is there, and nothing waits for it but what the server keeps.
    var isIdle: Bool {
        dispatchPrecondition(condition: .onQueue(queue))
        return isOpen && backlog.isEmpty
    }

    /// Ends the response as soon as everything is on its way.
    ///
    /// - Parameter saysDone: Whether the line that ends a stream comes first.
    func finish(saysDone: Bool = true) {
        dispatchPrecondition(condition: .onQueue(queue))
        guard isOpen, !isEnding else { return }
        if saysDone { write(ServerSentEvent(data: "[DONE]").encoded) }
        isEnding = true
        flush()
    }

    /// The client went away.
    func close() {
        dispatchPrecondition(condition: .onQueue(queue))
        isOpen = false
        whenIdle = nil
        backlog = []
        backlogByteCount = 0
        timer?.cancel()
        timer = nil
    }

    /// Bytes of the stream, those that wait for the client included as long as it may still get them.
    var byteCount: Int {
        dispatchPrecondition(condition: .onQueue(queue))
        return sentByteCount + backlogByteCount
    }

    // MARK: - Back-pressure

    private func write(_ bytes: [UInt8]) {
        dispatchPrecondition(condition: .onQueue(queue))
        guard isOpen else { return }
        lastWrite = .now
        backlog.append(bytes)
        backlogByteCount += bytes.count
        flush()
        guard isOpen, backlogByteCount > maximumBacklogByteCount else { return }
        close()
        overflow()
    }

    private func flush() {
        dispatchPrecondition(condition: .onQueue(queue))
        var sentCount = 0
        loop: for bytes in backlog {
            switch writer.write(bytes) {
            case .accepted:
                sentCount += 1
                sentByteCount += bytes.count
                backlogByteCount -= bytes.count
            case .full: break loop
            case .closed: return close()
            }
        }
        backlog.removeFirst(sentCount)
        if backlogByteCount != reportedByteCount {
            reportedByteCount = backlogByteCount
            writer.backlogChanged(to: backlogByteCount)
        }
        if isEnding, backlog.isEmpty, isOpen {
            writer.finish()
            close()
        }
    }

    private func drained() {
        flush()
        if isIdle { whenIdle?() }
    }

    private func beat() {
        dispatchPrecondition(condition: .onQueue(queue))
        guard isOpen, backlog.isEmpty, lastWrite.duration(to: .now) >= heartbeat / 2 else { return }
        write(ServerSentEvent.comment("still working"))
    }
}

// Sendable: after initialisation everything happens on `queue`, which every entry checks.
extension EventStream: @unchecked Sendable {}
