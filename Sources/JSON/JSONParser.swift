/// Reads a JSON document strictly (RFC 8259), in one pass and within bounds.
///
/// Refused beyond the grammar: keys whose bytes appear twice in an object, since two readers that resolve them
/// differently see different documents; surrogates without a partner; bytes that are no UTF-8; a byte order
/// mark; and more depth, values or text than ``JSONLimits`` allow, as soon as there is more.
/// Cost: memory for values, not for the characters of strings.
package struct JSONParser {
    private let bytes: [UInt8]
    private let limits: JSONLimits
    private var position = 0
    private var valueCount = 0
    private var path: [Step] = []
    /// What a broken text is: one that is a key belongs to no path.
    private var textFault = JSONError.Kind.malformed

    /// A step from a value to one inside it.
    private enum Step {
        case key(String)
        case index(Int)
    }

    /// Parses a whole document.
    ///
    /// - Throws: ``JSONError``.
    package static func parse(
        _ bytes: [UInt8],
        _ limits: JSONLimits = JSONLimits()
    ) throws(JSONError) -> JSONNode {
        var parser = JSONParser(bytes: bytes, limits: limits)
        let root = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.position == bytes.count else { throw parser.unexpected("the end") }
        return root
    }

    private init(bytes: [UInt8], limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    // MARK: - Values

    private mutating func value(depth: Int) throws(JSONError) -> JSONNode {
        valueCount += 1
        guard valueCount <= limits.maximumValueCount else {
            throw fault(.limitExceeded, "more than \(limits.maximumValueCount) values")
        }
        skipSpace()
        switch peek {
        case UInt8(ascii: "{"): return .object(try object(depth: depth + 1))
        case UInt8(ascii: "["): return .array(try array(depth: depth + 1))
        case UInt8(ascii: "\""):
            textFault = .notText
            return .string(try string(maximumByteCount: maximumStringByteCount))
        case let byte? where byte == UInt8(ascii: "-") || isDigit(byte):
            return .number(try number())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: throw unexpected("a value")
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONObject {
        try descend(depth)
        var members: [JSONObject.Member] = []
        var keys: Set<JSONKey> = []
        if skip(UInt8(ascii: "}")) { return JSONObject(members: members) }
        repeat {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else { throw unexpected("a key in quotes") }
            let start = position
            textFault = .malformed
            let key = try string(maximumByteCount: limits.maximumKeyByteCount).text
            guard keys.insert(JSONKey(key)).inserted else {
                let shown = quoted(key)
                throw fault(.duplicateKey, "the key \(shown) appears twice", at: start)
            }
            guard skip(UInt8(ascii: ":")) else { throw unexpected("a colon") }
            path.append(.key(key))
            members.append(JSONObject.Member(name: key, value: try value(depth: depth)))
            path.removeLast()
        } while skip(UInt8(ascii: ","))
        guard skip(UInt8(ascii: "}")) else { throw unexpected("a comma or }") }
        return JSONObject(members: members)
    }

    private mutating func array(depth: Int) throws(JSONError) -> [JSONNode] {
        try descend(depth)
        var elements: [JSONNode] = []
        if skip(UInt8(ascii: "]")) { return elements }
        repeat {
            path.append(.index(elements.count))
            elements.append(try value(depth: depth))
            path.removeLast()
        } while skip(UInt8(ascii: ","))
        guard skip(UInt8(ascii: "]")) else { throw unexpected("a comma or ]") }
        return elements
    }

    private mutating func descend(_ depth: Int) throws(JSONError) {
        guard depth <= limits.maximumDepth else {
            throw fault(.limitExceeded, "nested deeper than \(limits.maximumDepth) levels")
        }
        position += 1
    }

    private mutating func number() throws(JSONError) -> JSONNumber {
        let start = position
        if peek == UInt8(ascii: "-") { position += 1 }
        let leading = peek
        let wholeCount = skipDigits()
        guard wholeCount > 0 else { throw unexpected("a digit") }
        // RFC 8259 §6: no leading zeros.
        guard leading != UInt8(ascii: "0") || wholeCount == 1 else {
            throw fault(.malformed, "a number that begins with 0", at: start)
        }
        if peek == UInt8(ascii: ".") {
            position += 1
            guard skipDigits() > 0 else { throw unexpected("a digit") }
        }
        if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
            position += 1
            if peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { position += 1 }
            guard skipDigits() > 0 else { throw unexpected("a digit") }
        }
        guard position - start <= limits.maximumNumberByteCount else {
            throw fault(
                .limitExceeded,
                "a number of more than \(limits.maximumNumberByteCount) characters",
                at: start
            )
        }
        return JSONNumber(raw: bytes[start..<position])
    }

    private mutating func word(
        _ text: StaticString,
        _ node: JSONNode
    ) throws(JSONError) -> JSONNode {
        let letters = Array(text.description.utf8)
        guard bytes[position...].starts(with: letters) else { throw unexpected("a value") }
        position += letters.count
        return node
    }

    // MARK: - Strings

    /// How long a string may be where the parser is.
    private var maximumStringByteCount: Int {
        for case .key(let key) in path.reversed() {
            return limits.keysOfLongStrings.contains(key) ? .max : limits.maximumStringByteCount
        }
        return limits.maximumStringByteCount
    }

    private mutating func string(maximumByteCount: Int) throws(JSONError) -> JSONString {
        let opening = position
        position += 1
        let start = position
        /// Characters that stand for nothing by themselves.
        var surplus = 0
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                let raw = bytes[start..<position]
                position += 1
                return JSONString(raw: raw, byteCount: raw.count - surplus)
            case UInt8(ascii: "\\"): surplus += try escape()
            case 0x20..<0x80: position += 1
            case 0x80...: try character()
            default: throw fault(.malformed, "a control character inside a string")
            }
            guard position - start - surplus <= maximumByteCount else {
                throw fault(
                    .stringTooLong(maximum: maximumByteCount),
                    "a text of more than \(maximumByteCount) bytes"
                )
            }
        }
        throw fault(.malformed, "a string without an end", at: opening)
    }

    /// Reads an escape over.
    ///
    /// - Returns: How much longer it is than what it stands for.
    private mutating func escape() throws(JSONError) -> Int {
        let start = position
        position += 2
        guard position <= bytes.count else { throw unexpected("a letter after \\") }
        switch bytes[start + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return 1
        case UInt8(ascii: "u"): break
        default: throw fault(textFault, "an unknown escape", at: start)
        }
        switch try unit() {
        case 0..<0x80: return 5
        case 0x80..<0x800: return 4
        case 0xD800..<0xDC00:
            guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
                bytes[position + 1] == UInt8(ascii: "u")
            else { throw fault(textFault, "half a surrogate pair", at: start) }
            position += 2
            guard (0xDC00..<0xE000).contains(try unit()) else {
                throw fault(textFault, "half a surrogate pair", at: start)
            }
            return 8
        case 0xDC00..<0xE000: throw fault(textFault, "half a surrogate pair", at: start)
        default: return 3
        }
    }

    /// Four hexadecimal digits.
    private mutating func unit() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek, let digit = hexadecimalValue(byte) else {
                throw fault(textFault, "expected four hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    /// Reads a character of several bytes over.
    ///
    /// Source: Unicode 16, table 3-7, "Well-Formed UTF-8 Byte Sequences".
    private mutating func character() throws(JSONError) {
        let (count, second): (Int, ClosedRange<UInt8>)
        switch bytes[position] {
        case 0xC2...0xDF: (count, second) = (2, 0x80...0xBF)
        case 0xE0: (count, second) = (3, 0xA0...0xBF)
        case 0xED: (count, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (count, second) = (3, 0x80...0xBF)
        case 0xF0: (count, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (count, second) = (4, 0x80...0xBF)
        case 0xF4: (count, second) = (4, 0x80...0x8F)
        default: throw fault(textFault, "a byte that is no UTF-8")
        }
        guard position + count <= bytes.count, second.contains(bytes[position + 1]),
            bytes[position + 2..<position + count].allSatisfy({ $0 & 0xC0 == 0x80 })
        else { throw fault(textFault, "bytes that are no UTF-8") }
        position += count
    }

    // MARK: - Characters

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            position += 1
        }
    }

    /// Skips white space and then one character, if it is this one.
    private mutating func skip(_ byte: UInt8) -> Bool {
        skipSpace()
        guard peek == byte else { return false }
        position += 1
        return true
    }

    private func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private mutating func skipDigits() -> Int {
        let start = position
        while let byte = peek, isDigit(byte) {
            position += 1
        }
        return position - start
    }

    // MARK: - Faults

    private func unexpected(_ wanted: String) -> JSONError {
        fault(
            .malformed,
            position < bytes.count
                ? "expected \(wanted)" : "expected \(wanted), but the document ends"
        )
    }

    private func fault(
        _ kind: JSONError.Kind,
        _ detail: String,
        at place: Int? = nil
    ) -> JSONError {
        let place = min(place ?? position, bytes.count)
        return JSONError(kind: kind, offset: place, path: pathText, detail: detail)
    }

    private var pathText: String {
        path.reduce(into: "") { text, step in
            switch step {
            case .key(let key):
                text += (text.isEmpty ? "" : ".") + printable(key)
            case .index(let index): text += "[\(index)]"
            }
        }
    }
}
