/// Why the bytes of a client are no acceptable request.
///
/// After one the place where the next request begins is unknown: answer and close (RFC 9112 §2.2).
package struct ParseError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The rule that was broken.
    package enum Kind: Hashable, Sendable {
        case malformedRequestLine
        case methodTooLong
        case targetTooLong
        case unsupportedVersion
        case malformedLineEnding
        case malformedFieldName
        case malformedFieldValue
        case obsoleteLineFolding
        case fieldSectionTooLarge
        case tooManyFields
        case malformedHost
        case malformedContentLength
        case conflictingFraming
        case malformedTransferCoding
        case unsupportedTransferCoding
        case unsupportedExpectation
        case bodyTooLarge
        case malformedChunk
    }

    /// The rule that was broken.
    package let kind: Kind
    /// A sentence for the client; it never repeats the client's bytes.
    package let message: String

    init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// The status to answer with.
    package var status: Status {
        switch kind {
        case .targetTooLong: .uriTooLong
        case .fieldSectionTooLarge, .tooManyFields: .requestHeaderFieldsTooLarge
        case .bodyTooLarge: .contentTooLarge
        case .unsupportedExpectation: .expectationFailed
        case .methodTooLong, .unsupportedTransferCoding: .notImplemented
        case .unsupportedVersion: .httpVersionNotSupported
        default: .badRequest
        }
    }

    package var description: String { "\(status): \(message)" }
}
