internal import Dispatch
internal import Engine
internal import Glibc
internal import HTTPServer
internal import HTTPWire
internal import JSON
internal import Logging

/// What is known about a request besides its document, for its answer and its line in the log.
struct RequestContext: Sendable {
    /// The client's `x-request-id` if it is short and plain, else a random one.
    let id: String
    let method: String
    let path: String
    /// A well-formed `traceparent` (W3C Trace Context), for the log.
    let trace: String?
    let start: ContinuousClock.Instant
    private let route: String
    private let counters: HTTPRequestCounters

    /// Whether nobody wants to read of it among the rest.
    private let isPolled: Bool

    init(
        _ head: RequestHead,
        _ counters: HTTPRequestCounters,
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
        trace = head.fields["traceparent"].flatMap { Self.isTraceParent($0) ? $0 : nil }
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

    private static func isTraceParent(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.map(\.utf8.count) == [2, 32, 16, 2]
            && parts.allSatisfy { $0.utf8.allSatisfy { Self.isLowercaseHexadecimal($0) } }
    }

    private static func isLowercaseHexadecimal(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
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
        let level: Logger.Level = isPolled ? .debug : status >= 500 ? .warning : .info
        // Probes come often, and their lines are seldom wanted.
        guard level >= logger.logLevel else { return }
        var metadata: Logger.Metadata = ["request": "\(id)"]
        if let trace { metadata["traceparent"] = "\(trace)" }
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
    let context: RequestContext
    let writer: ResponseWriter
    let logger: Logger
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
