/// The value of a key of a GGUF file.
///
/// Source: GGUF specification, `gguf_metadata_value_type`; integers of all widths are one case, and so are both floats.
package enum GGUFValue: Hashable, Sendable {
    case integer(Int)
    case number(Double)
    case bool(Bool)
    case string(String)
    case array([GGUFValue])
    /// An array of bytes, signed or not, as they are stored.
    case bytes([UInt8])

    /// What the value is, for messages.
    package var kind: String {
        switch self {
        case .integer: "an integer"
        case .number: "a number"
        case .bool: "true or false"
        case .string: "a string"
        case .array: "an array"
        case .bytes: "an array of bytes"
        }
    }
}

/// The format's numbers for the types of values.
enum GGUFValueType: UInt32 {
    case uint8 = 0
    case int8 = 1
    case uint16 = 2
    case int16 = 3
    case uint32 = 4
    case int32 = 5
    case float32 = 6
    case bool = 7
    case string = 8
    case array = 9
    case uint64 = 10
    case int64 = 11
    case float64 = 12
}
