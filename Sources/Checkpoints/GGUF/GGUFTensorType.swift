/// How a GGUF file stores the numbers of a tensor: one by one, or in blocks of 32 with a scale each.
///
/// Raw values are those of the format; types that are not named here are not read.
/// Source: GGUF specification, `ggml_type`; ggml's block layouts `block_q4_0` and `block_q8_0`.
package enum GGUFTensorType: UInt32, CaseIterable, Hashable, Sendable {
    case float32 = 0
    case float16 = 1
    /// A scale in half precision, and 32 numbers of four bits that stand for -8 to 7: the first sixteen in the low halves.
    case q4x0 = 2
    /// A scale in half precision, and 32 signed bytes.
    case q8x0 = 8
    case int8 = 24
    case int16 = 25
    case int32 = 26
    case int64 = 27
    case float64 = 28
    case bfloat16 = 30

    /// Numbers of a block; rows are whole blocks.
    package var blockElementCount: Int {
        switch self {
        case .q4x0, .q8x0: 32
        case .float32, .float16, .int8, .int16, .int32, .int64, .float64, .bfloat16: 1
        }
    }

    /// Bytes of a block.
    package var blockByteCount: Int {
        switch self {
        case .q4x0: 18
        case .q8x0: 34
        case .int8: 1
        case .float16, .int16, .bfloat16: 2
        case .float32, .int32: 4
        case .float64, .int64: 8
        }
    }

    /// The type of numbers that are stored one by one, or that blocks are read as.
    package var elementType: ElementType {
        switch self {
        case .float32, .q4x0, .q8x0: .float32
        case .float16: .float16
        case .bfloat16: .bfloat16
        case .float64: .float64
        case .int8: .int8
        case .int16: .int16
        case .int32: .int32
        case .int64: .int64
        }
    }
}

extension GGUFTensorType: CustomStringConvertible {
    /// The format's name of the type, for example `Q8_0`.
    package var description: String {
        switch self {
        case .q4x0: "Q4_0"
        case .q8x0: "Q8_0"
        default: elementType.description
        }
    }
}
