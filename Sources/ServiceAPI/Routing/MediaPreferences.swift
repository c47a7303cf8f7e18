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
        ranges = HeaderParameters.list(fields.values(of: "accept")).compactMap(Self.range)
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
    private static func range(_ member: HeaderParameters) -> Range? {
        guard member.value.utf8.contains(UInt8(ascii: "/")) else { return nil }
        guard let text = member["q"] else { return Range(type: member.value, quality: 1000) }
        return weight(text).map { Range(type: member.value, quality: $0) }
    }

    /// A weight in thousandths: 0 to 1 with at most three decimals (RFC 9110 §12.4.2).
    private static func weight(_ text: String) -> Int? {
        let digits = text.utf8.map { Int($0) - 48 }
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
}
