internal import HTTPWire

/// What a client would like to have, by its Accept fields (RFC 9110 §12.5.1).
struct MediaPreferences {
    /// A range of media types and how much it is liked.
    private struct Range {
        let type: String
        let quality: Int
    }

    private let ranges: [Range]

    /// Reads the fields of a request; members that are none are passed over.
    init(_ fields: HeaderFields) {
        ranges = fields.values(of: "accept").flatMap { Self.split($0.utf8[...], at: ",") }
            .compactMap(Self.range)
    }

    /// Whether events are liked better than a document; without a preference it is the document.
    var prefersEventStream: Bool {
        quality(of: "text/event-stream") > quality(of: "application/json")
    }

    /// How much a type is liked, in thousandths: what its most specific range says.
    private func quality(of type: String) -> Int {
        let group = type.prefix { $0 != "/" } + "/*"
        for name in [type, String(group), "*/*"] {
            let found = ranges.filter { isSameName($0.type, name) }.map(\.quality)
            if let best = found.max() { return best }
        }
        return 0
    }

    /// `type/subtype *( ; name=value )`, one of which may be the weight `q`.
    private static func range(_ member: Substring.UTF8View) -> Range? {
        let parts = split(member, at: ";").map { trimmed($0) }
        guard let type = parts.first, type.utf8.contains(UInt8(ascii: "/")) else { return nil }
        var quality = 1000
        for parameter in parts.dropFirst() where isSameName(parameter.prefix(2), "q=") {
            guard let value = weight(parameter.utf8.dropFirst(2)) else { return nil }
            quality = value
        }
        return Range(type: type, quality: quality)
    }

    /// A weight in thousandths: 0 to 1 with at most three decimals (RFC 9110 §12.4.2).
    private static func weight(_ text: Substring.UTF8View.SubSequence) -> Int? {
        let digits = text.map { Int($0) - 48 }
        guard let whole = digits.first, whole == 0 || whole == 1, digits.count <= 5 else {
            return nil
        }
        if digits.count == 1 { return whole * 1000 }
        guard digits[1] == Int(UInt8(ascii: ".")) - 48 else { return nil }
        var fraction = 0
        for position in 2..<5 {
            let digit = position < digits.count ? digits[position] : 0
            guard (0...9).contains(digit) else { return nil }
            fraction = fraction * 10 + digit
        }
        let value = whole * 1000 + fraction
        return value <= 1000 ? value : nil
    }

    /// Cuts at a character outside of quoted strings (RFC 9110 §5.6.4).
    private static func split(
        _ text: Substring.UTF8View,
        at separator: Unicode.Scalar
    ) -> [Substring.UTF8View] {
        var parts: [Substring.UTF8View] = []
        var start = text.startIndex
        var isQuoted = false
        var isEscaped = false
        for index in text.indices {
            let byte = text[index]
            if isEscaped {
                isEscaped = false
            } else if isQuoted, byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            } else if byte == UInt8(ascii: separator), !isQuoted {
                parts.append(text[start..<index])
                start = text.index(after: index)
            }
        }
        return parts + [text[start...]]
    }

    private static func trimmed(_ text: Substring.UTF8View) -> String {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        let start = text.drop(while: isSpace)
        let end = start.lastIndex { !isSpace($0) }.map { start.index(after: $0) }
        return String(Substring(start[..<(end ?? start.startIndex)]))
    }
}
