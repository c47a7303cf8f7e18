/// A value of a parsed document.
///
/// Strings and numbers stay slices of the document until they are asked for, so that a picture in
/// base64 is never copied as text.
package indirect enum JSONNode: Sendable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(JSONString)
    case array([JSONNode])
    case object(JSONObject)

    /// What kind of value it is, in the words of JSON Schema.
    package var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }

    /// Whether it is null.
    package var isNull: Bool { if case .null = self { true } else { false } }

    /// The text of a string; nil for other values.
    package var text: String? { if case .string(let string) = self { string.text } else { nil } }

    /// The whole number that it is exactly; nil for other values.
    package var integer: Int? { if case .number(let number) = self { number.integer } else { nil } }

    /// The finite number nearest to it; nil for other values.
    package var number: Double? {
        if case .number(let number) = self { number.double } else { nil }
    }

    /// The elements of an array; nil for other values.
    package var elements: [JSONNode]? { if case .array(let list) = self { list } else { nil } }

    /// A member of an object; nil for other values, and where there is none.
    package subscript(key: String) -> JSONNode? {
        if case .object(let object) = self { object[key] } else { nil }
    }
}

/// An object of a parsed document: members in the document's order, no key twice.
package struct JSONObject: Sendable {
    /// A key and its value.
    package struct Member: Sendable {
        package let name: String
        package let value: JSONNode
    }

    /// All members.
    package let members: [Member]

    /// The value of a key, found by its bytes.
    ///
    /// Cost: linear in the number of members.
    package subscript(key: String) -> JSONNode? {
        members.first { $0.name.hasSameBytes(as: key) }?.value
    }
}
