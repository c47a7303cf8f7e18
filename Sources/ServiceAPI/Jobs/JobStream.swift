internal import Dispatch
internal import HTTPServer
internal import HTTPWire
internal import JSON
internal import Jobs

/// Tells one client the events of a job, from some place on, as fast as it reads: it can come again for the rest.
///
/// As long as it follows the log, that holds it.
final class JobStream {
    private let job: Job
    private var log: JobLog
    private var epoch: Int
    private let heartbeat: Duration
    private let exchange: Exchange
    private let stream: EventStream
    private let queue = DispatchQueue(label: "interleaved.job-stream", qos: .userInitiated)
    /// Whether the client has heard events of another epoch.
    private var isRestarted: Bool

    /// The place of the next event.
    private var next: Int
    private var follower: Int?
    private var hasStarted = false
    private var isGone = false

    /// Prepares a stream.
    ///
    /// - Parameters:
    ///   - job: Whose events.
    ///   - start: The place of the first.
    ///   - isRestarted: Whether the client has heard events of an earlier epoch, which count no more.
    ///   - exchange: Where they go.
    ///   - configuration: Times of streams.
    init(
        _ job: Job,
        from start: Int = 0,
        isRestarted: Bool = false,
        _ exchange: Exchange,
        _ configuration: Service.Configuration
    ) {
        self.job = job
        (log, epoch) = job.stream
        heartbeat = configuration.heartbeat
        self.exchange = exchange
        self.isRestarted = isRestarted
        next = start
        stream = EventStream(
            exchange.writer,
            on: queue,
            heartbeat: configuration.heartbeat,
            // What it has not read waits in the log; beside the server's buffer there is one event at most.
            maximumBacklogByteCount: .max,
            overflow: {}
        )
    }

    /// Begins to tell.
    ///
    /// - Parameter waitsForEvents: Whether a job that fails before it has events is answered with a status of its own; then
    ///   nothing is sent until there are some, or for a heartbeat.
    func begin(waitsForEvents: Bool = false) {
        exchange.writer.onClose { [weak self] in self?.clientClosed() }
        queue.async { [self] in
            follower = log.follow { self.queue.async { self.pump() } }
            if waitsForEvents {
                queue.asyncAfter(deadline: .now() + heartbeat / .seconds(1)) { [weak self] in
                    self?.start()
                }
            } else {
                start()
            }
            pump()
        }
    }

    private func start() {
        guard !hasStarted, !isGone else { return }
        hasStarted = true
        var fields = exchange.fields
        fields["x-request-id"] = exchange.context.id
        guard stream.start(fields: fields) else { return end(status: 499) }
        stream.whenIdle = { [weak self] in self?.pump() }
        if isRestarted { tellRestart() }
    }

    private func tellRestart() {
        let document: JSON = ["type": "interleave.restarted", "epoch": .integer(epoch)]
        stream.send(DocumentEvent("interleave.restarted", document))
    }

    private func clientClosed() {
        queue.async { [self] in
            guard !isGone else { return }
            stream.close()
            end(status: 499)
        }
    }

    /// Sends what there is, as long as the client takes it.
    private func pump() {
        dispatchPrecondition(condition: .onQueue(queue))
        guard !isGone else { return }
        // Before the events are read: what is over then has no others.
        let isOver = log.extent.isOver
        let events = log.events(from: next, upTo: Self.portionByteCount)
        if !hasStarted, isOver, events.count <= 1, case .failed = job.progress.outcome {
            // The error is all there is.
            return refuse()
        }
        if !events.isEmpty || isOver { start() }
        for event in events {
            guard stream.isIdle else { return }
            stream.send(event.encoded(id: EventPlace(epoch: epoch, number: next)))
            next += 1
        }
        if !events.isEmpty { return queue.async { self.pump() } }
        guard isOver else { return }
        if job.progress.outcome != nil, job.stream.epoch != epoch { return restart() }
        if job.progress.outcome != nil, next > log.extent.count { tellPlace() }
        // Without an end of its own it goes on elsewhere: the client is to come again.
        stream.finish(saysDone: job.progress.outcome != nil)
        end(status: 200)
    }

    /// Goes on with the epoch in which the job ended.
    private func restart() {
        if let follower { log.unfollow(follower) }
        (log, epoch) = job.stream
        next = 0
        isRestarted = true
        follower = log.follow { self.queue.async { self.pump() } }
        if hasStarted { tellRestart() }
        pump()
    }

    /// Says that the client has named an event that never was, which could not be known before the end.
    private func tellPlace() {
        let error = ErrorResponse(
            .badRequest,
            code: "invalid_value",
            "the request has \(log.extent.count) events, and ended before \(EventPlace(epoch: epoch, number: next - 1))"
        )
        stream.send(DocumentEvent("error", ["type": "error", "error": error.json]))
    }

    /// Events that are taken from the log at once.
    private static let portionByteCount = 256 * 1024

    private func refuse() {
        leave()
        exchange.answer(job)
    }

    private func leave() {
        isGone = true
        if let follower { log.unfollow(follower) }
        follower = nil
    }

    private func end(status: Int) {
        leave()
        exchange.context.tell(
            RequestEnd(status: status, sentByteCount: stream.byteCount, outcome: Outcome())
        )
    }
}

// Sendable: its variables are touched only on `queue`, which every function that does checks.
extension JobStream: @unchecked Sendable {}

extension JobLog.Event {
    /// The bytes of the event in a stream.
    fileprivate func encoded(id: EventPlace) -> [UInt8] {
        ServerSentEvent.encoded(event: name, id: id.description) { $0 += data }
    }
}
