/// Why a document cannot be read, and where.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Sort of reason.
    package enum Kind: Sendable {
        /// Not in the grammar (RFC 8259).
        case malformed
        /// A string that is no text: no UTF-8, or a broken escape; ``JSONError/path`` says which.
        case notText
        /// A key that appears twice in an object.
        case duplicateKey
        /// Beyond the reader's ``JSONLimits``.
        case limitExceeded
        /// A string beyond them; ``JSONError/path`` says which.
        case stringTooLong(maximum: Int)
    }

    /// Sort of reason.
    package let kind: Kind
    /// Byte of the document at which it shows, from 0.
    package let offset: Int
    /// Path of the value that was being read, such as `input[3].text`; empty for the document itself.
    package let path: String
    /// What is wrong, without the place.
    package let detail: String

    package var description: String { "\(detail) at byte \(offset)" }
}

extension JSONError.Kind: Hashable {}
