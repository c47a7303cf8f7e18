/// The protocol version of a request that this server understands.
///
/// A higher minor version of HTTP/1 is read as 1.1 (RFC 9110 §2.5).
package enum ProtocolVersion: Comparable, Sendable {
    case http10
    case http11
}
