internal import Dispatch
internal import HTTPWire
internal import Sockets
internal import Synchronization

/// What a connection may take of what all share.
extension Connection {
    /// Bytes by which a body of unknown length is charged.
    private static let chargedStepByteCount = 64 * 1024

    /// What there is too little of for the body that a head announces; one of unknown length is tried.
    func bodyShortage(_ head: RequestHead) -> BodyBudget.Shortage? {
        guard case .length(let length) = head.framing, length > 0 else { return nil }
        return ioQueue.load.bodies.shortage(for: length, of: client)
    }

    /// Whose body it is; nil for a client on this machine, and for a trusted proxy that does not say whose.
    private var client: ClientIdentity? {
        ioQueue.forwarded.accountable(clientAddress)
    }

    /// Charges as much as the next bytes of the body need.
    ///
    /// - Returns: What there is too little of; nil if they may come.
    func chargeBody(for byteCount: Int) -> BodyBudget.Shortage? {
        let needed = body.count + byteCount
        if bodyCharge == nil {
            chargedByteCount = 0
            bodyCharge = ioQueue.load.bodies.makeCharge(
                client: client,
                refuse: { [weak self] in self?.giveBodyWay() }
            )
        }
        guard needed > chargedByteCount else { return nil }
        let step = Self.chargedStepByteCount
        var target = (needed + step - 1) / step * step
        if case .length(let length) = requestHead?.framing { target = min(target, length) }
        let shortage = bodyCharge?.grow(by: target - chargedByteCount)
        if shortage == nil { chargedByteCount = target }
        return shortage
    }

    /// Notes that bytes of the body have arrived.
    func earnBodyCredit(_ byteCount: Int, _ now: ContinuousClock.Instant) {
        bodyCredit.earn(
            byteCount,
            at: now,
            byteRate: ioQueue.configuration.minimumBodyByteRate,
            longest: ioQueue.configuration.bodyTimeout
        )
    }

    /// Refuses the body in favour of another client's; called on any thread.
    private func giveBodyWay() {
        ioQueue.queue.async { [weak self] in
            guard let self, phase == .body, bodyCharge?.isHeld == false else { return }
            refuseBody(.ofAll)
        }
    }

    /// Refuses a body for which there is no room.
    func refuseBody(_ shortage: BodyBudget.Shortage) {
        if shortage == .ofClient {
            let limit = ioQueue.load.bodies.clientCapacity
            ioQueue.load.refusedClientBodies.note(
                ioQueue.logger,
                "Bodies of one client are refused, \(clientAddress?.host ?? "unknown"): it may send \(limit) bytes at once."
            )
            return refuse(
                .tooManyRequests,
                "This client may have \(limit) bytes of bodies on their way at once."
            )
        }
        ioQueue.load.refusedBodies.note(
            ioQueue.logger,
            "Bodies are refused: \(ioQueue.load.bodies.capacity) bytes for all of them are used up."
        )
        refuse(.serviceUnavailable, "The server has no room for this body at the moment.")
    }

    /// Refuses a connection that is one too many.
    func refuseSpare() {
        if surplus == .ofClient {
            ioQueue.load.refusedClientConnections.note(
                ioQueue.logger,
                "Connections of one client are refused, \(remoteAddress?.host ?? "unknown"): it has "
                    + "\(ioQueue.configuration.maximumClientConnectionCount) already."
            )
            ioQueue.load.refusedClientConnectionCount.add(1, ordering: .relaxed)
            return refuse(.tooManyRequests, "This client has as many connections as it may have.")
        }
        ioQueue.load.refusedConnectionCount.add(1, ordering: .relaxed)
        ioQueue.load.refusedConnections.note(
            ioQueue.logger,
            "Connections are refused: there are \(ioQueue.configuration.maximumConnectionCount) already."
        )
        refuse(.serviceUnavailable, "The server has as many connections as it can serve.")
    }
}
