/// Reads a JSON document strictly, within bounds.
///
/// Refused beyond the grammar (RFC 8259): keys that appear twice in an object, more depth or values than
/// ``Limits`` allow. Strings are checked for their ends and for control characters here, for escapes and
/// UTF-8 where they are asked for.
/// Cost: one pass; memory for values, not for the characters of strings.
struct JSONParser {
    private let bytes: [UInt8]
    private let limits: Limits
    private var position = 0
    private var valueCount = 0

    /// Parses a whole document.
    ///
    /// - Throws: ``RequestError`` of kind `malformed` that says where.
    static func parse(_ bytes: [UInt8], _ limits: Limits) throws(RequestError) -> JSONNode {
        var parser = JSONParser(bytes: bytes, limits: limits)
        let root = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.position == bytes.count else { throw parser.unexpected("the end") }
        return root
    }

    private init(bytes: [UInt8], limits: Limits) {
        self.bytes = bytes
        self.limits = limits
    }

    // MARK: - Values

    private mutating func value(depth: Int) throws(RequestError) -> JSONNode {
        valueCount += 1
        guard valueCount <= limits.maximumJSONValueCount else {
            throw fault("more than \(limits.maximumJSONValueCount) values")
        }
        skipSpace()
        switch peek {
        case UInt8(ascii: "{"): return try object(depth: depth + 1)
        case UInt8(ascii: "["): return try array(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(try string())
        case let byte? where byte == UInt8(ascii: "-") || isDigit(byte): return try number()
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: throw unexpected("a value")
        }
    }

    private mutating func object(depth: Int) throws(RequestError) -> JSONNode {
        try descend(depth)
        var members: [String: JSONNode] = [:]
        if skip(UInt8(ascii: "}")) { return .object(members) }
        repeat {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else { throw unexpected("a key in quotes") }
            let start = position
            guard let key = try string().text else {
                throw fault("a key that is no valid text", at: start)
            }
            guard skip(UInt8(ascii: ":")) else { throw unexpected("a colon") }
            let value = try value(depth: depth)
            guard members.updateValue(value, forKey: key) == nil else {
                throw fault("the key \(quoted(key)) appears twice", at: start)
            }
        } while skip(UInt8(ascii: ","))
        guard skip(UInt8(ascii: "}")) else { throw unexpected("a comma or }") }
        return .object(members)
    }

    private mutating func array(depth: Int) throws(RequestError) -> JSONNode {
        try descend(depth)
        var elements: [JSONNode] = []
        if skip(UInt8(ascii: "]")) { return .array(elements) }
        repeat {
            elements.append(try value(depth: depth))
        } while skip(UInt8(ascii: ","))
        guard skip(UInt8(ascii: "]")) else { throw unexpected("a comma or ]") }
        return .array(elements)
    }

    private mutating func descend(_ depth: Int) throws(RequestError) {
        guard depth <= limits.maximumJSONDepth else {
            throw fault("nested deeper than \(limits.maximumJSONDepth) levels")
        }
        position += 1
    }

    private mutating func string() throws(RequestError) -> JSONString {
        let opening = position
        position += 1
        let start = position
        var hasEscapes = false
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                defer { position += 1 }
                return JSONString(raw: bytes[start..<position], hasEscapes: hasEscapes)
            }
            guard byte >= 0x20 else { throw fault("a control character inside a string") }
            if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                position += 1
            }
            position += 1
        }
        throw fault("a string without an end", at: opening)
    }

    private mutating func number() throws(RequestError) -> JSONNode {
        let start = position
        if peek == UInt8(ascii: "-") { position += 1 }
        let leading = peek
        guard skipDigits() > 0 else { throw unexpected("a digit") }
        // RFC 8259 §6: no leading zeros.
        if leading == UInt8(ascii: "0"), position - start > (bytes[start] == leading ? 1 : 2) {
            throw fault("a number that begins with 0", at: start)
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
        guard position - start <= Self.maximumNumberByteCount else {
            throw fault(
                "a number of more than \(Self.maximumNumberByteCount) characters",
                at: start
            )
        }
        return .number(bytes[start..<position])
    }

    /// Far more digits than any number in use has.
    private static let maximumNumberByteCount = 64

    private mutating func word(
        _ text: StaticString,
        _ node: JSONNode
    ) throws(RequestError) -> JSONNode {
        let letters = Array(text.description.utf8)
        guard bytes[position...].starts(with: letters) else { throw unexpected("a value") }
        position += letters.count
        return node
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

    private func unexpected(_ wanted: String) -> RequestError {
        fault(
            position < bytes.count ? "expected \(wanted)" : "expected \(wanted), but the body ends"
        )
    }

    private func fault(_ detail: String, at place: Int? = nil) -> RequestError {
        RequestError(
            .malformed,
            "the body is no acceptable JSON: \(detail) at byte \(place ?? position)"
        )
    }
}
