/// A strict, bounded JSON parser (RFC 8259) that also refuses duplicate member names.
///
/// Duplicates matter: two readers that resolve them differently see different weights in one file.
struct JSONParser {
    private let bytes: [UInt8]
    private var position = 0
    private var valueCount = 0

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Parses a whole text: one value with white space around it.
    ///
    /// - Throws: ``CheckpointError`` of kind `malformed`, `duplicateName` or `limitExceeded`, its offset
    ///   counted from the start of `bytes`.
    static func parse(_ bytes: [UInt8]) throws(CheckpointError) -> JSONValue {
        var parser = JSONParser(bytes)
        parser.skipWhiteSpace()
        let value = try parser.parseValue(depth: 0)
        parser.skipWhiteSpace()
        guard parser.position == bytes.count else {
            throw parser.malformed("unexpected text after the JSON value")
        }
        return value
    }

    private func malformed(_ detail: String) -> CheckpointError {
        CheckpointError(.malformed, offset: position, detail)
    }

    private var current: UInt8? {
        position < bytes.count ? bytes[position] : nil
    }

    private mutating func skipWhiteSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 {
            position += 1
        }
    }

    private mutating func take(_ byte: Unicode.Scalar) throws(CheckpointError) {
        guard current == UInt8(ascii: byte) else {
            throw malformed("expected `\(byte)` in JSON")
        }
        position += 1
    }

    // MARK: - Values

    private mutating func parseValue(depth: Int) throws(CheckpointError) -> JSONValue {
        valueCount += 1
        guard valueCount <= CheckpointLimits.maximumJSONValueCount else {
            throw CheckpointError(
                .limitExceeded,
                offset: position,
                "more than \(CheckpointLimits.maximumJSONValueCount) JSON values"
            )
        }
        guard depth <= CheckpointLimits.maximumJSONDepth else {
            throw CheckpointError(
                .limitExceeded,
                offset: position,
                "JSON nested deeper than \(CheckpointLimits.maximumJSONDepth)"
            )
        }
        switch current {
        case UInt8(ascii: "{"): return try parseObject(depth: depth)
        case UInt8(ascii: "["): return try parseArray(depth: depth)
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "t"): return try parseWord("true", .boolean(true))
        case UInt8(ascii: "f"): return try parseWord("false", .boolean(false))
        case UInt8(ascii: "n"): return try parseWord("null", .null)
        case .some(let byte) where byte == UInt8(ascii: "-") || isDigit(byte):
            return try parseNumber()
        case .some: throw malformed("unexpected character in JSON")
        case nil: throw malformed("JSON ends early")
        }
    }

    private mutating func parseWord(
        _ word: StaticString,
        _ value: JSONValue
    ) throws(CheckpointError) -> JSONValue {
        for scalar in "\(word)".unicodeScalars { try take(scalar) }
        return value
    }

    private mutating func parseObject(depth: Int) throws(CheckpointError) -> JSONValue {
        try take("{")
        var members: [JSONMember] = []
        var names: Set<String> = []
        skipWhiteSpace()
        if current == UInt8(ascii: "}") {
            position += 1
            return .object(members)
        }
        while true {
            skipWhiteSpace()
            let start = position
            let name = try parseString()
            // String equality is canonical equivalence, so this is if anything too strict.
            guard names.insert(name).inserted else {
                throw CheckpointError(
                    .duplicateName,
                    offset: start,
                    "the name `\(name)` appears twice in one object"
                )
            }
            skipWhiteSpace()
            try take(":")
            skipWhiteSpace()
            members.append(JSONMember(name: name, value: try parseValue(depth: depth + 1)))
            skipWhiteSpace()
            if current == UInt8(ascii: ",") {
                position += 1
                continue
            }
            try take("}")
            return .object(members)
        }
    }

    private mutating func parseArray(depth: Int) throws(CheckpointError) -> JSONValue {
        try take("[")
        var elements: [JSONValue] = []
        skipWhiteSpace()
        if current == UInt8(ascii: "]") {
            position += 1
            return .array(elements)
        }
        while true {
            skipWhiteSpace()
            elements.append(try parseValue(depth: depth + 1))
            skipWhiteSpace()
            if current == UInt8(ascii: ",") {
                position += 1
                continue
            }
            try take("]")
            return .array(elements)
        }
    }

    // MARK: - Numbers

    private func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    private mutating func skipDigits() throws(CheckpointError) {
        guard let first = current, isDigit(first) else { throw malformed("expected a digit") }
        while let byte = current, isDigit(byte) { position += 1 }
    }

    private mutating func parseNumber() throws(CheckpointError) -> JSONValue {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        // RFC 8259 §6: a leading zero stands alone.
        if current == UInt8(ascii: "0") {
            position += 1
            if let byte = current, isDigit(byte) { throw malformed("a number starts with 0") }
        } else {
            try skipDigits()
        }
        var isInteger = true
        if current == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            try skipDigits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            isInteger = false
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try skipDigits()
        }
        guard isInteger else { return .otherNumber }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        return Int(text).map(JSONValue.integer) ?? .otherNumber
    }

    // MARK: - Strings

    private mutating func parseString() throws(CheckpointError) -> String {
        try take("\"")
        let start = position
        var unescaped: [UInt8] = []
        var runStart = position
        while let byte = current, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw malformed("a control character in a string") }
            position += 1
            guard byte == UInt8(ascii: "\\") else { continue }
            unescaped += bytes[runStart..<position - 1]
            try parseEscape(into: &unescaped)
            runStart = position
        }
        let end = position
        try take("\"")
        unescaped += bytes[runStart..<end]
        guard let text = String(validating: unescaped, as: UTF8.self) else {
            throw CheckpointError(.malformed, offset: start, "a string is not valid UTF-8")
        }
        return text
    }

    private mutating func parseEscape(into text: inout [UInt8]) throws(CheckpointError) {
        guard let byte = current else { throw malformed("JSON ends early") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var code = try parseFourHexDigits()
            if code & 0xfc00 == 0xd800 {
                try take("\\")
                try take("u")
                let low = try parseFourHexDigits()
                guard low & 0xfc00 == 0xdc00 else { throw malformed("half a surrogate pair") }
                code = 0x10000 + (code & 0x3ff) << 10 + (low & 0x3ff)
            }
            guard let scalar = Unicode.Scalar(code) else {
                throw malformed("half a surrogate pair")
            }
            text += Array(String(Character(scalar)).utf8)
        default: throw malformed("unknown escape in a string")
        }
    }

    private mutating func parseFourHexDigits() throws(CheckpointError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current,
                let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80
            else { throw malformed("expected four hexadecimal digits") }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }
}
