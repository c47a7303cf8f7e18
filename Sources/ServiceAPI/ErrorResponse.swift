package import Engine
package import HTTPServer
package import HTTPWire
package import JSON

/// How an error looks to a client: the one place that gives errors their status and their words.
package struct ErrorResponse: Error, Hashable, Sendable {
    /// The HTTP status.
    package let status: Status
    /// What programs look at.
    package let code: String
    /// What people read.
    package let message: String
    /// The field, header or query parameter at fault.
    package let parameter: String?
    /// When to try again.
    package var retryAfter: Duration?
    /// More header fields.
    package var fields = HeaderFields()

    /// An error of the service's own.
    package init(
        _ status: Status,
        code: String,
        _ message: String,
        parameter: String? = nil,
        retryAfter: Duration? = nil
    ) {
        self.status = status
        self.code = code
        self.message = message
        self.parameter = parameter
        self.retryAfter = retryAfter
    }

    /// A request document that cannot be used.
    package init(_ error: RequestError) {
        let status: Status =
            switch error.kind {
            case .modelNotFound: .notFound
            case .deadlineExceeded: .gatewayTimeout
            case .malformed, .malformedForm, .missing, .unknown, .invalid, .unsupported: .badRequest
            }
        self.init(status, code: error.kind.rawValue, error.detail, parameter: error.field)
        if error.isAskedFor { fields["x-should-retry"] = "false" }
    }

    /// A request that the engine did not answer.
    ///
    /// - Parameters:
    ///   - error: Why.
    ///   - name: What the request's dialect calls a field.
    package init(
        _ error: EngineError,
        naming name: (RequestField) -> String = \.documentName
    ) {
        let (status, code): (Status, String) =
            switch error.kind {
            case .invalidRequest: (.badRequest, "invalid_value")
            case .contextLengthExceeded: (.badRequest, "context_length_exceeded")
            case .unreadableImage: (.unprocessableContent, "unreadable_image")
            case .queueFull: (.tooManyRequests, "queue_full")
            case .deadlineUnreachable: (.tooManyRequests, "deadline_unreachable")
            case .draining: (.serviceUnavailable, "draining")
            // The client is gone and hears nothing; who is left hears of a shutdown.
            case .cancelled: (.serviceUnavailable, "cancelled")
            case .deadlineExceeded: (.gatewayTimeout, "deadline_exceeded")
            case .notFinite: (.internalServerError, "not_finite")
            case .internalFailure: (.internalServerError, "internal_error")
            }
        self.init(
            status,
            code: code,
            error.kind == .internalFailure
                ? Self.internalMessage : error.description(naming: name),
            parameter: error.field.map(name),
            retryAfter: error.retryAfter
        )
    }

    /// Any error; one that is not expected says nothing about the inside.
    ///
    /// - Parameters:
    ///   - error: The error.
    ///   - name: What the request's dialect calls a field.
    package init(
        _ error: any Error,
        naming name: (RequestField) -> String = \.documentName
    ) {
        switch error {
        case let error as ErrorResponse: self = error
        case let error as RequestError: self.init(error)
        case let error as EngineError: self.init(error, naming: name)
        default:
            self.init(.internalServerError, code: "internal_error", Self.internalMessage)
        }
    }

    /// The same error for a client that asked for this end itself, and is not to try again.
    ///
    /// - Parameters:
    ///   - isCancelled: Whether it had its request cancelled.
    ///   - setsTimeout: Whether it chose the time of its request.
    /// - Returns: The error, with or without a time to try again.
    func asked(isCancelled: Bool, setsTimeout: Bool) -> ErrorResponse {
        var error = self
        if isCancelled, code == "cancelled" {
            error = ErrorResponse(.clientClosedRequest, code: code, "the request was cancelled")
        } else if !(setsTimeout && code == "deadline_exceeded") {
            return self
        }
        error.fields["x-should-retry"] = "false"
        return error
    }

    /// A status that the HTTP server chose; its code is the status' name.
    package init(_ status: Status, _ message: String) {
        let name = status.reasonPhrase.lowercased().map { $0 == " " ? "_" : $0 }
        self.init(status, code: String(name), message)
    }

    private static let internalMessage = "something went wrong inside; the log has it by request id"

    /// The class of the error, as OpenAI's clients know it.
    private var type: String {
        switch status.code {
        case 401, 403: "authentication_error"
        case 404: "not_found_error"
        case 429: "rate_limit_error"
        case 500...: "server_error"
        default: "invalid_request_error"
        }
    }

    /// What the log tells of it: of a fault in what a client sent its code and where it is, as the message may quote it.
    var description: String {
        switch status {
        case .badRequest, .notFound, .unprocessableContent:
            code + (parameter.map { ": \($0.prefix(Self.maximumLoggedParameterCount))" } ?? "")
        default: "\(code): \(message)"
        }
    }

    /// Paths of fields are short, unless a client makes up names.
    private static let maximumLoggedParameterCount = 64

    /// The object under `error`.
    package var json: JSON {
        [
            "message": .string(message), "type": .string(type),
            "param": parameter.map { .string($0) } ?? .null, "code": .string(code),
        ]
    }

    /// The whole response.
    package var response: Response {
        var fields = fields
        fields["content-type"] = "application/json"
        if let retryAfter {
            let milliseconds = max(1, Int((retryAfter / .milliseconds(1)).rounded(.up)))
            fields["retry-after"] = String((milliseconds + 999) / 1000)
            fields["retry-after-ms"] = String(milliseconds)
        }
        let body: JSON = ["error": json]
        return Response(status: status, fields: fields, body: body.encoded)
    }
}
