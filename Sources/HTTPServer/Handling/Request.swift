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
    /// Who is at the other end of the connection; nil if the system did not say.
    package let remoteAddress: SocketAddress?
    /// For whom it was sent: what a trusted proxy says, else the same.
    package let clientAddress: SocketAddress?

    /// What the body holds of the server's budget, as long as anybody holds the request.
    private let charge: BodyCharge?

    init(
        head: RequestHead,
        body: [UInt8],
        remoteAddress: SocketAddress?,
        clientAddress: SocketAddress?,
        arrived: ContinuousClock.Instant,
        charge: BodyCharge?
    ) {
        self.head = head
        self.body = body
        self.remoteAddress = remoteAddress
        self.clientAddress = clientAddress
        self.arrived = arrived
        self.charge = charge
    }

    /// Gives the body's share of the server's budget back: its bytes are about to be counted elsewhere.
    package func releaseBudget() {
        charge?.release()
    }
}
