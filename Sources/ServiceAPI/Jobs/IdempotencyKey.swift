internal import Digests
internal import HTTPWire
internal import JSON
internal import Jobs

extension RequestHead {
    /// How the client would ask for the same request again: the field `Idempotency-Key`, with a digest of the document.
    ///
    /// Source: draft-ietf-httpapi-idempotency-key-header, where the value is a string in quotes; names without, which many
    /// clients send, are as good.
    ///
    /// - Parameter body: The document.
    /// - Returns: nil if there is no such field.
    /// - Throws: ``ErrorResponse`` with 400 if it is none that may be sent.
    func repetition(of body: [UInt8]) throws(ErrorResponse) -> JobRequest.Repetition? {
        let values = fields.values(of: "idempotency-key")
        guard let value = values.first else { return nil }
        guard values.count == 1 else { throw .invalidKey("was sent \(values.count) times") }
        guard let key = Self.key(value) else {
            throw .invalidKey(
                "must be letters, digits and signs of ASCII, in quotes or, if there is no space in it, without: "
                    + "between quotes \" and \\ have a \\ before them"
            )
        }
        guard (1...Self.maximumKeyByteCount).contains(key.utf8.count) else {
            throw .invalidKey(
                "must have 1 to \(Self.maximumKeyByteCount) characters, not \(key.utf8.count)"
            )
        }
        return JobRequest.Repetition(key: key, fingerprint: SHA256.digest(of: body))
    }

    private static let maximumKeyByteCount = 255

    /// A name, without quotes (RFC 8941 section 3.3.3); nil if it is none.
    private static func key(_ value: String) -> String? {
        guard value.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else { return nil }
        guard value.hasPrefix("\"") else { return value.utf8.contains(0x20) ? nil : value }
        var rest = value.dropFirst()
        var key = ""
        while let character = rest.popFirst() {
            switch character {
            case "\"": return rest.isEmpty ? key : nil
            case "\\":
                guard let escaped = rest.popFirst(), escaped == "\"" || escaped == "\\" else {
                    return nil
                }
                key.append(escaped)
            default: key.append(character)
            }
        }
        return nil
    }
}

extension ErrorResponse {
    /// A name that is none.
    fileprivate static func invalidKey(_ fault: String) -> ErrorResponse {
        ErrorResponse(
            .badRequest,
            code: "invalid_value",
            "Idempotency-Key \(fault)",
            parameter: "idempotency-key"
        )
    }
}
