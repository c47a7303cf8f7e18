/// Where a request belongs in a trace that began elsewhere, as `traceparent` tells it.
///
/// Source: W3C, "Trace Context", level 1, §3.2.
package struct TraceContext: Hashable, Sendable {
    /// Names the trace: 32 lowercase hexadecimal digits, not all zero.
    package let trace: String
    /// Names the caller's span: 16 of them, not all zero.
    package let parent: String
    /// Whether the caller records its own part.
    package let isSampled: Bool

    /// The value of a field that says so, of version 00.
    package var text: String { "00-\(trace)-\(parent)-\(isSampled ? "01" : "00")" }

    /// Reads the value of a field; nil if it is not well-formed.
    ///
    /// Of a version that is not known yet, what version 00 has is read (§3.2.4).
    package init?(_ text: String) {
        let bytes = Array(text.utf8.prefix(Self.byteCount + 1))
        guard bytes.count >= Self.byteCount else { return nil }
        let dashes = [2, 35, 52]
        for (index, byte) in bytes.prefix(Self.byteCount).enumerated() {
            let isRight =
                dashes.contains(index)
                ? byte == UInt8(ascii: "-") : Self.isLowercaseHexadecimal(byte)
            guard isRight else { return nil }
        }
        func part(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
        let version = part(0..<2)
        guard version != "ff" else { return nil }
        if bytes.count > Self.byteCount {
            guard version != "00", bytes[Self.byteCount] == UInt8(ascii: "-") else { return nil }
        }
        trace = part(3..<35)
        parent = part(36..<52)
        isSampled = (UInt8(part(53..<55), radix: 16) ?? 0) & 1 == 1
        guard trace.contains(where: { $0 != "0" }), parent.contains(where: { $0 != "0" })
        else { return nil }
    }

    /// Bytes of version 00.
    private static let byteCount = 55

    private static func isLowercaseHexadecimal(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
