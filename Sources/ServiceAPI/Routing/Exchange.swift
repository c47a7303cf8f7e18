internal import Dispatch
internal import Engine
internal import HTTPServer
internal import HTTPWire
internal import JSON
internal import Logging

/// A request on its way to its answer: writes the one and the line in the log.
struct Exchange: Sendable {
    var context: RequestContext
    let writer: ResponseWriter
    /// How the client would like to have contents coded.
    let codings: CodingPreferences
    /// Who asks.
    var caller = Caller.stranger
    /// What the request's dialect calls a field.
    var fieldName: @Sendable (RequestField) -> String = { $0.documentName }
    /// More header fields of the answer, whatever it is.
    var fields = HeaderFields()

    /// Compresses bodies: neither connections nor streams wait for it.
    private static let compressing = DispatchQueue(
        label: "interleaved.compressing",
        qos: .userInitiated,
        attributes: .concurrent
    )

    /// Answers with a whole response, compressed where the client likes that and it pays.
    func answer(_ response: Response, _ outcome: Outcome = Outcome()) {
        guard response.mayBeCoded else { return send(response, outcome) }
        var response = response
        response.varyByCoding()
        guard codings.prefersGzip else { return send(response, outcome) }
        Self.compressing.async { [response] in send(response.coded, outcome) }
    }

    /// Answers with a body that is kept, in the coding that the client likes.
    ///
    /// - Parameters:
    ///   - body: The body.
    ///   - fields: Fields of the answer; `etag` is that of the plain body.
    ///   - isKnown: Whether the client has the content of an entity tag already.
    func answer(
        _ body: CodedBody,
        _ fields: HeaderFields,
        isKnown: (_ entityTag: String) -> Bool = { _ in false }
    ) {
        var response = Response(status: .ok, fields: fields, body: body.plain)
        if let gzip = body.gzip {
            response.varyByCoding()
            if codings.prefersGzip {
                response.body = gzip
                response.head.fields["content-encoding"] = "gzip"
                // Other bytes want another tag (RFC 9110 §8.8.3.3).
                response.head.fields["etag"] = fields["etag"].map { "\($0.dropLast())-gzip\"" }
            }
        }
        guard let tag = response.head.fields["etag"], isKnown(tag) else {
            return send(response, Outcome())
        }
        response.head.fields["content-encoding"] = nil
        response.head.fields["content-type"] = nil
        send(Response(status: .notModified, fields: response.head.fields), Outcome())
    }

    private func send(_ response: Response, _ outcome: Outcome) {
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
