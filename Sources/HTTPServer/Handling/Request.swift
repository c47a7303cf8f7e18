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

    /// What the body holds of the server's budget, as long as anybody holds the request.
    private let charge: BodyCharge?

    init(
        head: RequestHead,
        body: [UInt8],
        remoteAddress: SocketAddress?,
        arrived: ContinuousClock.Instant,
        charge: BodyCharge?
    ) {
        self.head = head
        self.body = body
        self.remoteAddress = remoteAddress
        self.arrived = arrived
        self.charge = charge
    }

    /// Gives the body's share of the server's budget back: its bytes are about to be counted elsewhere.
    package func releaseBudget() {
        charge?.release()
    }
}
