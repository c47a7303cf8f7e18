package import HTTPWire
package import Sockets

/// A whole request, its body in memory.
package struct Request: Sendable {
    /// Method, target and fields.
    package let head: RequestHead
    /// The body without its transfer coding; empty if there is none.
    package let body: [UInt8]
    /// When its head had arrived.
    package let arrived: ContinuousClock.Instant
    /// Who sent it; nil if the system did not say.
    package let remoteAddress: SocketAddress?

    /// Makes a request.
    package init(
        head: RequestHead,
        body: [UInt8] = [],
        remoteAddress: SocketAddress? = nil,
        arrived: ContinuousClock.Instant = .now
    ) {
        self.head = head
        self.body = body
        self.remoteAddress = remoteAddress
        self.arrived = arrived
    }
}
