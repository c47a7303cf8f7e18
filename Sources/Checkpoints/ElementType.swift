/// The type of one number in a stored tensor.
///
/// Raw values are the names of the safetensors format; all are little endian.
package enum ElementType: String, Sendable, Hashable, CaseIterable {
    case bool = "BOOL"
    case uint8 = "U8"
    case int8 = "I8"
    case uint16 = "U16"
    case int16 = "I16"
    case float16 = "F16"
    case bfloat16 = "BF16"
    case uint32 = "U32"
    case int32 = "I32"
    case float32 = "F32"
    case uint64 = "U64"
    case int64 = "I64"
    case float64 = "F64"

    /// Size of one element in bytes.
    package var byteCount: Int {
        switch self {
        case .bool, .uint8, .int8: 1
        case .uint16, .int16, .float16, .bfloat16: 2
        case .uint32, .int32, .float32: 4
        case .uint64, .int64, .float64: 8
        }
    }

    /// The name the safetensors format gives the type, for example `BF16`.
    package var safetensorsName: String { rawValue }
}

extension ElementType: CustomStringConvertible {
    package var description: String { rawValue }
}
