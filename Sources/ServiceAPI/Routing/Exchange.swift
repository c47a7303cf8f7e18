internal import Engine
internal import HTTPServer
internal import HTTPWire
internal import JSON
internal import Logging

/// A request on its way to its answer: writes the one and the line in the log.
struct Exchange: Sendable {
    var context: RequestContext
    let writer: ResponseWriter
    /// Who asks.
    var caller = Caller.stranger
    /// What the request's dialect calls a field.
    var fieldName: @Sendable (RequestField) -> String = { $0.documentName }
    /// More header fields of the answer, whatever it is.
    var fields = HeaderFields()

    /// Answers with a whole response.
    func answer(_ response: Response, _ outcome: Outcome = Outcome()) {
        var response = response
        response.head.fields["x-request-id"] = context.id
        for field in fields { response.head.fields.append(field.name, field.value) }
        let isSent = writer.send(response)
        context.tell(
            RequestEnd(
                status: isSent ? response.head.status.code : 499,
                sentByteCount: isSent && context.method != .head ? response.body.count : 0,
                outcome: outcome
            )
        )
    }

    /// Answers with a document.
    func answer(_ document: JSON, status: Status = .ok, _ outcome: Outcome = Outcome()) {
        answer(Response(document, status: status), outcome)
    }

    /// Answers with an error.
    ///
    /// - Parameters:
    ///   - error: What went wrong.
    ///   - outcome: What became of the request besides.
    func fail(_ error: any Error, _ outcome: Outcome = Outcome()) {
        let response = report(error)
        var outcome = outcome
        outcome.error = response.description
        answer(response.response, outcome)
    }

    /// The form in which the client hears of an error; one that is nobody's fault but ours goes to the log.
    func report(_ error: any Error) -> ErrorResponse {
        let response = ErrorResponse(error, naming: fieldName)
        if response.status.code == 500 {
            context.logger.error("\(error)", metadata: ["request": "\(context.id)"])
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
