/// Whether bytes are what may stand between a chunk's size and its line end.
///
/// `chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )` (RFC 9112 §7.1.1). Extensions mean
/// nothing here, but where two readers of one message disagree on what is one, a second request can hide.
func isChunkExtension(_ bytes: Span<UInt8>) -> Bool {
    var index = 0

    func skipWhitespace() {
        while index < bytes.count, isOptionalWhitespace(bytes[index]) { index += 1 }
    }
    func skip(_ byte: UInt8) -> Bool {
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        return true
    }
    func skipToken() -> Bool {
        let start = index
        while index < bytes.count, isTokenByte(bytes[index]) { index += 1 }
        return index > start
    }
    /// `DQUOTE *( qdtext / quoted-pair ) DQUOTE` (RFC 9110 §5.6.4), the first quote taken already.
    func skipQuotedString() -> Bool {
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if byte == UInt8(ascii: "\"") { return true }
            guard isFieldValueByte(byte) else { return false }
            guard byte == UInt8(ascii: "\\") else { continue }
            guard index < bytes.count, isFieldValueByte(bytes[index]) else { return false }
            index += 1
        }
        return false
    }

    while index < bytes.count {
        skipWhitespace()
        guard skip(UInt8(ascii: ";")) else { return false }
        skipWhitespace()
        guard skipToken() else { return false }
        let nameEnd = index
        skipWhitespace()
        guard skip(UInt8(ascii: "=")) else {
            // White space belongs to the next extension, if there is one.
            index = nameEnd
            continue
        }
        skipWhitespace()
        guard skip(UInt8(ascii: "\"")) ? skipQuotedString() : skipToken() else { return false }
    }
    return true
}
