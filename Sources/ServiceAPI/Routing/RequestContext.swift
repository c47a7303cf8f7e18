internal import Engine
internal import HTTPWire
internal import Logging
internal import Sockets
internal import Tracing

/// What is known about a request besides its document, for its answer, its line in the log and its spans.
struct RequestContext: Sendable {
    /// The client's `x-request-id` if it is short and plain, else a random one.
    let id: String
    let method: Method
    let path: String
    /// A well-formed `traceparent`, for the log.
    private let traceParent: String?
    /// Where its spans go; nil if nobody wants them.
    private let trace: RequestTrace?
    /// What the engine records of it; nil for a request that is not computed.
    let progress: RequestProgress?
    /// The name of the key that was sent.
    var key: String?
    let start: ContinuousClock.Instant
    /// For whom it was sent; nil if that is not known.
    private let client: SocketAddress?
    /// Bytes of its body that were read.
    private let receivedByteCount: Int
    private let route: String
    private let records: RequestRecords

    /// Whether nobody wants to read of it among the rest.
    private let isPolled: Bool

    init(
        _ head: RequestHead,
        from client: SocketAddress?,
        receivedByteCount: Int = 0,
        arrived: ContinuousClock.Instant = .now,
        _ records: RequestRecords
    ) {
        start = arrived
        self.client = client
        self.receivedByteCount = receivedByteCount
        self.records = records
        let kind = Route.kind(of: head.path)
        route = kind.label
        // What ends something is told.
        isPolled = kind.isPolled && head.method != .delete
        progress = kind.isComputed ? RequestProgress() : nil
        id =
            head.fields["x-request-id"].flatMap { Self.isPlain($0) ? $0 : nil }
            ?? randomIdentifier()
        method = head.method
        path = String(head.path.prefix(Self.maximumLoggedPathCount))
        let context = head.fields["traceparent"].flatMap { TraceContext($0) }
        traceParent = context?.text
        trace = records.spans.map { RequestTrace(context, $0) }
    }

    /// Where the log goes.
    var logger: Logger { records.logger }

    private static let maximumLoggedPathCount = 200
    private static let maximumIdentifierByteCount = 128

    private static func isPlain(_ text: String) -> Bool {
        (1...maximumIdentifierByteCount).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                    UInt8(ascii: "."), UInt8(ascii: ":"):
                    true
                default: false
                }
            }
    }

    // MARK: - The end

    /// Writes the request's line, counts it and tells its spans: once, when its answer is over.
    func tell(_ end: RequestEnd) {
        records.counters.count(route: route, status: end.status)
        exportSpans(end)
        let level: Logger.Level = isPolled ? .debug : end.status >= 500 ? .warning : .info
        // Probes come often, and their lines are seldom wanted.
        guard level >= logger.logLevel else { return }
        let milliseconds = start.duration(to: .now).milliseconds
        logger.log(
            level: level,
            "\(method) \(path) \(end.status) \(milliseconds) ms",
            metadata: metadata(end, milliseconds)
        )
    }

    /// What a line tells besides its words; never words, pictures or keys of clients.
    private func metadata(_ end: RequestEnd, _ milliseconds: Double) -> Logger.Metadata {
        var metadata: Logger.Metadata = [
            "request": .string(id), "bytes_received": .stringConvertible(receivedByteCount),
            "bytes_sent": .stringConvertible(end.sentByteCount),
        ]
        if let client { metadata["client_address"] = .string(Self.name(of: client)) }
        if let traceParent { metadata["traceparent"] = .string(traceParent) }
        if let recorder = progress?.recorder {
            metadata["mode"] = .string(recorder.kind.rawValue)
            metadata["queue_ms"] = recorder.queueTime.map { .stringConvertible($0.milliseconds) }
            metadata["first_token_ms"] = recorder.firstTokenTime.map {
                .stringConvertible($0.milliseconds)
            }
        }
        if let key { metadata["key"] = .string(key) }
        metadata.tell(end.outcome, isStructured: records.isStructured)
        if records.isStructured {
            metadata["method"] = .string(method.rawValue)
            metadata["path"] = .string(path)
            metadata["status"] = .stringConvertible(end.status)
            metadata["duration_ms"] = .stringConvertible(milliseconds)
        }
        return metadata
    }

    /// What a client is called in the log: its address, or `unix` for a socket file, at whose other end nobody has a name.
    static func name(of client: SocketAddress) -> String {
        if case .unix = client { "unix" } else { client.host }
    }

    private func exportSpans(_ end: RequestEnd) {
        guard let trace, !isPolled else { return }
        let recorder = progress?.recorder
        var attributes: [(name: String, value: Span.Attribute)] = [
            ("http.request.method", .text(method.rawValue)), ("http.route", .text(route)),
            ("http.response.status_code", .integer(end.status)),
            ("http.request.body.size", .integer(receivedByteCount)),
            ("http.response.body.size", .integer(end.sentByteCount)),
            ("interleaved.request_id", .text(id)),
        ]
        if let client { attributes.append(("client.address", .text(Self.name(of: client)))) }
        if let recorder { attributes.append(("interleaved.mode", .text(recorder.kind.rawValue))) }
        if let reason = end.outcome.finishReason {
            attributes.append(("interleaved.finish_reason", .text(reason)))
        }
        if let work = end.outcome.work {
            attributes += [
                ("gen_ai.usage.input_tokens", .integer(work.promptTokenCount)),
                ("gen_ai.usage.output_tokens", .integer(work.newTokenCount)),
                ("interleaved.input_images", .integer(work.inputImageCount)),
                ("interleaved.output_images", .integer(work.outputImageCount)),
            ]
        }
        let failure = end.outcome.error ?? "status \(end.status)"
        trace.export(
            name: "\(method) \(route)",
            start: start,
            attributes: attributes,
            failure: end.status >= 500 ? failure : nil,
            recorder
        )
    }
}
