internal import Dispatch
internal import HTTPWire
internal import Logging
internal import Sockets
internal import Synchronization

extension Connection {
    /// Reads per event before other connections of the queue get their turn.
    private static let maximumReadCount = 4

    /// Takes what has arrived, until the system says that nothing is left.
    ///
    /// Stopping earlier, after a short read for instance, could miss the client's end: Dispatch reports a hang-up
    /// once, perhaps together with the last bytes, and then watches the descriptor no more.
    func receiveAvailable() {
        dispatchPrecondition(condition: .onQueue(ioQueue.queue))
        if transport?.isEstablished == false { return ioQueue.handshakes.add(self) }
        receive()
    }

    /// Takes the next step of a handshake.
    func shakeHands() {
        isHandshakeDue = false
        receive()
    }

    private func receive() {
        // The buffer is out on loan while its bytes are acted on: nothing else reads meanwhile.
        var buffer = ioQueue.readBuffer
        ioQueue.readBuffer = []
        defer { ioQueue.readBuffer = buffer }
        for _ in 0..<Self.maximumReadCount {
            guard phase != .closed, !isReadingPaused, !hasInputEnded else { return }
            do throws(SocketError) {
                var span = buffer.mutableSpan
                let found = try transport?.receive(into: &span)
                // What TLS says by itself waits for the system like an answer.
                if let waiting = transport?.unsentByteCount, waiting > 0 { outputWaits() }
                switch found {
                case .bytes(let count):
                    received(buffer, byteCount: count)
                case .nothingYet:
                    continue
                case .endOfStream:
                    return inputEnded()
                case .wouldBlock, nil:
                    return
                }
            } catch {
                return receivingFailed(error)
            }
        }
        receiveSoon()
    }

    private func receivingFailed(_ error: SocketError) {
        if transport?.isEstablished == false { handshakeFailed("\(error)") }
        close()
    }

    /// Counts a handshake that came to nothing.
    func handshakeFailed(_ reason: String) {
        ioQueue.load.failedHandshakeCount.add(1, ordering: .relaxed)
        ioQueue.logger.debug("\(reason)")
    }

    /// Reads again after the other connections of the queue have had their turn, without waiting for an event.
    func receiveSoon() {
        ioQueue.queue.async { [weak self] in self?.receiveAvailable() }
    }

    private func received(_ buffer: [UInt8], byteCount: Int) {
        let now = ContinuousClock.now
        if phase == .head, parser.isBetweenRequests { phaseStart = now }
        lastReceived = now
        if phase == .body { earnBodyCredit(byteCount, now) }
        switch phase {
        case .head, .body:
            let consumed = parse(buffer.span.extracting(0..<byteCount))
            hold(buffer[consumed..<byteCount])
        case .responding:
            hold(buffer[..<byteCount])
        case .lingering, .closed:
            break
        }
    }

    /// Keeps input for after the response; stops reading when that becomes much.
    private func hold(_ bytes: ArraySlice<UInt8>) {
        guard phase == .responding, !bytes.isEmpty else { return }
        heldInput += bytes
        if heldInput.count >= ioQueue.configuration.maximumPipelinedByteCount { pauseReading() }
    }

    private func inputEnded() {
        hasInputEnded = true
        // An answer given before the end was seen counts as given.
        if let channel { performCommands(of: channel) }
        if phase == .responding, response.isComplete || !isAbandonedByHalfClose {
            // The answer may still be wanted, and so may those to the requests behind it.
            pauseReading()
        } else {
            close()
        }
    }

    /// Goes on with held input once a response is done.
    func continueReading() {
        guard !isParsing else { return }
        while phase == .head, !heldInput.isEmpty {
            let input = heldInput
            heldInput = []
            phaseStart = .now
            let consumed = parse(input.span)
            hold(input[consumed...])
        }
        guard phase == .head || phase == .body else { return }
        // What has not arrived completely by the end of the input never will.
        if hasInputEnded { close() } else { resumeReading() }
    }

    // MARK: - Parsing

    /// Acts on requests for as long as they are answered at once; returns how many bytes are done with.
    private func parse(_ input: Span<UInt8>) -> Int {
        isParsing = true
        defer { isParsing = false }
        var offset = 0
        do throws(ParseError) {
            while phase == .head || phase == .body {
                let rest = input.extracting(offset..<input.count)
                let progress = try parser.consume(rest)
                offset += progress.consumedByteCount
                switch progress.event {
                case .head(let head): try begin(head, isBodyWaiting: offset < input.count)
                case .body(let range): collect(rest.extracting(range))
                case .end: requestArrived()
                case nil: return offset
                }
            }
        } catch {
            refuse(error.status, error.message)
        }
        return offset
    }

    /// Decides about a request by its head.
    private func begin(_ head: RequestHead, isBodyWaiting: Bool) throws(ParseError) {
        requestCount += 1
        bodyByteCount = 0
        requestHead = head
        isAbandonedByHalfClose = false
        clientAddress = ioQueue.forwarded.address(of: head, from: remoteAddress)
        let now = ContinuousClock.now
        headArrived = now
        // Also for a body that is only read over.
        lastReceived = now
        bodyCredit.begin(now, free: ioQueue.configuration.rateGrace)
        enter(.body)
        if transport?.isMisaddressed == true {
            return refuse(.badRequest, "This port speaks HTTPS: ask for https://.")
        }
        switch ioQueue.handler.admit(head, from: clientAddress) {
        case .accept(_, _, let isProbe) where isSpare && !isProbe:
            refuseSpare()
        case .accept(let limit, let isAbandonedByHalfClose, _):
            self.isAbandonedByHalfClose = isAbandonedByHalfClose
            try parser.limitBody(
                to: limit ?? ioQueue.configuration.limits.maximumBodyByteCount
            )
            if let shortage = bodyShortage(head) { return refuseBody(shortage) }
            // RFC 9110 §10.1.1: no need for 100 if the body is already coming.
            if head.expectsContinue, !isBodyWaiting {
                output.append(ResponseEncoder.continueBytes)
                flush()
            }
        case .reject(let response):
            if canSkipBody(of: head), !isSpare {
                rejection = response
            } else {
                enter(.responding)
                self.response = ResponseProgress()
                respond(response, keepsAlive: false)
            }
        }
    }

    private func canSkipBody(of head: RequestHead) -> Bool {
        switch head.framing {
        case .none: true
        case .length(let count):
            count <= ioQueue.configuration.maximumSkippedBodyByteCount && !head.expectsContinue
        case .chunked: false
        }
    }

    private func collect(_ bytes: Span<UInt8>) {
        bodyByteCount += bytes.count
        guard rejection == nil else { return }
        if let shortage = chargeBody(for: bytes.count) { return refuseBody(shortage) }
        unsafe bytes.withUnsafeBufferPointer { unsafe body.append(contentsOf: $0) }
    }

    /// Hands a complete request over.
    private func requestArrived() {
        guard let head = requestHead else { return close() }
        enter(.responding)
        response = ResponseProgress()
        let body = self.body
        let charge = bodyCharge
        self.body = []
        bodyCharge = nil
        charge?.handOver()
        if let rejection {
            self.rejection = nil
            return respond(rejection, keepsAlive: head.allowsKeepAlive)
        }
        let channel = ResponseChannel(
            connection: self,
            highWaterMark: ioQueue.configuration.responseHighWaterMark
        )
        self.channel = channel
        let request = Request(
            head: head,
            body: body,
            remoteAddress: remoteAddress,
            clientAddress: clientAddress,
            arrived: headArrived,
            charge: charge
        )
        // An end that came with the request decides before any answer can: always the same, not by luck.
        let hasLeft =
            isAbandonedByHalfClose && (hasInputEnded || transport?.isClosedByPeer == true)
        // What the handler asks for before it returns is done in one go: one system call for many small pieces.
        isHandling = true
        ioQueue.handler.handle(request, ResponseWriter(channel))
        isHandling = false
        if hasLeft { return close() }
        performCommands(of: channel)
    }
}
