/// The parts of a request line (RFC 9112 §3).
struct RequestLine: Hashable, Sendable {
    let method: Method
    let target: String
    let version: ProtocolVersion
}

extension RequestParser {
    /// Refuses at the first byte what can never become a request, such as a TLS handshake.
    func checkFirstByte(_ byte: UInt8) throws(ParseError) {
        guard isTokenByte(byte) || byte == carriageReturn || byte == lineFeed else {
            throw ParseError(.malformedRequestLine, "A request must begin with a method.")
        }
    }

    /// `method SP request-target SP HTTP-version`, single spaces only.
    mutating func processRequestLine(_ line: Span<UInt8>) throws(ParseError) -> Event? {
        if line.isEmpty, !hasSkippedEmptyLine {
            hasSkippedEmptyLine = true
            return nil
        }
        guard let methodEnd = firstSpace(in: line, from: 0),
            let targetEnd = firstSpace(in: line, from: methodEnd + 1)
        else {
            throw ParseError(
                .malformedRequestLine,
                "A request line must have a method, a target and a version."
            )
        }
        let method = try parseMethod(line.extracting(0..<methodEnd))
        let target = try parseTarget(line.extracting(methodEnd + 1..<targetEnd), method)
        let version = try parseVersion(line.extracting(targetEnd + 1..<line.count))
        requestLine = RequestLine(method: method, target: target, version: version)
        fields = HeaderFields()
        state = .fields
        return nil
    }

    private func parseMethod(_ bytes: Span<UInt8>) throws(ParseError) -> Method {
        // RFC 9112 §3: a method longer than any the server implements is answered with 501.
        guard bytes.count <= limits.maximumMethodByteCount else {
            throw ParseError(.methodTooLong, "The method is too long.")
        }
        guard !bytes.isEmpty, allBytes(of: bytes, satisfy: isTokenByte) else {
            throw ParseError(.malformedRequestLine, "The method is not a token.")
        }
        return Method(rawValue: text(bytes))
    }

    private func parseTarget(
        _ bytes: Span<UInt8>,
        _ method: Method
    ) throws(ParseError) -> String {
        guard bytes.count <= limits.maximumTargetByteCount else {
            throw ParseError(
                .targetTooLong,
                "The request target is longer than \(limits.maximumTargetByteCount) bytes."
            )
        }
        guard !bytes.isEmpty, allBytes(of: bytes, satisfy: isTargetByte) else {
            throw ParseError(.malformedRequestLine, "The request target has bytes no URI has.")
        }
        let target = text(bytes)
        // RFC 9112 §3.2: origin form, absolute form, authority form (CONNECT), asterisk form (OPTIONS).
        let isKnownForm =
            bytes[0] == UInt8(ascii: "/") || method == .connect
            || (target == "*" && method == .options) || isAbsoluteForm(target)
        guard isKnownForm else {
            throw ParseError(.malformedRequestLine, "The request target has no known form.")
        }
        return target
    }

    /// `http://` or `https://` with a non-empty authority.
    private func isAbsoluteForm(_ target: String) -> Bool {
        for scheme in ["http://", "https://"] where target.utf8.count > scheme.utf8.count {
            guard isSameName(target.prefix(scheme.count), scheme) else { continue }
            let authority = target.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" }
            // RFC 9110 §4.2.1: a URI with an empty host is refused.
            return isAuthority(authority, allowsEmptyHost: false)
        }
        return false
    }

    private func parseVersion(_ bytes: Span<UInt8>) throws(ParseError) -> ProtocolVersion {
        let prefix: StaticString = "HTTP/"
        guard bytes.count == 8, text(bytes.extracting(0..<5)) == prefix.description,
            let major = decimalValue(bytes[5]), bytes[6] == UInt8(ascii: "."),
            let minor = decimalValue(bytes[7])
        else {
            throw ParseError(.malformedRequestLine, "The protocol version is malformed.")
        }
        guard major == 1 else {
            throw ParseError(.unsupportedVersion, "Only HTTP/1.0 and HTTP/1.1 are spoken here.")
        }
        return minor == 0 ? .http10 : .http11
    }

    // MARK: - Fields

    /// A header field, or the empty line that ends the head.
    mutating func processFieldLine(_ line: Span<UInt8>) throws(ParseError) -> Event? {
        guard !line.isEmpty else { return try endHead() }
        try appendField(line)
        return nil
    }

    func fieldSectionTooLarge() -> ParseError {
        ParseError(
            .fieldSectionTooLarge,
            "The header fields are larger than \(limits.maximumFieldByteCount) bytes."
        )
    }

    /// `field-name ":" OWS field-value OWS` (RFC 9112 §5).
    mutating func appendField(_ line: Span<UInt8>) throws(ParseError) {
        fieldByteCount += line.count + 2
        guard fieldByteCount <= limits.maximumFieldByteCount else {
            throw fieldSectionTooLarge()
        }
        guard fields.count < limits.maximumFieldCount else {
            throw ParseError(
                .tooManyFields,
                "There are more than \(limits.maximumFieldCount) header fields."
            )
        }
        // RFC 9112 §5.2: folded lines are refused with 400; §2.2: so is white space before the first.
        guard !isOptionalWhitespace(line[0]) else {
            throw ParseError(.obsoleteLineFolding, "A header line must not begin with white space.")
        }
        var nameEnd = 0
        while nameEnd < line.count, isTokenByte(line[nameEnd]) { nameEnd += 1 }
        // RFC 9112 §5.1: white space between name and colon is refused, like any byte no name has.
        guard nameEnd > 0, nameEnd < line.count, line[nameEnd] == UInt8(ascii: ":") else {
            throw ParseError(.malformedFieldName, "A header field must be a name and a colon.")
        }
        var start = nameEnd + 1
        var end = line.count
        while start < end, isOptionalWhitespace(line[start]) { start += 1 }
        while end > start, isOptionalWhitespace(line[end - 1]) { end -= 1 }
        let value = line.extracting(start..<end)
        // RFC 9110 §5.5: CR, LF and NUL in a value are dangerous; no control character is let through.
        guard allBytes(of: value, satisfy: isFieldValueByte) else {
            throw ParseError(.malformedFieldValue, "A header value has control characters.")
        }
        fields.append(text(line.extracting(0..<nameEnd)), text(value))
    }
}

// MARK: - Bytes

private func firstSpace(in line: Span<UInt8>, from start: Int) -> Int? {
    var index = start
    while index < line.count {
        if line[index] == UInt8(ascii: " ") { return index }
        index += 1
    }
    return nil
}

func allBytes(of bytes: Span<UInt8>, satisfy predicate: (UInt8) -> Bool) -> Bool {
    for index in bytes.indices where !predicate(bytes[index]) { return false }
    return true
}

/// The text of UTF-8 bytes; other bytes are read as ISO 8859-1, which has a character for each.
func text(_ bytes: Span<UInt8>) -> String {
    if let valid = try? UTF8Span(validating: bytes) {  // invalid bytes take the other road
        return String(copying: valid)
    }
    var scalars = String.UnicodeScalarView()
    for index in bytes.indices { scalars.append(Unicode.Scalar(bytes[index])) }
    return String(scalars)
}
