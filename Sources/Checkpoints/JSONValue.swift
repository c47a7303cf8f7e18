/// A JSON value as far as checkpoint headers need it: members in order, whole numbers exact.
enum JSONValue: Sendable, Equatable {
    case object([JSONMember])
    case array([JSONValue])
    case string(String)
    case integer(Int)
    /// A number with fraction, exponent or too many digits; its value is of no interest here.
    case otherNumber
    case boolean(Bool)
    case null

    /// What to call the value in a message.
    var kindName: String {
        switch self {
        case .object: "an object"
        case .array: "an array"
        case .string: "a string"
        case .integer, .otherNumber: "a number"
        case .boolean: "a boolean"
        case .null: "null"
        }
    }
}

/// One member of a JSON object.
struct JSONMember: Sendable, Equatable {
    let name: String
    let value: JSONValue
}
