/// A value of a parsed document.
///
/// Strings and numbers stay slices of the document until they are asked for, so that a picture in
/// base64 is never copied as text.
indirect enum JSONNode: Sendable {
    case null
    case bool(Bool)
    /// The characters of the number, checked against the grammar.
    case number(ArraySlice<UInt8>)
    case string(JSONString)
    case array([JSONNode])
    case object([String: JSONNode])

    /// What kind of value it is, in the words of JSON Schema.
    var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// A string of a parsed document: the bytes between its quotes.
struct JSONString: Sendable {
    /// The bytes as they stand in the document.
    let raw: ArraySlice<UInt8>
    /// Whether there is a backslash among them.
    let hasEscapes: Bool

    /// The bytes that it stands for; nil if an escape is broken or a surrogate has no partner.
    ///
    /// Cost: none without escapes.
    var bytes: ArraySlice<UInt8>? {
        guard hasEscapes else { return raw }
        var output: [UInt8] = []
        output.reserveCapacity(raw.count)
        var rest = raw
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                output.append(byte)
                continue
            }
            guard let letter = rest.popFirst() else { return nil }
            switch letter {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): output.append(letter)
            case UInt8(ascii: "b"): output.append(0x08)
            case UInt8(ascii: "f"): output.append(0x0C)
            case UInt8(ascii: "n"): output.append(0x0A)
            case UInt8(ascii: "r"): output.append(0x0D)
            case UInt8(ascii: "t"): output.append(0x09)
            case UInt8(ascii: "u"):
                guard let scalar = Self.scalar(&rest) else { return nil }
                output += String(Character(scalar)).utf8
            default: return nil
            }
        }
        return output[...]
    }

    /// The text that it stands for; nil as for ``bytes``, or if it is no UTF-8.
    var text: String? {
        bytes.flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// A `\u` escape after its `u`, and the second half of a surrogate pair (RFC 8259 §7).
    private static func scalar(_ rest: inout ArraySlice<UInt8>) -> Unicode.Scalar? {
        guard let first = unit(&rest) else { return nil }
        guard (0xD800..<0xDC00).contains(first) else { return Unicode.Scalar(first) }
        guard rest.popFirst() == UInt8(ascii: "\\"), rest.popFirst() == UInt8(ascii: "u"),
            let second = unit(&rest), (0xDC00..<0xE000).contains(second)
        else { return nil }
        return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    }

    /// Four hexadecimal digits.
    private static func unit(_ rest: inout ArraySlice<UInt8>) -> UInt32? {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = rest.popFirst(),
                let digit = Character(Unicode.Scalar(byte)).hexDigitValue
            else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}
