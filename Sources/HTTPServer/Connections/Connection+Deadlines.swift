internal import Dispatch
internal import HTTPWire
internal import Sockets

extension Connection {
    /// Ends what has taken too long; called now and then rather than at exact times.
    func checkDeadlines(_ now: ContinuousClock.Instant) {
        dispatchPrecondition(condition: .onQueue(ioQueue.queue))
        let configuration = ioQueue.configuration
        if isWaitingToWrite, now - lastSent > configuration.writeStallTimeout { return close() }
        switch phase {
        case .head where parser.isBetweenRequests:
            // A client that has just connected must say something soon; one that has been served may rest.
            let limit =
                requestCount == 0 ? configuration.headTimeout : configuration.idleTimeout
            if now - phaseStart > limit { close() }
        case .head:
            if now - phaseStart > configuration.headTimeout {
                refuse(.requestTimeout, "The head of the request took too long.")
            }
        case .body:
            if now > bodyDeadline(configuration) {
                refuse(.requestTimeout, "The body of the request took too long.")
            }
        case .responding:
            // While reading is paused the end of the stream goes unseen behind the input not read.
            if isAbandonedByHalfClose, isReadingPaused, !response.isComplete,
                socket?.isClosedByPeer == true
            {
                close()
            }
        case .lingering:
            if now - phaseStart > configuration.lingerTimeout { close() }
        case .closed:
            break
        }
    }

    /// When a body is late: after a silence, or when it has fallen behind the least average rate.
    private func bodyDeadline(
        _ configuration: HTTPServer.Configuration
    ) -> ContinuousClock.Instant {
        let silence = lastReceived + configuration.bodyTimeout
        guard configuration.minimumBodyByteRate > 0 else { return silence }
        let earned = Duration.seconds(
            Double(bodyByteCount) / Double(configuration.minimumBodyByteRate)
        )
        return min(silence, phaseStart + configuration.bodyTimeout + earned)
    }
}
