/// A JSON document to write; members keep their order.
package indirect enum JSON: Sendable {
    case null
    case bool(Bool)
    case integer(Int)
    case unsigned(UInt64)
    /// Shortest digits that read back as the same value; null if there are none.
    case float(Float)
    case double(Double)
    case string(String)
    /// A string `data:<media type>;base64,...`, encoded only while it is written.
    case dataURL(mediaType: String, [UInt8])
    /// A string of base64 alone, encoded only while it is written.
    case base64(ArraySlice<UInt8>)
    case array([JSON])
    case object([(name: String, value: JSON)])

    /// The document as UTF-8 without white space.
    package var encoded: [UInt8] {
        var output: [UInt8] = []
        append(to: &output)
        return output
    }

    /// Writes the document behind other bytes, in one line.
    package func write(to output: inout [UInt8]) { append(to: &output) }

    /// An object of the members that there are.
    package static func members(_ members: KeyValuePairs<String, JSON?>) -> JSON {
        .object(members.compactMap { name, value in value.map { (name, $0) } })
    }

    /// The document for people: a line per member, indented by two spaces, keys in the order of their bytes.
    package var prettyText: String {
        var output: [UInt8] = []
        append(to: &output, indentation: 0)
        return String(decoding: output, as: UTF8.self)
    }

    private func append(to output: inout [UInt8], indentation: Int) {
        func lines<Element>(
            _ opening: Unicode.Scalar,
            _ elements: [Element],
            _ closing: Unicode.Scalar,
            _ write: (Element, inout [UInt8]) -> Void
        ) {
            output.append(UInt8(ascii: opening))
            for (index, element) in elements.enumerated() {
                output += (index > 0 ? ",\n" : "\n").utf8
                output += [UInt8](repeating: 0x20, count: 2 * indentation + 2)
                write(element, &output)
            }
            if !elements.isEmpty {
                output += [0x0A] + [UInt8](repeating: 0x20, count: 2 * indentation)
            }
            output.append(UInt8(ascii: closing))
        }
        switch self {
        case .array(let elements):
            lines("[", elements, "]") { $0.append(to: &$1, indentation: indentation + 1) }
        case .object(let members):
            let sorted = members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
            lines("{", sorted, "}") { member, output in
                Self.append(member.name, to: &output)
                output += ": ".utf8
                member.value.append(to: &output, indentation: indentation + 1)
            }
        default: append(to: &output)
        }
    }

    private func append(to output: inout [UInt8]) {
        switch self {
        case .null: output += "null".utf8
        case .bool(let value): output += (value ? "true" : "false").utf8
        case .integer(let value): output += String(value).utf8
        case .unsigned(let value): output += String(value).utf8
        case .float(let value): Self.append(value, to: &output)
        case .double(let value): Self.append(value, to: &output)
        case .string(let text): Self.append(text, to: &output)
        case .dataURL(let mediaType, let bytes):
            output += "\"data:\(mediaType);base64,".utf8
            Base64.encode(bytes, to: &output)
            output.append(UInt8(ascii: "\""))
        case .base64(let bytes):
            output.append(UInt8(ascii: "\""))
            Base64.encode(bytes, to: &output)
            output.append(UInt8(ascii: "\""))
        case .array(let elements):
            output.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                element.append(to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let members):
            output.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                Self.append(member.name, to: &output)
                output.append(UInt8(ascii: ":"))
                member.value.append(to: &output)
            }
            output.append(UInt8(ascii: "}"))
        }
    }

    /// The shortest digits that read back as the same value.
    ///
    /// Beyond the whole numbers that are all values of the type, whole ones are written in full: the shortest digits
    /// are those of another whole number there, which is what a reader that keeps these exact would read.
    private static func append<Value: BinaryFloatingPoint & CustomStringConvertible>(
        _ value: Value,
        to output: inout [UInt8]
    ) {
        let bound = Value(UInt64(1) << UInt64(Value.significandBitCount))
        if !value.isFinite {
            output += "null".utf8
        } else if value.magnitude > bound, let whole = UInt64(exactly: value.magnitude) {
            output += "\(value < 0 ? "-" : "")\(whole).0".utf8
        } else {
            output += value.description.utf8
        }
    }

    /// A string with the escapes that RFC 8259 §7 demands.
    private static func append(_ text: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): output += "\\\"".utf8
            case UInt8(ascii: "\\"): output += "\\\\".utf8
            case 0x0A: output += "\\n".utf8
            case 0x0D: output += "\\r".utf8
            case 0x09: output += "\\t".utf8
            case 0..<0x20, 0x7F:
                let digits = String(byte, radix: 16)
                output += "\\u00\(byte < 16 ? "0" : "")\(digits)".utf8
            default: output.append(byte)
            }
        }
        output.append(UInt8(ascii: "\""))
    }
}

extension JSON: ExpressibleByDictionaryLiteral, ExpressibleByStringLiteral {
    package init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(elements.map { (name: $0.0, value: $0.1) })
    }

    package init(stringLiteral value: String) {
        self = .string(value)
    }
}

extension JSON {
    /// A parsed value, to be written again; numbers that are no whole ones become the nearest doubles, and these whole
    /// numbers where they are.
    package init(_ node: JSONNode) {
        switch node {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .number(let number):
            if let value = number.integer {
                self = .integer(value)
            } else if let value = number.unsigned {
                self = .unsigned(value)
            } else {
                let value = number.double ?? .nan
                self =
                    Int(exactly: value).map(JSON.integer)
                    ?? UInt64(exactly: value).map(JSON.unsigned) ?? .double(value)
            }
        case .string(let string): self = .string(string.text)
        case .array(let elements): self = .array(elements.map { JSON($0) })
        case .object(let object):
            self = .object(object.members.map { (name: $0.name, value: JSON($0.value)) })
        }
    }
}
