internal import Engine
internal import HTTPServer

/// A decoded request of one of OpenAI's shapes.
protocol OpenAICall: Sendable {
    /// What names of its answers begin with.
    static var prefix: String { get }

    /// What to compute, and how pictures are encoded.
    var call: InterleaveCall { get set }
    /// Whether to answer event by event.
    var isStreaming: Bool { get }
    /// What the document calls its fields.
    var names: FieldNames { get }
}

extension Service {
    /// Has the engine answer a request of one of OpenAI's shapes.
    ///
    /// - Parameters:
    ///   - document: The request.
    ///   - request: As it came.
    ///   - exchange: Where the answer goes.
    ///   - engine: Who answers.
    ///   - format: Makes the words of the answer, of its name and the request without its input.
    /// - Throws: ``ErrorResponse`` in the words of the dialect if the engine refuses it.
    func answer<Call: OpenAICall, Format: AnswerFormat>(
        _ document: Call,
        _ request: Request,
        _ exchange: Exchange,
        _ engine: Engine,
        in format: (_ id: String, Call) -> Format
    ) throws {
        var document = document
        let active = ActiveRequest(
            id: Call.prefix + randomIdentifier(),
            for: exchange,
            setsTimeout: document.call.setsTimeout
        )
        // The input is the engine's alone, which lets go of it as soon as it can.
        let submitted = document.call.request
        document.call.request.input = []
        var exchange = exchange
        exchange.fieldName = { [names = document.names] in names.name(of: $0) }
        try answer(
            submitted,
            active,
            in: format(active.id, document),
            isStreaming: document.isStreaming,
            request,
            exchange,
            engine
        )
    }
}
