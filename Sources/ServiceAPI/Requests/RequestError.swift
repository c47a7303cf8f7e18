internal import JSON

/// Why a request document cannot be used.
package struct RequestError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Sort of reason; also the `code` of the error body.
    package enum Kind: String, Sendable {
        /// No JSON, or JSON beyond the limits.
        case malformed = "malformed_json"
        /// No form, or one beyond the limits.
        case malformedForm = "malformed_form"
        /// A field that must be there is not.
        case missing = "missing_field"
        /// A field that nothing reads.
        case unknown = "unknown_field"
        /// A value of the wrong type or out of range.
        case invalid = "invalid_value"
        /// A parameter of a dialect that cannot be had here.
        case unsupported = "unsupported_parameter"
        /// A model that is not served.
        case modelNotFound = "model_not_found"
        /// The client's time is over before its document was read.
        case deadlineExceeded = "deadline_exceeded"
    }

    /// Sort of reason.
    package let kind: Kind
    /// Path of the field, such as `text.top_p`; nil for the whole document.
    package let field: String?
    /// What is wrong, as a sentence that names the field.
    package let detail: String
    /// Whether the client asked for this end itself, and is not to try again.
    package let isAskedFor: Bool

    /// Describes a reason.
    init(_ kind: Kind, field: String? = nil, _ detail: String, isAskedFor: Bool = false) {
        self.kind = kind
        self.field = field
        self.detail = detail
        self.isAskedFor = isAskedFor
    }

    /// A document that is no acceptable JSON, or has a text that no field takes.
    init(_ error: JSONError) {
        let field = String(error.path.prefix(Self.maximumPathCount))
        switch error.kind {
        case .stringTooLong(let maximum) where !field.isEmpty:
            self = .invalid(field, "has more than \(maximum) bytes, at most \(maximum) are allowed")
        case .notText where !field.isEmpty:
            self = .invalid(field, "is no valid UTF-8 text, or has a broken escape: \(error)")
        default: self.init(.malformed, "the body is no acceptable JSON: \(error)")
        }
    }

    private static let maximumPathCount = 256

    /// A value that a field cannot have.
    static func invalid(_ field: String, _ detail: String) -> RequestError {
        RequestError(.invalid, field: field, "\(field) \(detail)")
    }

    package var description: String { detail }
}
