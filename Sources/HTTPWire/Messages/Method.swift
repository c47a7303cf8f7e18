/// The method of a request, as its exact, case-sensitive token (RFC 9110 §9.1).
package struct Method: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The token as it stands on the wire.
    package let rawValue: String

    /// Names a method; any token is one, known or not.
    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    package static let get = Method(rawValue: "GET")
    package static let head = Method(rawValue: "HEAD")
    package static let post = Method(rawValue: "POST")
    package static let delete = Method(rawValue: "DELETE")
    package static let options = Method(rawValue: "OPTIONS")
    package static let connect = Method(rawValue: "CONNECT")

    package var description: String { rawValue }
}
