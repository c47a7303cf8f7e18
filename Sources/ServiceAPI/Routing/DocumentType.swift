internal import HTTPWire

extension RequestHead {
    /// Whether the body is said to be a form with files (RFC 7578).
    var hasForm: Bool {
        isSameName(
            HeaderParameters.parse(fields["content-type"] ?? "").value,
            "multipart/form-data"
        )
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

    private func requireJSON() throws(ErrorResponse) {
        let value = fields["content-type"] ?? ""
        // RFC 9110 §8.3.1: white space may stand around the semicolons, and a value in quotes.
        let parts = value.utf8.split(separator: UInt8(ascii: ";")).map { part in
            String(Substring(part)).trimmingOptionalSpace
        }
        let encodings = ["charset=utf-8", "charset=\"utf-8\""]
        guard let type = parts.first, isSameName(type, "application/json"),
            parts.dropFirst().allSatisfy({ part in encodings.contains { isSameName(part, $0) } })
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

extension String {
    /// The text without the spaces and tabs around it.
    fileprivate var trimmingOptionalSpace: String {
        func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || scalar == "\t" }
        let start = unicodeScalars.drop(while: isSpace)
        let end = start.lastIndex { !isSpace($0) }.map { start.index(after: $0) }
        return String(start[..<(end ?? start.startIndex)])
    }
}
