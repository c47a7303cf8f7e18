extension RequestParser {
    /// Checks the fields that decide where the request ends and hands out the head.
    mutating func endHead() throws(ParseError) -> Event? {
        guard let requestLine else { return nil }
        try checkHost(requestLine.version)
        try checkExpectation(requestLine.version)
        let framing = try bodyFraming(requestLine.version)
        state = .bodyStart(framing)
        defer { fields = HeaderFields() }
        return .head(
            RequestHead(
                method: requestLine.method,
                target: requestLine.target,
                version: requestLine.version,
                fields: fields,
                framing: framing
            )
        )
    }

    /// RFC 9112 §3.2: exactly one valid Host in HTTP/1.1, at most one in HTTP/1.0.
    private func checkHost(_ version: ProtocolVersion) throws(ParseError) {
        let hosts = fields.values(of: "host")
        guard hosts.count == 1 || (hosts.isEmpty && version == .http10) else {
            throw ParseError(.malformedHost, "A request must have exactly one Host field.")
        }
        guard hosts.allSatisfy({ isAuthority($0, allowsEmptyHost: true) }) else {
            throw ParseError(.malformedHost, "The Host field is malformed.")
        }
    }

    /// RFC 9110 §10.1.1: an expectation other than 100-continue is answered with 417.
    private func checkExpectation(_ version: ProtocolVersion) throws(ParseError) {
        guard version >= .http11 else { return }
        for expectation in fields.tokens(of: "expect")
        where !isSameName(expectation, "100-continue") {
            throw ParseError(.unsupportedExpectation, "Only 100-continue can be expected.")
        }
    }

    /// RFC 9112 §6.3 for requests.
    private func bodyFraming(_ version: ProtocolVersion) throws(ParseError) -> BodyFraming {
        let lengths = fields.values(of: "content-length")
        guard fields.contains("transfer-encoding") else {
            guard let length = lengths.first else { return .none }
            guard lengths.count == 1 else {
                throw ParseError(.conflictingFraming, "Content-Length must not be repeated.")
            }
            return .length(try contentLength(length))
        }
        // RFC 9112 §6.1: both together are an attempt to smuggle until proven otherwise.
        guard lengths.isEmpty else {
            throw ParseError(
                .conflictingFraming,
                "Content-Length and Transfer-Encoding exclude each other."
            )
        }
        // RFC 9112 §6.1: HTTP/1.0 knows no transfer codings; its framing is then faulty.
        guard version >= .http11 else {
            throw ParseError(.conflictingFraming, "HTTP/1.0 has no Transfer-Encoding.")
        }
        let codings = fields.tokens(of: "transfer-encoding")
        let chunkedCount = codings.count { isSameName($0, "chunked") }
        // RFC 9112 §6.3: without chunked as the last coding the end cannot be found: 400.
        guard chunkedCount == 1, let last = codings.last, isSameName(last, "chunked") else {
            throw ParseError(
                .malformedTransferCoding,
                "The last transfer coding must be chunked, once."
            )
        }
        guard codings.count == 1 else {
            throw ParseError(
                .unsupportedTransferCoding,
                "No transfer coding but chunked is supported."
            )
        }
        return .chunked
    }

    /// Digits and nothing else: no sign, no white space, no list (RFC 9110 §8.6).
    private func contentLength(_ text: String) throws(ParseError) -> Int {
        guard !text.isEmpty, text.utf8.allSatisfy({ decimalValue($0) != nil }) else {
            throw ParseError(.malformedContentLength, "Content-Length must be a decimal number.")
        }
        // RFC 9110 §8.6: anticipate numerals too large to convert.
        guard let length = Int(text) else { throw bodyTooLarge() }
        return length
    }

    // MARK: - Bodies

    func bodyTooLarge() -> ParseError {
        ParseError(.bodyTooLarge, "The body is larger than \(maximumBodyByteCount) bytes.")
    }

    mutating func startBody(_ framing: BodyFraming) throws(ParseError) {
        switch framing {
        case .none:
            state = .body(remaining: 0)
        case .length(let length):
            guard length <= maximumBodyByteCount else { throw bodyTooLarge() }
            state = .body(remaining: length)
        case .chunked:
            state = .chunkSize
        }
    }

    mutating func take(bodyByteCount count: Int) {
        switch state {
        case .body(let remaining): state = .body(remaining: remaining - count)
        case .chunkData(let remaining) where remaining == count: state = .chunkDataEnd
        case .chunkData(let remaining): state = .chunkData(remaining: remaining - count)
        default: break
        }
    }

    /// `chunk-size [ chunk-ext ]`, extensions bounded and ignored (RFC 9112 §7.1).
    mutating func processChunkSize(_ line: Span<UInt8>) throws(ParseError) {
        var size = 0
        var digitCount = 0
        while digitCount < line.count, let digit = hexadecimalValue(line[digitCount]) {
            // Fifteen digits fit an Int with room to spare; more are an overflow in the making.
            guard digitCount < 15 else { throw bodyTooLarge() }
            size = size << 4 | digit
            digitCount += 1
        }
        guard digitCount > 0 else {
            throw ParseError(.malformedChunk, "A chunk size must be a hexadecimal number.")
        }
        try checkChunkExtension(line.extracting(digitCount..<line.count))
        guard size <= maximumBodyByteCount - chunkedByteCount else { throw bodyTooLarge() }
        chunkedByteCount += size
        if size == 0 {
            state = .trailers
            fields = HeaderFields()
            fieldByteCount = 0
        } else {
            state = .chunkData(remaining: size)
        }
    }

    /// Nothing, or well-formed extensions of bounded size (RFC 9112 §7.1.1).
    private mutating func checkChunkExtension(_ rest: Span<UInt8>) throws(ParseError) {
        guard !rest.isEmpty else { return }
        chunkExtensionByteCount += rest.count
        guard chunkExtensionByteCount <= limits.maximumChunkExtensionByteCount else {
            throw ParseError(.malformedChunk, "The chunk extensions are too large.")
        }
        guard isChunkExtension(rest) else {
            throw ParseError(.malformedChunk, "A chunk extension is malformed.")
        }
    }

    /// A trailer field, or the empty line that ends the body (RFC 9112 §7.1.2).
    ///
    /// Trailers are never merged into the header fields: they came after the decisions were made.
    mutating func processTrailerLine(_ line: Span<UInt8>) throws(ParseError) -> Event? {
        guard !line.isEmpty else {
            let trailers = fields
            fields = HeaderFields()
            return endRequest(trailers: trailers)
        }
        try appendField(line)
        return nil
    }
}
