internal import Dispatch
internal import Engine
internal import Glibc
internal import HTTPServer
internal import HTTPWire
internal import JSON
internal import Logging
internal import Tracing

/// What is known about a request besides its document, for its answer and its line in the log.
struct RequestContext: Sendable {
    /// The client's `x-request-id` if it is short and plain, else a random one.
    let id: String
    let method: String
    let path: String
    /// A well-formed `traceparent`, for the log.
    private let traceParent: String?
    /// Where its spans go; nil if nobody wants them.
    private let trace: RequestTrace?
    /// What the engine records of it.
    let progress = RequestProgress()
    /// The name of the key that was sent.
    var key: String?
    let start: ContinuousClock.Instant
    private let route: String
    private let counters: HTTPRequestCounters

    /// Whether nobody wants to read of it among the rest.
    private let isPolled: Bool

    init(
        _ head: RequestHead,
        _ counters: HTTPRequestCounters,
        _ spans: SpanExporter?,
        arrived: ContinuousClock.Instant = .now
    ) {
        start = arrived
        self.counters = counters
        (route, isPolled) = Route.kind(of: head.path)
        id =
            head.fields["x-request-id"].flatMap { Self.isPlain($0) ? $0 : nil }
            ?? randomIdentifier()
        method = head.method.rawValue
        path = String(head.path.prefix(Self.maximumLoggedPathCount))
        let context = head.fields["traceparent"].flatMap { TraceContext($0) }
        traceParent = context == nil ? nil : head.fields["traceparent"]
        trace = spans.map { RequestTrace(context, $0) }
    }

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

    /// Writes the request's line and counts the request: once, when its answer is over.
    ///
    /// - Parameters:
    ///   - status: 499 for a client that went away before it had its answer, as nginx has it.
    ///   - logger: Where the line goes.
    ///   - work: What the request took, if it was computed.
    ///   - error: Why it failed, if it did.
    func log(_ status: Int, to logger: Logger, work: Work? = nil, error: String? = nil) {
        counters.count(route: route, status: status)
        exportSpans(status, work, error)
        let level: Logger.Level = isPolled ? .debug : status >= 500 ? .warning : .info
        // Probes come often, and their lines are seldom wanted.
        guard level >= logger.logLevel else { return }
        var metadata: Logger.Metadata = ["request": "\(id)"]
        if let traceParent { metadata["traceparent"] = "\(traceParent)" }
        if let recorder = progress.recorder {
            metadata["mode"] = "\(recorder.kind.rawValue)"
            metadata["queue_ms"] = recorder.queueTime.map { "\($0.milliseconds)" }
            metadata["first_token_ms"] = recorder.firstTokenTime.map { "\($0.milliseconds)" }
        }
        if let key { metadata["key"] = "\(key)" }
        if let work {
            metadata["tokens"] = "\(work.promptTokenCount)+\(work.newTokenCount)"
            metadata["images"] = "\(work.inputImageCount)+\(work.outputImageCount)"
        }
        if let error { metadata["error"] = "\(error)" }
        let milliseconds = start.duration(to: .now).milliseconds
        logger.log(
            level: level,
            "\(method) \(path) \(status) \(milliseconds) ms",
            metadata: metadata
        )
    }

    private func exportSpans(_ status: Int, _ work: Work?, _ error: String?) {
        guard let trace, !isPolled else { return }
        var attributes: [(name: String, value: Span.Attribute)] = [
            ("http.request.method", .text(method)), ("http.route", .text(route)),
            ("http.response.status_code", .integer(status)), ("interleaved.request_id", .text(id)),
        ]
        if let recorder = progress.recorder {
            attributes.append(("interleaved.mode", .text(recorder.kind.rawValue)))
        }
        if let work {
            attributes += [
                ("gen_ai.usage.input_tokens", .integer(work.promptTokenCount)),
                ("gen_ai.usage.output_tokens", .integer(work.newTokenCount)),
                ("interleaved.input_images", .integer(work.inputImageCount)),
                ("interleaved.output_images", .integer(work.outputImageCount)),
            ]
        }
        trace.export(
            name: "\(method) \(route)",
            start: start,
            attributes: attributes,
            failure: status >= 500 ? error ?? "status \(status)" : nil,
            progress.recorder
        )
    }
}

/// How large a request was, for its line in the log.
struct Work: Sendable {
    let promptTokenCount: Int
    let newTokenCount: Int
    let inputImageCount: Int
    let outputImageCount: Int

    init(_ usage: Usage) {
        promptTokenCount = usage.promptTokenCount
        newTokenCount = usage.completionTokenCount
        inputImageCount = usage.inputImageCount
        outputImageCount = usage.outputImageCount
    }

    init(_ scores: Scores, inputImageCount: Int) {
        promptTokenCount = scores.promptTokenCount
        newTokenCount = scores.options.reduce(0) { $0 + $1.tokens.count }
        self.inputImageCount = inputImageCount
        outputImageCount = 0
    }
}

/// A random name of 128 bits in hexadecimal.
func randomIdentifier() -> String {
    let digits: StaticString = "0123456789abcdef"
    var number = UInt128.zero
    // One call of the system for all bits; it does not fail for so few, and if it did there are others.
    let result = unsafe withUnsafeMutableBytes(of: &number) {
        unsafe getentropy($0.baseAddress, $0.count)
    }
    if result != 0 { number = .random(in: 0...UInt128.max) }
    return unsafe String(unsafeUninitializedCapacity: 32) { bytes in
        for index in 0..<32 {
            let digit = Int(truncatingIfNeeded: number >> (4 * (31 - index)) & 15)
            unsafe bytes[index] = digits.utf8Start[digit]
        }
        return 32
    }
}

/// A request on its way to its answer: writes the one and the line in the log.
struct Exchange: Sendable {
    var context: RequestContext
    let writer: ResponseWriter
    let logger: Logger
    /// Who asks.
    var caller = Caller.stranger
    /// What the request's dialect calls a field.
    var fieldName: @Sendable (RequestField) -> String = { $0.documentName }
    /// More header fields of the answer, whatever it is.
    var fields = HeaderFields()

    /// Answers with a whole response.
    func answer(_ response: Response, work: Work? = nil, error: String? = nil) {
        var response = response
        response.head.fields["x-request-id"] = context.id
        for field in fields { response.head.fields.append(field.name, field.value) }
        let status = response.head.status.code
        let isSent = writer.send(response)
        context.log(isSent ? status : 499, to: logger, work: work, error: error)
    }

    /// Answers with a document.
    func answer(_ document: JSON, status: Status = .ok, work: Work? = nil) {
        answer(Response(document, status: status), work: work)
    }

    /// Answers with an error.
    func fail(_ error: any Error) {
        let response = report(error)
        answer(response.response, error: "\(response.code): \(response.message)")
    }

    /// The form in which the client hears of an error; one that is nobody's fault but ours goes to the log.
    func report(_ error: any Error) -> ErrorResponse {
        let response = ErrorResponse(error, naming: fieldName)
        if response.status.code == 500 {
            logger.error("\(error)", metadata: ["request": "\(context.id)"])
        }
        return response
    }
}

extension Response {
    /// A response whose body is a JSON document.
    init(_ document: JSON, status: Status = .ok) {
        self.init(
            status: status,
            fields: ["content-type": "application/json"],
            body: document.encoded
        )
    }
}
