internal import Dispatch
internal import HTTPWire
internal import Sockets

extension Connection {
    /// Ends what has taken too long; called now and then rather than at exact times.
    func checkDeadlines(_ now: ContinuousClock.Instant) {
        dispatchPrecondition(condition: .onQueue(ioQueue.queue))
        let configuration = ioQueue.configuration
        if isWaitingToWrite, isTooSlow(now) { return cut("its client reads too slowly") }
        switch phase {
        case .head where parser.isBetweenRequests:
            // A client that has just connected must say something soon; one that has been served may rest.
            let limit = requestCount == 0 ? headTimeout : configuration.idleTimeout
            guard now - phaseStart > limit else { return }
            if transport?.isEstablished == false {
                handshakeFailed("TLS: the handshake took too long")
            }
            isSpare && transport?.isEstablished == true ? refuseSpare() : close()
        case .head:
            if now - phaseStart > headTimeout {
                refuse(.requestTimeout, "The head of the request took too long.")
            }
        case .body:
            if now > bodyDeadline(configuration) {
                refuse(.requestTimeout, "The body of the request took too long.")
            }
        case .responding:
            // While reading is paused the end of the stream goes unseen behind the input not read.
            if isAbandonedByHalfClose, isReadingPaused, !response.isComplete,
                transport?.isClosedByPeer == true
            {
                close()
            }
        case .lingering:
            if now - phaseStart > configuration.lingerTimeout { close() }
        case .closed:
            break
        }
    }

    private var headTimeout: Duration {
        let configuration = ioQueue.configuration
        return isSpare
            ? min(configuration.headTimeout, configuration.spareHeadTimeout)
            : configuration.headTimeout
    }

    /// When a body is late: after a silence, or when it has fallen behind the least average rate.
    private func bodyDeadline(
        _ configuration: HTTPServer.Configuration
    ) -> ContinuousClock.Instant {
        let silence = lastReceived + configuration.bodyTimeout
        return configuration.minimumBodyByteRate > 0 ? min(silence, bodyCredit.end) : silence
    }

    /// Whether what waits to be sent has waited too long: nothing was taken for a while, or too little.
    private func isTooSlow(_ now: ContinuousClock.Instant) -> Bool {
        let configuration = ioQueue.configuration
        // What the system has taken is not yet with the client: its buffer can hold megabytes.
        let byteCount = confirmedByteCount
        if byteCount > delivery.confirmedByteCount {
            delivery.credit.earn(
                byteCount - delivery.confirmedByteCount,
                at: now,
                byteRate: configuration.minimumAnswerByteRate,
                longest: configuration.writeStallTimeout
            )
            delivery.confirmedByteCount = byteCount
            delivery.lastConfirmed = now
        }
        return now - delivery.lastConfirmed > configuration.writeStallTimeout
            || (configuration.minimumAnswerByteRate > 0 && now > delivery.credit.end)
    }

    /// Begins to measure how fast the client takes what waits.
    func beginDelivery() {
        let now = ContinuousClock.now
        delivery.credit.begin(now, free: ioQueue.configuration.rateGrace)
        delivery.lastConfirmed = now
        delivery.confirmedByteCount = confirmedByteCount
    }

    /// Bytes that are with the client; with TLS a few less than those of its text.
    private var confirmedByteCount: Int {
        delivery.sentByteCount - (transport?.unconfirmedByteCount ?? 0)
    }

    /// Closes although an answer is not delivered.
    func cut(_ reason: String) {
        ioQueue.load.answers.countCut()
        noteCut(reason)
        close()
    }

    /// Closes, on the connection's queue, because too many bytes wait; callable from any thread.
    func cutSoon() {
        ioQueue.queue.async { [weak self] in
            guard let self, phase != .closed else { return }
            noteCut("too many bytes wait to be read")
            close()
        }
    }

    private func noteCut(_ reason: String) {
        ioQueue.load.cutAnswers.note(ioQueue.logger, "An answer is cut: \(reason).")
    }
}

/// How fast a client takes what is sent to it.
struct Delivery {
    /// Bytes handed to the system since the connection began.
    var sentByteCount = 0
    /// Those that the client's system has confirmed, as far as was looked.
    var confirmedByteCount = 0
    /// When it last confirmed any.
    var lastConfirmed = ContinuousClock.now
    /// Time that its rate has earned.
    var credit = RateCredit()
}
