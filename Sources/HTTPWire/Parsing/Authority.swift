/// Whether a text is `uri-host [ ":" port ]` (RFC 9110 §7.2, RFC 3986 §3.2.2); user info has no place in it.
func isAuthority(_ text: some StringProtocol, allowsEmptyHost: Bool) -> Bool {
    let bytes = Array(text.utf8)
    var end = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
    if bytes.first == UInt8(ascii: "[") {
        guard let close = bytes.firstIndex(of: UInt8(ascii: "]")) else { return false }
        guard isAddressLiteral(bytes[1..<close]) else { return false }
        end = close + 1
    } else {
        guard isRegisteredName(bytes[..<end]) else { return false }
        guard end > 0 || allowsEmptyHost else { return false }
    }
    guard end < bytes.endIndex else { return true }
    return bytes[end] == UInt8(ascii: ":")
        && bytes[(end + 1)...].allSatisfy { decimalValue($0) != nil }
}

/// `reg-name = *( unreserved / pct-encoded / sub-delims )`; dotted numbers are names, too.
private func isRegisteredName(_ bytes: ArraySlice<UInt8>) -> Bool {
    var rest = bytes
    while let byte = rest.popFirst() {
        if byte == UInt8(ascii: "%") {
            guard rest.count >= 2, rest.prefix(2).allSatisfy({ hexadecimalValue($0) != nil }) else {
                return false
            }
            rest = rest.dropFirst(2)
        } else if !isUnreservedByte(byte), !isSubDelimiter(byte) {
            return false
        }
    }
    return true
}

/// What may stand between brackets: an IPv6 address, by its characters, or `"v" 1*HEXDIG "." ...` of a later version.
private func isAddressLiteral(_ bytes: ArraySlice<UInt8>) -> Bool {
    if let first = bytes.first, lowercasedASCII(first) == UInt8(ascii: "v") {
        let rest = bytes.dropFirst()
        let digits = rest.prefix { hexadecimalValue($0) != nil }
        let address = rest.dropFirst(digits.count)
        return !digits.isEmpty && address.first == UInt8(ascii: ".") && address.count > 1
            && address.dropFirst().allSatisfy {
                isUnreservedByte($0) || isSubDelimiter($0) || $0 == UInt8(ascii: ":")
            }
    }
    let colonCount = bytes.count { $0 == UInt8(ascii: ":") }
    return (2...8).contains(colonCount)
        && bytes.allSatisfy {
            hexadecimalValue($0) != nil || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
        }
}

private func isSubDelimiter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"),
        UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"),
        UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "="):
        true
    default:
        false
    }
}
