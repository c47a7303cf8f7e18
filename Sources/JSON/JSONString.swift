/// A string of a parsed document: the bytes between its quotes, whose escapes and UTF-8 have been checked.
package struct JSONString: Sendable {
    /// The bytes as they stand in the document.
    package let raw: ArraySlice<UInt8>
    /// How many bytes it stands for.
    package let byteCount: Int

    /// Whether there is a backslash among the bytes: every escape is longer than what it stands for.
    private var hasEscapes: Bool { byteCount != raw.count }

    /// The bytes that it stands for, UTF-8.
    ///
    /// Cost: none without escapes.
    package var bytes: ArraySlice<UInt8> {
        guard hasEscapes else { return raw }
        var output: [UInt8] = []
        output.reserveCapacity(byteCount)
        var index = raw.startIndex
        while index < raw.endIndex {
            let byte = raw[index]
            guard byte == UInt8(ascii: "\\") else {
                output.append(byte)
                index += 1
                continue
            }
            let letter = raw[index + 1]
            index += 2
            switch letter {
            case UInt8(ascii: "b"): output.append(0x08)
            case UInt8(ascii: "f"): output.append(0x0C)
            case UInt8(ascii: "n"): output.append(0x0A)
            case UInt8(ascii: "r"): output.append(0x0D)
            case UInt8(ascii: "t"): output.append(0x09)
            case UInt8(ascii: "u"):
                var value = unit(at: index)
                index += 4
                // RFC 8259 §7: beyond the basic plane, two escapes are one character.
                if value & 0xFC00 == 0xD800 {
                    value = 0x10000 + (value & 0x3FF) << 10 + unit(at: index + 2) & 0x3FF
                    index += 6
                }
                Self.append(value, to: &output)
            default: output.append(letter)
            }
        }
        return output[...]
    }

    /// The text that it stands for.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Four hexadecimal digits.
    private func unit(at index: Int) -> UInt32 {
        raw[index..<index + 4].reduce(0) { $0 << 4 | UInt32(hexadecimalValue($1) ?? 0) }
    }

    private static func append(_ scalar: UInt32, to output: inout [UInt8]) {
        func tail(_ shift: UInt32) -> UInt8 { 0x80 | UInt8(scalar >> shift & 0x3F) }
        switch scalar {
        case 0..<0x80: output.append(UInt8(scalar))
        case 0x80..<0x800: output += [0xC0 | UInt8(scalar >> 6), tail(0)]
        case 0x800..<0x10000: output += [0xE0 | UInt8(scalar >> 12), tail(6), tail(0)]
        default: output += [0xF0 | UInt8(scalar >> 18 & 7), tail(12), tail(6), tail(0)]
        }
    }
}

/// The value of a hexadecimal digit; nil for other characters.
func hexadecimalValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}
