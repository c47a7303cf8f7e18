extension JSON {
    /// A value of a type that describes itself; numbers that JSON cannot say become null.
    ///
    /// - Throws: what the type itself throws.
    package init(encoding value: some Encodable) throws {
        let encoder = TreeEncoder(codingPath: [])
        self = try encoder.tree(of: value)
    }
}

/// Builds a document from what a type tells of itself; the first container that is asked for decides its kind.
private final class TreeEncoder: Encoder {
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    private var single: JSON?
    fileprivate var elements: [() -> JSON] = []
    fileprivate var members: [(name: String, value: () -> JSON)]?

    init(codingPath: [any CodingKey]) { self.codingPath = codingPath }

    /// What was told so far.
    var result: JSON {
        if let single { return single }
        if let members { return .object(members.map { (name: $0.name, value: $0.value()) }) }
        return .array(elements.map { $0() })
    }

    /// A value as a document of its own.
    func tree(of value: some Encodable) throws -> JSON {
        let encoder = TreeEncoder(codingPath: codingPath)
        try value.encode(to: encoder)
        return encoder.result
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        members = members ?? []
        return KeyedEncodingContainer(KeyedTree(encoder: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer { ElementTree(encoder: self) }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }
}

extension TreeEncoder: SingleValueEncodingContainer {
    func encodeNil() { single = .null }
    func encode(_ value: Bool) { single = .bool(value) }
    func encode(_ value: String) { single = .string(value) }
    func encode(_ value: Double) { single = .double(value) }
    func encode(_ value: Float) { single = .float(value) }
    func encode(_ value: Int) { single = .integer(value) }
    func encode(_ value: Int8) { single = .integer(Int(value)) }
    func encode(_ value: Int16) { single = .integer(Int(value)) }
    func encode(_ value: Int32) { single = .integer(Int(value)) }
    func encode(_ value: Int64) { single = .integer(Int(value)) }
    func encode(_ value: UInt) { single = .unsigned(UInt64(value)) }
    func encode(_ value: UInt8) { single = .integer(Int(value)) }
    func encode(_ value: UInt16) { single = .integer(Int(value)) }
    func encode(_ value: UInt32) { single = .integer(Int(value)) }
    func encode(_ value: UInt64) { single = .unsigned(value) }
    func encode(_ value: some Encodable) throws { single = try tree(of: value) }
}

/// The members that a type tells of.
private struct KeyedTree<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: TreeEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }

    private func add(_ key: Key, _ value: @escaping () -> JSON) {
        encoder.members?.append((name: key.stringValue, value: value))
    }

    private func nested(_ key: Key) -> TreeEncoder {
        let nested = TreeEncoder(codingPath: codingPath + [key])
        add(key) { nested.result }
        return nested
    }

    func encodeNil(forKey key: Key) { add(key) { .null } }

    func encode(_ value: some Encodable, forKey key: Key) throws {
        let tree = try encoder.tree(of: value)
        add(key) { tree }
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type,
        forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        nested(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        nested(key).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { encoder }
    func superEncoder(forKey key: Key) -> any Encoder { nested(key) }
}

/// The elements that a type tells of.
private struct ElementTree: UnkeyedEncodingContainer {
    let encoder: TreeEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }
    var count: Int { encoder.elements.count }

    private func nested() -> TreeEncoder {
        let nested = TreeEncoder(codingPath: codingPath + [IndexKey(count)])
        encoder.elements.append { nested.result }
        return nested
    }

    func encodeNil() { encoder.elements.append { .null } }

    func encode(_ value: some Encodable) throws {
        let tree = try encoder.tree(of: value)
        encoder.elements.append { tree }
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) -> KeyedEncodingContainer<Nested> {
        nested().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { nested().unkeyedContainer() }

    func superEncoder() -> any Encoder { nested() }
}
