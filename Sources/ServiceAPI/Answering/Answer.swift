internal import Dispatch
internal import Engine
internal import HTTPServer
internal import HTTPWire

/// Turns the events of one request into its answer, in the words of a dialect.
///
/// A stream's head is not sent before the engine takes the request up, or until it has been silent for a
/// heartbeat: what turns out to be wrong with the input by then still gets a status of its own.
final class Answer {
    private let exchange: Exchange
    private let request: ActiveRequest
    private let configuration: Service.Configuration
    private let isStreaming: Bool
    /// Pictures are compressed here, off the engine's thread, and events keep their order.
    private let queue = DispatchQueue(label: "interleaved.answer", qos: .userInitiated)

    private var format: any AnswerFormat
    private var stream: EventStream?
    private var isOver = false

    /// Prepares for the events of a request.
    ///
    /// - Parameters:
    ///   - exchange: Where the answer goes.
    ///   - format: The words in which it is told.
    ///   - request: What is ended when nobody wants the answer any more.
    ///   - isStreaming: Whether it is told event by event.
    ///   - configuration: Times and bounds of streams.
    init(
        _ exchange: Exchange,
        _ format: any AnswerFormat,
        to request: ActiveRequest,
        isStreaming: Bool,
        configuration: Service.Configuration
    ) {
        self.exchange = exchange
        self.format = format
        self.request = request
        self.isStreaming = isStreaming
        self.configuration = configuration
    }

    /// Begins to wait for events.
    func begin() {
        guard isStreaming else { return }
        let seconds = configuration.heartbeat / .seconds(1)
        queue.asyncAfter(deadline: .now() + seconds) { [weak self] in self?.startStream() }
    }

    /// Takes an event, from any thread.
    func receive(_ event: EngineEvent) {
        queue.async { self.handle(event) }
    }

    /// Hears that the client went away, from any thread.
    func clientClosed() {
        request.cancel()
        queue.async { self.stream?.close() }
    }

    // MARK: - Events

    private func handle(_ event: EngineEvent) {
        dispatchPrecondition(condition: .onQueue(queue))
        guard !isOver else { return }
        do {
            switch event {
            // A failure before anything was sent is an ordinary error response.
            case .failed(let error): fail(error)
            case .completed(let completion): complete(completion)
            case _ where isStreaming:
                startStream()
                try format.tell(event, send)
            case .segmentDone(let segment): try format.keep(segment)
            default: break
            }
        } catch {
            request.cancel(.fault)
            fail(error)
        }
    }

    private func complete(_ completion: Completion) {
        if isStreaming { startStream() }
        isOver = true
        let outcome = Outcome(
            work: Work(completion.usage),
            finishReason: completion.finishReason.rawValue
        )
        guard isStreaming else { return exchange.answer(format.response(completion), outcome) }
        format.complete(completion, send)
        stream?.finish()
        tell(200, outcome)
    }

    private func fail(_ error: any Error) {
        isOver = true
        let report = request.report(error, exchange)
        let outcome = request.outcome(of: report)
        guard let stream else { return exchange.fail(report, outcome) }
        format.fail(report, send)
        stream.finish(saysDone: type(of: format).endsFailures)
        tell(report.status.code, outcome)
    }

    /// Tells the end of a stream.
    private func tell(_ status: Int, _ outcome: Outcome) {
        exchange.context.tell(
            RequestEnd(
                status: request.isClientGone ? 499 : status,
                sentByteCount: stream?.byteCount ?? 0,
                outcome: outcome
            )
        )
    }

    // MARK: - Stream

    private func send(_ event: DocumentEvent) { stream?.send(event) }

    private func startStream() {
        dispatchPrecondition(condition: .onQueue(queue))
        guard stream == nil, !isOver else { return }
        let request = request
        let stream = EventStream(
            exchange.writer,
            on: queue,
            heartbeat: configuration.heartbeat,
            maximumBacklogByteCount: configuration.maximumBacklogByteCount,
            overflow: { request.cancel(.clientTooSlow) }
        )
        self.stream = stream
        var fields = exchange.fields
        fields["x-request-id"] = exchange.context.id
        guard stream.start(fields: fields) else {
            return request.cancel()
        }
        format.begin(send)
    }
}

// Sendable: its variables are touched only on `queue`, which every function that does checks.
extension Answer: @unchecked Sendable {}
