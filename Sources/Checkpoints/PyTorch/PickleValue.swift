/// A value of the pickle machine.
///
/// Containers live in the machine's arena and are referred to by index, so
/// values nest to any depth without recursion, and cycles neither leak nor loop.
enum PickleValue: Sendable {
    case none
    case boolean(Bool)
    case integer(Int)
    /// A float or an integer above 63 bits: read, of no interest.
    case otherNumber
    case string(String)
    case global(PickleGlobal)
    case object(Int)
}

/// An object in the arena of the pickle machine.
enum PickleObject: Sendable {
    case tuple([PickleValue])
    case list([PickleValue])
    case dictionary([(key: PickleValue, value: PickleValue)])
    case storage(StorageReference)
    case tensor(StridedTensor)
    /// A value whose content does not matter (torch.device).
    case opaque
}

/// The storage record a tensor lies in.
struct StorageReference: Sendable {
    /// The record is `<archive>/data/<key>`.
    let key: String
    let elementType: ElementType
    let elementCount: Int
}

/// A view of a storage.
///
/// Sizes, strides and offset count elements.
struct StridedTensor: Sendable {
    let storage: StorageReference
    let offset: Int
    let shape: [Int]
    let strides: [Int]
}

/// The names a checkpoint may refer to.
///
/// Nothing is imported or called: each stands for a fixed rule here.
enum PickleGlobal: Sendable, Equatable {
    case orderedDictionary
    case rebuildTensor
    case rebuildParameter
    case size
    case device
    case dataType
    case storage(ElementType)

    /// Finds the rule for a module and a name; nil if it is not on the list.
    init?(module: String, name: String) {
        switch (module, name) {
        case ("collections", "OrderedDict"): self = .orderedDictionary
        case ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensor
        case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
        case ("torch", "Size"): self = .size
        case ("torch", "device"): self = .device
        case ("torch", _) where Self.dataTypeNames.contains(name): self = .dataType
        case ("torch", _), ("torch.storage", _):
            guard let elementType = Self.storageTypes[name] else { return nil }
            self = .storage(elementType)
        default: return nil
        }
    }

    private static let dataTypeNames: Set<String> = [
        "bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32",
        "float64",
    ]

    private static let storageTypes: [String: ElementType] = [
        "BoolStorage": .bool, "ByteStorage": .uint8, "CharStorage": .int8, "ShortStorage": .int16,
        "IntStorage": .int32, "LongStorage": .int64, "HalfStorage": .float16,
        "BFloat16Storage": .bfloat16, "FloatStorage": .float32, "DoubleStorage": .float64,
    ]
}
