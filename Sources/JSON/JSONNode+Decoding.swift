extension JSONNode {
    /// Reads a value of a type from this value; members that the type does not know are passed over.
    ///
    /// Numbers are exact or refused: a whole number that the type cannot hold, a fraction where a whole number
    /// belongs, and a number beyond what a float can be are all told with their path.
    ///
    /// - Throws: ``JSONFault``, or what the type itself throws.
    package func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        do {
            return try NodeDecoder(node: self, codingPath: []).decode(type)
        } catch let error as DecodingError {
            throw JSONFault(error)
        }
    }
}

/// The key of an element of an array.
struct IndexKey: CodingKey {
    let intValue: Int?
    var stringValue: String { "[\(intValue ?? 0)]" }

    init(_ index: Int) { intValue = index }
    init?(intValue: Int) { self.init(intValue) }
    init?(stringValue: String) { nil }
}

/// Reads values of types that describe themselves from a node.
private struct NodeDecoder: Decoder {
    let node: JSONNode
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let object) = node else { throw mismatch("an object") }
        return KeyedDecodingContainer(KeyedNodes(object: object, codingPath: codingPath))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let elements) = node else { throw mismatch("an array") }
        return UnkeyedNodes(elements: elements, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    func mismatch(_ expected: String) -> JSONFault {
        JSONFault(
            path: JSONFault.path(codingPath),
            detail: "must be \(expected), not \(node.typeName)"
        )
    }
}

extension NodeDecoder: SingleValueDecodingContainer {
    func decodeNil() -> Bool { node.isNull }

    func decode(_ type: Bool.Type) throws -> Bool {
        guard case .bool(let value) = node else { throw mismatch("a boolean") }
        return value
    }

    func decode(_ type: String.Type) throws -> String {
        guard let text = node.text else { throw mismatch("a string") }
        return text
    }

    func decode(_ type: Double.Type) throws -> Double { try number("a number") { $0.double } }

    func decode(_ type: Float.Type) throws -> Float { try number("a number") { $0.float } }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        // The standard library asks for other widths through here only where it does not know them.
        if let type = type as? any FixedWidthInteger.Type, let value = try integer(type) as? Value {
            return value
        }
        do {
            return try Value(from: self)
        } catch DecodingError.dataCorrupted(let context)
            where context.codingPath.count == codingPath.count
        {
            guard let text = node.text else { throw DecodingError.dataCorrupted(context) }
            throw JSONFault(
                path: JSONFault.path(codingPath),
                detail: "has the value \(quoted(text)), which is not known"
            )
        }
    }

    func integer<Value: FixedWidthInteger>(_ type: Value.Type) throws -> Value {
        try number("a whole number", "from \(Value.min) to \(Value.max)") { $0.whole(as: type) }
    }

    private func number<Value>(
        _ expected: String,
        _ range: String = "",
        _ value: (JSONNumber) -> Value?
    ) throws -> Value {
        guard case .number(let number) = node else { throw mismatch(expected) }
        guard let value = value(number) else {
            throw JSONFault(
                path: JSONFault.path(codingPath),
                detail: "must be \(expected)\(range.isEmpty ? "" : " " + range), "
                    + "not \(number.text.prefix(64))"
            )
        }
        return value
    }
    func decode(_ type: Int.Type) throws -> Int { try integer(type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
    func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }
}

/// The members of an object.
private struct KeyedNodes<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let codingPath: [any CodingKey]
    let allKeys: [Key]
    private let nodes: [JSONKey: JSONNode]

    init(object: JSONObject, codingPath: [any CodingKey]) {
        self.codingPath = codingPath
        allKeys = object.members.compactMap { Key(stringValue: $0.name) }
        var nodes: [JSONKey: JSONNode] = [:]
        for member in object.members { nodes[JSONKey(member.name)] = member.value }
        self.nodes = nodes
    }

    func contains(_ key: Key) -> Bool { nodes[JSONKey(key.stringValue)] != nil }

    private func decoder(_ key: Key) throws -> NodeDecoder {
        guard let node = nodes[JSONKey(key.stringValue)] else {
            throw JSONFault(path: JSONFault.path(codingPath + [key]), detail: "is missing")
        }
        return NodeDecoder(node: node, codingPath: codingPath + [key])
    }

    func decodeNil(forKey key: Key) throws -> Bool { try decoder(key).decodeNil() }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try decoder(key).decode(type) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String {
        try decoder(key).decode(type)
    }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double {
        try decoder(key).decode(type)
    }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float {
        try decoder(key).decode(type)
    }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try decoder(key).decode(type)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type,
        forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try decoder(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try decoder(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { throw JSONFault(path: "", detail: "has no parent") }
    func superDecoder(forKey key: Key) throws -> any Decoder { try decoder(key) }
}

/// The elements of an array, one after the other.
private struct UnkeyedNodes: UnkeyedDecodingContainer {
    let elements: [JSONNode]
    let codingPath: [any CodingKey]
    private(set) var currentIndex = 0

    init(elements: [JSONNode], codingPath: [any CodingKey]) {
        self.elements = elements
        self.codingPath = codingPath
    }

    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex >= elements.count }

    private func current() throws -> NodeDecoder {
        let path = codingPath + [IndexKey(currentIndex)]
        guard !isAtEnd else { throw JSONFault(path: JSONFault.path(path), detail: "is missing") }
        return NodeDecoder(node: elements[currentIndex], codingPath: path)
    }

    private mutating func next() throws -> NodeDecoder {
        defer { currentIndex += 1 }
        return try current()
    }

    mutating func decodeNil() throws -> Bool {
        guard try current().decodeNil() else { return false }
        currentIndex += 1
        return true
    }
    mutating func decode(_ type: Bool.Type) throws -> Bool { try next().decode(type) }
    mutating func decode(_ type: String.Type) throws -> String { try next().decode(type) }
    mutating func decode(_ type: Double.Type) throws -> Double { try next().decode(type) }
    mutating func decode(_ type: Float.Type) throws -> Float { try next().decode(type) }
    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try next().decode(type)
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        try next().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try next().unkeyedContainer()
    }

    mutating func superDecoder() throws -> any Decoder { try next() }
}
