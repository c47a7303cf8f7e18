/// Whether a text is `uri-host [ ":" port ]` (RFC 9110 §7.2, RFC 3986 §3.2.2); user info has no place in it.
///
/// - Parameters:
///   - text: The text.
///   - allowsEmptyHost: Whether the host may be missing.
/// - Returns: Whether it is.
package func isAuthority(_ text: some StringProtocol, allowsEmptyHost: Bool) -> Bool {
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

/// What may stand between brackets: an IPv6 address, or `"v" 1*HEXDIG "." ...` of a later version.
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
    return isIPv6Address(bytes)
}

/// `IPv6address` (RFC 3986 §3.2.2): eight groups, fewer where `::` stands for zeros, the last two perhaps dotted.
private func isIPv6Address(_ bytes: ArraySlice<UInt8>) -> Bool {
    let colon = UInt8(ascii: ":")
    var parts = bytes.split(separator: colon, omittingEmptySubsequences: false)
    // An empty part at either end is one half of `::`.
    var gapCount = 0
    if parts.count >= 3, parts[0].isEmpty, parts[1].isEmpty { parts.removeFirst() }
    if parts.count >= 2, let last = parts.last, last.isEmpty, parts[parts.count - 2].isEmpty {
        parts.removeLast()
    }
    var groupCount = 0
    for (index, part) in parts.enumerated() {
        if part.isEmpty {
            gapCount += 1
        } else if part.contains(UInt8(ascii: ".")) {
            guard index == parts.count - 1, isIPv4Address(part) else { return false }
            groupCount += 2
        } else {
            guard part.count <= 4, part.allSatisfy({ hexadecimalValue($0) != nil }) else {
                return false
            }
            groupCount += 1
        }
    }
    return gapCount == 0 ? groupCount == 8 : gapCount == 1 && groupCount <= 7
}

/// `IPv4address`: four numbers from 0 to 255 without leading zeros.
private func isIPv4Address(_ bytes: ArraySlice<UInt8>) -> Bool {
    let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return parts.count == 4
        && parts.allSatisfy { part in
            guard (1...3).contains(part.count) else { return false }
            var number = 0
            for byte in part {
                guard let digit = decimalValue(byte) else { return false }
                number = number * 10 + Int(digit)
            }
            return number <= 255 && (part.count == 1 || part.first != UInt8(ascii: "0"))
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
