internal import Dispatch
internal import HTTPWire
internal import Logging
internal import Sockets

/// How far the response to the current request has come.
struct ResponseProgress {
    /// Whether a head has been encoded.
    var hasStarted = false
    /// Whether the last byte has been encoded.
    var isComplete = false
    /// Whether the connection may go on afterwards.
    var keepsAlive = false
    var framing = ResponseFraming.none
    /// Whether body bytes are dropped: in answer to HEAD.
    var hidesBody = false
}

extension Connection {
    /// Called from any thread when commands wait in a channel that was empty.
    func wake(_ channel: ResponseChannel) {
        if ioQueue.isCurrent {
            performCommands(of: channel)
        } else {
            ioQueue.queue.async { self.performCommands(of: channel) }
        }
    }

    /// Does what the writer has asked for so far.
    func performCommands(of channel: ResponseChannel) {
        dispatchPrecondition(condition: .onQueue(ioQueue.queue))
        // A command can lead back here; the loop below then finds what was added.
        guard channel === self.channel, !isPerformingCommands, !isHandling else { return }
        isPerformingCommands = true
        while channel === self.channel {
            let commands = channel.takeCommands()
            if commands.isEmpty { break }
            for command in commands where phase == .responding { perform(command) }
            flush()
        }
        isPerformingCommands = false
        continueReading()
    }

    private func perform(_ command: ResponseCommand) {
        switch command {
        case .send(let response):
            encode(response, keepsAlive: requestHead?.allowsKeepAlive ?? false)
        case .start(let head):
            startStream(head)
        case .write(let bytes):
            guard response.hasStarted, !response.isComplete, !response.hidesBody else { return }
            if response.framing == .chunked {
                var line: [UInt8] = []
                ChunkedCoding.appendChunkStart(byteCount: bytes.count, to: &line)
                output.append(line)
                output.append(bytes)
                output.append(ChunkedCoding.chunkEnd)
            } else {
                output.append(bytes)
            }
        case .finish:
            guard response.hasStarted, !response.isComplete else { return }
            if response.framing == .chunked, !response.hidesBody {
                output.append(ChunkedCoding.end)
            }
            response.isComplete = true
        case .abandon:
            if response.hasStarted { return close() }
            ioQueue.logger.error("A handler let go of a request without answering it.")
            encodeError("The request was not answered.")
        }
    }

    // MARK: - Whole responses

    /// Answers what never reached a handler, and closes afterwards.
    func refuse(_ status: Status, _ message: String) {
        guard phase != .closed else { return }
        enter(.responding)
        body = []
        bodyCharge = nil
        response = ResponseProgress()
        respond(errorResponse(status, message), keepsAlive: false)
    }

    /// The handler's answer to what the server refuses.
    private func errorResponse(_ status: Status, _ message: String) -> Response {
        ioQueue.handler.errorResponse(
            status,
            message,
            to: requestHead,
            // What a proxy said of the request before says nothing about bytes that are none.
            from: requestHead == nil ? remoteAddress : clientAddress
        )
    }

    /// Answers without a handler.
    func respond(_ response: Response, keepsAlive: Bool) {
        encode(response, keepsAlive: keepsAlive)
        flush()
    }

    private func encode(_ response: Response, keepsAlive: Bool) {
        let status = response.head.status
        let framing: ResponseFraming = status.forbidsBody ? .none : .length(response.body.count)
        guard encodeHead(response.head, framing: framing, keepsAlive: keepsAlive) else {
            return encodeError("The response could not be sent.")
        }
        if !status.forbidsBody, !self.response.hidesBody { output.append(response.body) }
        self.response.isComplete = true
    }

    /// Answers 500; if even that cannot be encoded, closes.
    private func encodeError(_ message: String) {
        let error = errorResponse(.internalServerError, message)
        let framing = ResponseFraming.length(error.body.count)
        guard encodeHead(error.head, framing: framing, keepsAlive: false) else { return close() }
        if !response.hidesBody { output.append(error.body) }
        response.isComplete = true
    }

    private func startStream(_ head: ResponseHead) {
        let isModern = (requestHead?.version ?? .http11) >= .http11
        let framing: ResponseFraming =
            head.status.forbidsBody ? .none : isModern ? .chunked : .untilClose
        let keepsAlive = (requestHead?.allowsKeepAlive ?? false) && framing != .untilClose
        guard encodeHead(head, framing: framing, keepsAlive: keepsAlive) else {
            return encodeError("The response could not be sent.")
        }
        if head.status.forbidsBody { response.hidesBody = true }
    }

    /// Puts a head on the way; false, with nothing sent, if its fields are not fit for the wire.
    private func encodeHead(
        _ head: ResponseHead,
        framing: ResponseFraming,
        keepsAlive: Bool
    ) -> Bool {
        let keepsAlive =
            keepsAlive && !ioQueue.isDraining && !isSpare
            && !head.fields.hasToken("close", in: "connection")
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        do throws(ResponseEncodingError) {
            try ResponseEncoder.encode(
                head,
                framing: framing,
                keepsAlive: keepsAlive,
                requestVersion: requestHead?.version ?? .http11,
                extraFields: ioQueue.currentCommonFields(),
                into: &bytes
            )
        } catch {
            ioQueue.logger.error("\(error)")
            return false
        }
        output.append(bytes)
        response.hasStarted = true
        response.framing = framing
        response.keepsAlive = keepsAlive
        response.hidesBody = requestHead?.method == .head
        return true
    }

    // MARK: - Sending

    /// Hands output to the system until it takes no more, and ends the exchange when all is with it.
    func flush() {
        do throws(SocketError) {
            while phase != .closed, !output.isEmpty {
                let sent = try output.withFirst { bytes, moreFollows throws(SocketError) in
                    try transport?.send(bytes, moreFollows: moreFollows)
                }
                guard case .bytes(let count) = sent else { return outputWaits() }
                output.removeFirst(count)
                delivery.sentByteCount += count
            }
            // The end of it may be with TLS still.
            if phase != .closed, try transport?.flush() == false { return outputWaits() }
        } catch {
            return close()
        }
        guard phase != .closed else { return }
        if isWaitingToWrite { reportOutput() }
        stopWaitingToWrite()
        if phase == .responding, response.isComplete {
            endExchange()
        } else {
            channel?.outputChanged(byteCount: 0)
        }
    }

    /// Goes on when the system takes more, and has the waiting bytes counted.
    func outputWaits() {
        if !isWaitingToWrite { beginDelivery() }
        channel?.outputChanged(byteCount: waitingByteCount)
        waitToWrite()
        reportOutput()
    }

    /// Bytes that the system has not taken.
    private var waitingByteCount: Int { output.byteCount + (transport?.unsentByteCount ?? 0) }

    private func reportOutput() {
        ioQueue.load.answers.outputChanged(of: ObjectIdentifier(self), to: waitingByteCount) {
            [weak self] in self?.cutSoon()
        }
    }

    /// Called when the system can take output again.
    func flushAndGoOn() {
        dispatchPrecondition(condition: .onQueue(ioQueue.queue))
        flush()
        continueReading()
    }

    private func endExchange() {
        let channel = self.channel
        self.channel = nil
        requestHead = nil
        channel?.completed()
        ioQueue.load.answers.remove(ObjectIdentifier(self))
        guard response.keepsAlive, !ioQueue.isDraining else { return beginLingering() }
        enter(.head)
    }
}
