internal import JSON

/// Takes the fields of an object one by one, checked; what nobody took is an unknown field.
///
/// A field that may be left out may also be null: generated clients send every field that they know.
struct ObjectReader {
    /// Path of the object, empty for the document itself.
    let path: String
    /// Whether it is a form, where numbers and truth values are texts.
    private let isForm: Bool
    private var remaining: [JSONKey: JSONNode] = [:]
    private var known: [String] = []

    /// Parses a request's document.
    ///
    /// - Parameters:
    ///   - body: The document.
    ///   - limits: Bounds of the document.
    ///   - pictureKeys: Keys whose strings may be as long as the document: those of pictures.
    ///   - isForm: Whether it is made of a form, where numbers and truth values are texts.
    /// - Throws: ``RequestError`` if it is no acceptable JSON, or no object.
    init(
        document body: [UInt8],
        _ limits: Limits,
        pictureKeys: Set<String> = ["image"],
        isForm: Bool = false
    ) throws(RequestError) {
        let node: JSONNode
        do throws(JSONError) {
            node = try JSONParser.parse(body, limits.json(pictureKeys: pictureKeys))
        } catch {
            throw RequestError(error)
        }
        try self.init(node, isForm: isForm)
    }

    /// - Throws: ``RequestError`` if the value is no object.
    init(_ node: JSONNode, path: String = "", isForm: Bool = false) throws(RequestError) {
        guard case .object(let object) = node else {
            throw RequestError(
                .invalid,
                field: path.isEmpty ? nil : path,
                "\(path.isEmpty ? "the body" : path) must be an object, not \(node.typeName)"
            )
        }
        self.path = path
        self.isForm = isForm
        for member in object.members { remaining[JSONKey(member.name)] = member.value }
    }

    /// The path of a field of this object.
    func field(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// A value that was not taken yet; nil for null.
    func value(of key: String) -> JSONNode? {
        remaining[JSONKey(key)].flatMap { $0.isNull ? nil : $0 }
    }

    /// Whether a field is there and not null, and was not taken yet.
    func has(_ key: String) -> Bool { value(of: key) != nil }

    /// Whether any field that was not taken yet says something.
    var saysSomething: Bool { remaining.values.contains { !$0.isNull } }

    /// Takes any value but null.
    mutating func take(_ key: String) -> JSONNode? {
        known.append(key)
        return remaining.removeValue(forKey: JSONKey(key)).flatMap { $0.isNull ? nil : $0 }
    }

    /// Takes a value that must be there.
    mutating func require(_ key: String) throws(RequestError) -> JSONNode {
        known.append(key)
        guard let node = remaining.removeValue(forKey: JSONKey(key)) else {
            throw RequestError(.missing, field: field(key), "\(field(key)) is missing")
        }
        return node
    }

    /// Takes an object; nil if there is none.
    mutating func object(_ key: String) throws(RequestError) -> ObjectReader? {
        guard let node = take(key) else { return nil }
        return try ObjectReader(node, path: field(key))
    }

    /// Takes a number or a truth value: in a form what its text says, read as exactly as a document's.
    ///
    /// - Parameters:
    ///   - key: Name of the field.
    ///   - expected: What it must be, for the message.
    /// - Returns: The value, which may be of another type where it is no form's.
    /// - Throws: ``RequestError`` if the text of a form says neither.
    private mutating func takeValue(
        _ key: String,
        _ expected: String
    ) throws(RequestError) -> JSONNode? {
        let node = take(key)
        guard isForm, let node, case .string(let string) = node else { return node }
        if let value = try? JSONParser.parse(Array(string.bytes)) {
            switch value {
            case .number, .bool: return value
            case .null, .string, .array, .object: break
            }
        }
        throw .invalid(field(key), "must be \(expected), not \(quoted(string.text))")
    }

    /// Takes a whole number in a range; `1.0` and `1e0` are one, as JSON Schema has it.
    mutating func integer<Value: FixedWidthInteger>(
        _ key: String,
        in range: ClosedRange<Value>
    ) throws(RequestError) -> Value? {
        guard let node = try takeValue(key, "an integer") else { return nil }
        return try node.integer(field(key), in: range)
    }

    /// Takes a number in a range.
    mutating func number(
        _ key: String,
        in range: ClosedRange<Double>
    ) throws(RequestError) -> Float? {
        guard let node = try takeValue(key, "a number") else { return nil }
        guard case .number(let number) = node else {
            throw .invalid(field(key), "must be a number, not \(node.typeName)")
        }
        guard let value = number.double, range.contains(value) else {
            throw .invalid(
                field(key),
                "must be between \(range.lowerBound) and \(range.upperBound), not \(number.shown)"
            )
        }
        return Float(value)
    }

    /// Takes a truth value.
    mutating func bool(_ key: String) throws(RequestError) -> Bool? {
        guard let node = try takeValue(key, "true or false") else { return nil }
        guard case .bool(let value) = node else {
            throw .invalid(field(key), "must be a boolean, not \(node.typeName)")
        }
        return value
    }

    /// Takes a text of bounded length.
    mutating func string(
        _ key: String,
        maximumByteCount: Int
    ) throws(RequestError) -> String? {
        guard let node = take(key) else { return nil }
        return try node.string(field(key), maximumByteCount: maximumByteCount)
    }

    /// Takes the `text` of a part.
    mutating func text(_ limits: Limits) throws(RequestError) -> String {
        try require("text").string(field("text"), maximumByteCount: limits.maximumTextByteCount)
    }

    /// Takes one of a few words.
    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String,
        as type: Choice.Type = Choice.self
    ) throws(RequestError) -> Choice? where Choice.RawValue == String {
        guard let text = try string(key, maximumByteCount: 1024) else { return nil }
        guard let choice = Choice.allCases.first(where: { $0.rawValue.hasSameBytes(as: text) })
        else {
            let known = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            throw .invalid(field(key), "must be one of \(known), not \(quoted(text))")
        }
        return choice
    }

    /// Refuses a field that says something, with the reason: what the dialect knows and this model or daemon cannot do.
    ///
    /// - Throws: ``RequestError`` of kind `unsupported`.
    mutating func refuse(_ key: String, _ reason: String) throws(RequestError) {
        guard let node = remaining.removeValue(forKey: JSONKey(key)), !node.isNull else { return }
        throw RequestError(.unsupported, field: field(key), "\(field(key)) \(reason)")
    }

    /// Ends the reading.
    ///
    /// - Throws: ``RequestError`` of kind `unknown` if a field was not taken.
    func finish() throws(RequestError) {
        guard let key = remaining.keys.map(\.text).min() else { return }
        let name = field(printable(key))
        throw RequestError(
            .unknown,
            field: name,
            "\(name) is not a field of \(path.isEmpty ? "the request" : path); "
                + "known are \(known.joined(separator: ", "))"
        )
    }
}

extension JSONNode {
    /// A whole number in a range.
    func integer<Value: FixedWidthInteger>(
        _ field: String,
        in range: ClosedRange<Value>
    ) throws(RequestError) -> Value {
        guard case .number(let number) = self else {
            throw .invalid(field, "must be an integer, not \(typeName)")
        }
        guard let value = number.whole(as: Value.self) else {
            let isWhole = number.double.map { $0 == $0.rounded() } ?? true
            throw .invalid(
                field,
                isWhole
                    ? "must be between \(range.lowerBound) and \(range.upperBound), not \(number.shown)"
                    : "must be an integer, not \(number.shown)"
            )
        }
        guard range.contains(value) else {
            throw .invalid(
                field,
                "must be between \(range.lowerBound) and \(range.upperBound), not \(number.shown)"
            )
        }
        return value
    }

    /// A text of bounded length.
    func string(_ field: String, maximumByteCount: Int) throws(RequestError) -> String {
        guard case .string(let string) = self else {
            throw .invalid(field, "must be a string, not \(typeName)")
        }
        // Before the text is made of its characters: it may be as long as the body.
        guard string.byteCount <= maximumByteCount else {
            throw .invalid(
                field,
                "has \(string.byteCount) bytes, at most \(maximumByteCount) are allowed"
            )
        }
        return string.text
    }

    /// The elements of a list of bounded length.
    func elements(_ field: String, in range: ClosedRange<Int>) throws(RequestError) -> [JSONNode] {
        guard case .array(let elements) = self else {
            throw .invalid(field, "must be an array, not \(typeName)")
        }
        guard range.contains(elements.count) else {
            throw .invalid(
                field,
                "must have \(range.lowerBound) to \(range.upperBound) elements, not \(elements.count)"
            )
        }
        return elements
    }
}

extension JSONNumber {
    /// The characters for a message, not too many.
    fileprivate var shown: String { text.count > 64 ? "\(text.prefix(64))..." : text }
}
