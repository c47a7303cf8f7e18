/// Takes the fields of an object one by one, checked; what nobody took is an unknown field.
struct ObjectReader {
    /// Path of the object, empty for the document itself.
    let path: String
    private var remaining: [String: JSONNode]
    private var known: [String] = []

    /// - Throws: ``RequestError`` if the value is no object.
    init(_ node: JSONNode, path: String = "") throws(RequestError) {
        guard case .object(let members) = node else {
            throw RequestError(
                .invalid,
                field: path.isEmpty ? nil : path,
                "\(path.isEmpty ? "the body" : path) must be an object, not \(node.typeName)"
            )
        }
        self.path = path
        remaining = members
    }

    /// The path of a field of this object.
    func field(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// Takes any value.
    mutating func take(_ key: String) -> JSONNode? {
        known.append(key)
        return remaining.removeValue(forKey: key)
    }

    /// Takes a value that must be there.
    mutating func require(_ key: String) throws(RequestError) -> JSONNode {
        guard let node = take(key) else {
            throw RequestError(.missing, field: field(key), "\(field(key)) is missing")
        }
        return node
    }

    /// Takes an object; nil if there is none.
    mutating func object(_ key: String) throws(RequestError) -> ObjectReader? {
        guard let node = take(key) else { return nil }
        return try ObjectReader(node, path: field(key))
    }

    /// Takes a whole number in a range; `1.0` is one, as JSON Schema has it.
    mutating func integer(
        _ key: String,
        in range: ClosedRange<Int>
    ) throws(RequestError) -> Int? {
        guard let node = take(key) else { return nil }
        return try node.integer(field(key), in: range)
    }

    /// Takes a number in a range.
    mutating func number(
        _ key: String,
        in range: ClosedRange<Double>
    ) throws(RequestError) -> Float? {
        guard let node = take(key) else { return nil }
        guard case .number(let digits) = node,
            let value = Double(String(decoding: digits, as: UTF8.self))
        else { throw .invalid(field(key), "must be a number, not \(node.typeName)") }
        guard range.contains(value) else {
            let written = String(decoding: digits, as: UTF8.self)
            throw .invalid(
                field(key),
                "must be between \(range.lowerBound) and \(range.upperBound), not \(written)"
            )
        }
        return Float(value)
    }

    /// Takes a truth value.
    mutating func bool(_ key: String) throws(RequestError) -> Bool? {
        guard let node = take(key) else { return nil }
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

    /// Takes one of a few words.
    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String,
        as type: Choice.Type = Choice.self
    ) throws(RequestError) -> Choice? where Choice.RawValue == String {
        guard let text = try string(key, maximumByteCount: 1024) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            let known = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            throw .invalid(field(key), "must be one of \(known), not \(quoted(text))")
        }
        return choice
    }

    /// Ends the reading.
    ///
    /// - Throws: ``RequestError`` of kind `unknown` if a field was not taken.
    func finish() throws(RequestError) {
        guard let key = remaining.keys.min() else { return }
        let name = quoted(key).dropFirst().dropLast()
        throw RequestError(
            .unknown,
            field: field(String(name)),
            "\(field(String(name))) is not a field of \(path.isEmpty ? "the request" : path); "
                + "known are \(known.joined(separator: ", "))"
        )
    }
}

extension JSONNode {
    /// A whole number in a range.
    func integer(_ field: String, in range: ClosedRange<Int>) throws(RequestError) -> Int {
        guard case .number(let digits) = self else {
            throw .invalid(field, "must be an integer, not \(typeName)")
        }
        let written = String(decoding: digits, as: UTF8.self)
        // Beyond 2^53 a Double would no longer say which whole number was meant.
        guard let value = Int(written) ?? Double(written).flatMap({ Int(exactly: $0) }) else {
            throw .invalid(field, "must be an integer, not \(written)")
        }
        guard range.contains(value) else {
            throw .invalid(
                field,
                "must be between \(range.lowerBound) and \(range.upperBound), not \(written)"
            )
        }
        return value
    }

    /// A text of bounded length.
    func string(_ field: String, maximumByteCount: Int) throws(RequestError) -> String {
        guard case .string(let string) = self else {
            throw .invalid(field, "must be a string, not \(typeName)")
        }
        guard let text = string.text else {
            throw .invalid(field, "is no valid UTF-8 text, or has a broken escape")
        }
        guard text.utf8.count <= maximumByteCount else {
            throw .invalid(
                field,
                "has \(text.utf8.count) bytes, at most \(maximumByteCount) are allowed"
            )
        }
        return text
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
