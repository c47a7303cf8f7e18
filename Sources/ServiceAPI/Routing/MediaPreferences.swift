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
        return member.weight.map { Range(type: member.value, quality: $0) }
    }
}
