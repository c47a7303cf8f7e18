/// Turns bytes into requests, strictly by RFC 9112, whatever pieces the bytes arrive in.
///
/// A pull parser: call ``consume(_:)`` with what has not been consumed yet, act on the event, and call
/// again until there is no event. It stops after each event and after each message, so bytes of the
/// next, pipelined request stay with the caller until the caller wants them. Bodies are handed out as
/// ranges of the caller's own bytes and never copied; only a line that arrives in pieces is kept, and
/// its length is bounded by the limits.
///
/// Policy where the RFC leaves a choice: lines end in CR LF and nothing else (§2.2), one empty line
/// before a request is skipped (§2.2), a repeated Content-Length is refused even if the values agree
/// (RFC 9110 §8.6), field values that are no UTF-8 are read as ISO 8859-1 (RFC 9110 §5.5).
///
/// Threads: a value; confine it to one connection.
package struct RequestParser: Sendable {
    /// A part of a request.
    package enum Event: Hashable, Sendable {
        /// The head is complete.
        case head(RequestHead)
        /// These bytes, given as a range of the bytes passed in, belong to the body.
        case body(Range<Int>)
        /// The request is complete. Trailer fields come with chunked bodies only.
        case end(trailers: HeaderFields)
    }

    /// What one call has done.
    package struct Progress: Hashable, Sendable {
        /// How many of the bytes passed in are done with.
        package let consumedByteCount: Int
        /// The part that became complete; nil if all bytes were consumed and more are needed.
        package let event: Event?
    }

    enum State: Hashable, Sendable {
        case requestLine
        case fields
        case bodyStart(BodyFraming)
        case body(remaining: Int)
        case chunkSize
        case chunkData(remaining: Int)
        case chunkDataEnd
        case trailers
        case failed(ParseError)
    }

    let limits: RequestLimits
    var state = State.requestLine
    /// The beginning of a line whose end has not arrived.
    var partialLine: [UInt8] = []
    var hasSkippedEmptyLine = false
    var requestLine: RequestLine?
    var fields = HeaderFields()
    var fieldByteCount = 0
    var maximumBodyByteCount: Int
    /// Bytes of the chunks announced so far.
    var chunkedByteCount = 0
    var chunkExtensionByteCount = 0

    /// Makes a parser that waits for the first request of a connection.
    package init(limits: RequestLimits = RequestLimits()) {
        self.limits = limits
        maximumBodyByteCount = limits.maximumBodyByteCount
    }

    /// Whether no byte of a request has been consumed since the last one ended.
    package var isBetweenRequests: Bool {
        state == .requestLine && partialLine.isEmpty && !hasSkippedEmptyLine
    }

    /// Takes bytes up to the next event.
    ///
    /// After the head of a request without a body the next call yields its end without consuming anything, so
    /// keep calling, with no bytes if need be, until there is no event.
    ///
    /// - Throws: ``ParseError``; every later call throws the same one.
    package mutating func consume(_ bytes: Span<UInt8>) throws(ParseError) -> Progress {
        do throws(ParseError) {
            return try advance(bytes)
        } catch {
            fail(error)
            throw error
        }
    }

    /// Sets the largest body of the current request; call it between its head and its body.
    ///
    /// - Throws: ``ParseError`` of kind `bodyTooLarge` if the head announced more. The parser has then failed.
    package mutating func limitBody(to maximumByteCount: Int) throws(ParseError) {
        maximumBodyByteCount = maximumByteCount
        guard case .bodyStart(.length(let length)) = state, length > maximumByteCount else {
            return
        }
        let error = bodyTooLarge()
        fail(error)
        throw error
    }

    private mutating func fail(_ error: ParseError) {
        state = .failed(error)
        partialLine = []
    }

    // MARK: - The machine

    private mutating func advance(_ bytes: Span<UInt8>) throws(ParseError) -> Progress {
        var offset = 0
        while true {
            switch state {
            case .failed(let error):
                throw error
            case .bodyStart(let framing):
                try startBody(framing)
            case .body(remaining: 0):
                return Progress(consumedByteCount: offset, event: endRequest())
            case .body(let remaining), .chunkData(let remaining):
                let end = offset + min(remaining, bytes.count - offset)
                guard end > offset else { return Progress(consumedByteCount: offset, event: nil) }
                take(bodyByteCount: end - offset)
                return Progress(consumedByteCount: end, event: .body(offset..<end))
            case .requestLine, .fields, .chunkSize, .chunkDataEnd, .trailers:
                guard let event = try advanceLine(bytes, &offset) else { continue }
                return Progress(consumedByteCount: offset, event: event.event)
            }
        }
    }

    /// What a line has led to: an event, or the end of the input without one.
    private struct LineOutcome {
        let event: Event?
    }

    /// Takes one line, or as much of it as there is; nil if the machine has moved on without an event.
    private mutating func advanceLine(
        _ bytes: Span<UInt8>,
        _ offset: inout Int
    ) throws(ParseError) -> LineOutcome? {
        if state == .requestLine, partialLine.isEmpty, offset < bytes.count {
            try checkFirstByte(bytes[offset])
        }
        guard let end = findLineFeed(bytes, from: offset) else {
            let rest = bytes.extracting(offset..<bytes.count)
            try checkLineLength(partialLine.count + rest.count - 1)
            append(rest, to: &partialLine)
            offset = bytes.count
            return LineOutcome(event: nil)
        }
        let piece = bytes.extracting(offset..<end)
        offset = end + 1
        let event: Event?
        if partialLine.isEmpty {
            event = try processLine(piece)
        } else {
            try checkLineLength(partialLine.count + piece.count - 1)
            var line = partialLine
            partialLine = []
            append(piece, to: &line)
            event = try processLine(line.span)
            line.removeAll(keepingCapacity: true)
            partialLine = line
        }
        return event.map { LineOutcome(event: $0) }
    }

    /// Acts on a line given without its line feed.
    private mutating func processLine(_ lineWithReturn: Span<UInt8>) throws(ParseError) -> Event? {
        let count = lineWithReturn.count - 1
        // RFC 9112 §2.2 lets a recipient take a bare LF as a line end; two readings of one message
        // are what request smuggling lives on, so it is refused.
        guard count >= 0, lineWithReturn[count] == carriageReturn else {
            throw ParseError(.malformedLineEnding, "A line must end in CR LF.")
        }
        try checkLineLength(count)
        let line = lineWithReturn.extracting(0..<count)
        switch state {
        case .requestLine: return try processRequestLine(line)
        case .fields: return try processFieldLine(line)
        case .chunkSize: try processChunkSize(line)
        case .chunkDataEnd: state = .chunkSize
        case .trailers: return try processTrailerLine(line)
        case .bodyStart, .body, .chunkData, .failed: break
        }
        return nil
    }

    /// Refuses a line with this many bytes before its CR, complete or not, that the state does not allow.
    private func checkLineLength(_ count: Int) throws(ParseError) {
        switch state {
        case .requestLine:
            // Method, target, two spaces and the version; the parts are checked once they are known.
            let limit = limits.maximumMethodByteCount + limits.maximumTargetByteCount + 10
            if count > limit {
                throw ParseError(.targetTooLong, "The request line is longer than \(limit) bytes.")
            }
        case .fields, .trailers:
            if fieldByteCount + count > limits.maximumFieldByteCount {
                throw fieldSectionTooLarge()
            }
        case .chunkSize:
            if count > limits.maximumChunkLineByteCount {
                throw ParseError(.malformedChunk, "A chunk-size line is too long.")
            }
        case .chunkDataEnd:
            if count > 0 {
                throw ParseError(.malformedChunk, "A chunk is longer than its size says.")
            }
        case .bodyStart, .body, .chunkData, .failed:
            break
        }
    }

    // MARK: - Messages

    /// Ends the current request and gets ready for the next.
    mutating func endRequest(trailers: HeaderFields = HeaderFields()) -> Event {
        state = .requestLine
        hasSkippedEmptyLine = false
        fieldByteCount = 0
        chunkedByteCount = 0
        chunkExtensionByteCount = 0
        maximumBodyByteCount = limits.maximumBodyByteCount
        return .end(trailers: trailers)
    }
}

// MARK: - Bytes

private func findLineFeed(_ bytes: Span<UInt8>, from start: Int) -> Int? {
    var index = start
    while index < bytes.count {
        if bytes[index] == lineFeed { return index }
        index += 1
    }
    return nil
}

/// Copies a span to the end of an array.
func append(_ bytes: Span<UInt8>, to array: inout [UInt8]) {
    unsafe bytes.withUnsafeBufferPointer { unsafe array.append(contentsOf: $0) }
}
