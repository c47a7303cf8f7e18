internal import HTTPWire

extension RequestHead {
    /// Whether the body is said to be a form with files (RFC 7578).
    var hasForm: Bool {
        isSameName(contentType.value, "multipart/form-data")
    }

    /// Checks that the body is said to be JSON, or a form where one may be.
    ///
    /// A type must be given: a page in somebody's browser could otherwise post to a daemon on their
    /// machine without asking it first (Fetch standard, CORS-safelisted request headers). Forms it can post so;
    /// ``CrossOrigin/requireAllowed(_:)`` refuses them.
    ///
    /// - Parameter takesForm: Whether a form is as good.
    /// - Throws: ``ErrorResponse`` with 415.
    func requireDocument(orForm takesForm: Bool) throws(ErrorResponse) {
        if !takesForm || !hasForm { try requireJSON() }
        let coding = fields.tokens(of: "content-encoding")
        guard coding.allSatisfy({ isSameName($0, "identity") }) else {
            throw ErrorResponse(
                .unsupportedMediaType,
                code: "unsupported_media_type",
                "Content-Encoding is not supported: send the document as it is",
                parameter: "content-encoding"
            )
        }
    }

    private var contentType: HeaderParameters { HeaderParameters(fields["content-type"] ?? "") }

    private func requireJSON() throws(ErrorResponse) {
        let type = contentType
        guard isSameName(type.value, "application/json"),
            type.parameters.allSatisfy({ parameter in
                parameter.name == "charset" && isSameName(parameter.value ?? "", "utf-8")
            })
        else {
            throw ErrorResponse(
                .unsupportedMediaType,
                code: "unsupported_media_type",
                "Content-Type must be application/json (in UTF-8)",
                parameter: "content-type"
            )
        }
    }
}
