/// Reads a pickle of tensors as data.
///
/// Interprets the opcodes that `torch.save` writes for state dictionaries, in protocols 2 to 5, and the few
/// names in ``PickleGlobal``. Nothing is imported, called or constructed beyond plain values; anything else is
/// refused by its name. Stack, memo and objects are bounded by ``CheckpointLimits``, and work is linear in the
/// length of the pickle.
/// Source: Python's `pickletools` (opcode meanings), PyTorch's `torch/serialization.py` (persistent ids).
struct PickleMachine {
    private var input: PickleInput
    private(set) var objects: [PickleObject] = []
    private var stack: [PickleValue] = []
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]

    private init(_ bytes: [UInt8]) {
        self.input = PickleInput(bytes)
    }

    /// The result of a pickle: its root and the objects it refers to.
    struct Outcome {
        let root: PickleValue
        let objects: [PickleObject]
    }

    /// Runs a pickle to its STOP.
    ///
    /// - Throws: ``CheckpointError`` of kind `forbidden`, `malformed`, `truncated` or `limitExceeded`; offsets
    ///   count from the start of the pickle.
    static func run(_ bytes: [UInt8]) throws(CheckpointError) -> Outcome {
        var machine = PickleMachine(bytes)
        while true {
            let start = machine.input.position
            let opcode = try machine.input.readByte()
            if opcode == UInt8(ascii: ".") { break }
            do {
                try machine.execute(opcode)
            } catch {
                throw CheckpointError(
                    error.kind,
                    offset: error.offset ?? start,
                    tensor: error.tensor,
                    error.detail
                )
            }
        }
        return Outcome(root: try machine.pop(), objects: machine.objects)
    }

    // MARK: - Opcodes

    private mutating func execute(_ opcode: UInt8) throws(CheckpointError) {
        switch opcode {
        case 0x80:  // PROTO
            let version = try input.readByte()
            guard (2...5).contains(version) else {
                throw CheckpointError(.malformed, "pickle protocol \(version), expected 2 to 5")
            }
        case 0x95: _ = try input.readCount(byteCount: 8)  // FRAME: only a hint for buffered readers
        case UInt8(ascii: "N"): try push(.none)
        case 0x88: try push(.boolean(true))
        case 0x89: try push(.boolean(false))
        case UInt8(ascii: "K"): try push(.integer(Int(try input.readByte())))
        case UInt8(ascii: "M"): try push(.integer(try input.readCount(byteCount: 2)))
        case UInt8(ascii: "J"):
            let bits = UInt32(truncatingIfNeeded: try input.readCount(byteCount: 4))
            try push(.integer(Int(Int32(bitPattern: bits))))
        case 0x8a:
            try push(try input.readLong().map(PickleValue.integer) ?? .otherNumber)
        case UInt8(ascii: "G"):
            try input.skip(8)
            try push(.otherNumber)
        case UInt8(ascii: "X"):
            try push(.string(try input.readText(try input.readCount(byteCount: 4))))
        case 0x8c: try push(.string(try input.readText(Int(try input.readByte()))))
        case 0x8d: try push(.string(try input.readText(try input.readCount(byteCount: 8))))
        case UInt8(ascii: "}"): try push(.object(try allocate(.dictionary([]))))
        case UInt8(ascii: "]"): try push(.object(try allocate(.list([]))))
        case UInt8(ascii: ")"): try push(.object(try allocate(.tuple([]))))
        case 0x85: try pushTuple(count: 1)
        case 0x86: try pushTuple(count: 2)
        case 0x87: try pushTuple(count: 3)
        case UInt8(ascii: "("): try pushMark()
        case UInt8(ascii: "t"): try push(.object(try allocate(.tuple(try popMark()))))
        case UInt8(ascii: "l"): try push(.object(try allocate(.list(try popMark()))))
        case UInt8(ascii: "d"):
            try push(.object(try allocate(.dictionary(try pairs(try popMark())))))
        case UInt8(ascii: "a"): try append([try pop()])
        case UInt8(ascii: "e"): try append(try popMark())
        case UInt8(ascii: "s"):
            let value = try pop()
            try setItems([try pop(), value])
        case UInt8(ascii: "u"): try setItems(try popMark())
        case UInt8(ascii: "0"): _ = try pop()
        case UInt8(ascii: "q"): try store(in: Int(try input.readByte()))
        case UInt8(ascii: "r"): try store(in: try input.readCount(byteCount: 4))
        case 0x94: try store(in: memo.count)
        case UInt8(ascii: "h"): try push(try recall(Int(try input.readByte())))
        case UInt8(ascii: "j"): try push(try recall(try input.readCount(byteCount: 4)))
        case UInt8(ascii: "c"):
            try pushGlobal(module: try input.readLine(), name: try input.readLine())
        case 0x93:
            guard case .string(let name) = try pop(), case .string(let module) = try pop() else {
                throw CheckpointError(.malformed, "STACK_GLOBAL without two strings")
            }
            try pushGlobal(module: module, name: name)
        case UInt8(ascii: "Q"): try pushPersistent()
        case UInt8(ascii: "R"): try reduce()
        case UInt8(ascii: "b"): try build()
        default:
            throw CheckpointError(
                .forbidden,
                "pickle opcode 0x\(String(opcode, radix: 16)) is not among those of a state dictionary"
            )
        }
    }

    private mutating func pushGlobal(module: String, name: String) throws(CheckpointError) {
        guard let global = PickleGlobal(module: module, name: name) else {
            throw CheckpointError(
                .forbidden,
                "the pickle refers to `\(module).\(name)`, which no state dictionary of tensors needs"
            )
        }
        try push(.global(global))
    }

    private mutating func build() throws(CheckpointError) {
        _ = try pop()
        // torch attaches `_metadata` (module versions) to an OrderedDict this way; it is dropped.
        guard case .object(let index)? = stack.last, case .dictionary = objects[index] else {
            throw CheckpointError(.forbidden, "BUILD on something that is not a dictionary")
        }
    }

    private mutating func reduce() throws(CheckpointError) {
        guard case .object(let index) = try pop(), case .tuple(let arguments) = objects[index],
            case .global(let global) = try pop()
        else { throw CheckpointError(.malformed, "REDUCE without a known name and a tuple") }
        switch global {
        case .orderedDictionary: try reduceOrderedDictionary(arguments)
        case .rebuildTensor: try push(.object(try allocate(.tensor(try makeTensor(arguments)))))
        case .rebuildParameter:
            guard arguments.count == 3, case .object(let index) = arguments[0],
                case .tensor = objects[index]
            else { throw CheckpointError(.malformed, "_rebuild_parameter without a tensor") }
            try push(arguments[0])
        case .size:
            guard arguments.count == 1, case .object(let index) = arguments[0],
                case .tuple = objects[index]
            else { throw CheckpointError(.malformed, "torch.Size without a tuple") }
            try push(arguments[0])
        case .device: try push(.object(try allocate(.opaque)))
        case .dataType, .storage:
            throw CheckpointError(.forbidden, "REDUCE of a type, which is not a function")
        }
    }

    private mutating func reduceOrderedDictionary(
        _ arguments: [PickleValue]
    ) throws(CheckpointError) {
        var members: [(key: PickleValue, value: PickleValue)] = []
        if let first = arguments.first {
            guard arguments.count == 1, case .object(let index) = first,
                case .list(let items) = objects[index]
            else { throw CheckpointError(.malformed, "OrderedDict of something other than a list") }
            for item in items {
                guard case .object(let index) = item, objects[index].elements?.count == 2,
                    let pair = objects[index].elements
                else { throw CheckpointError(.malformed, "OrderedDict of items that are no pairs") }
                members.append((pair[0], pair[1]))
            }
        }
        try push(.object(try allocate(.dictionary(members))))
    }
}

extension PickleObject {
    /// The elements of a tuple or list.
    var elements: [PickleValue]? {
        switch self {
        case .tuple(let elements), .list(let elements): elements
        default: nil
        }
    }
}

// MARK: - Tensors

extension PickleMachine {
    /// `('storage', type, key, location, count)`: a record of the archive (torch/serialization.py).
    private mutating func pushPersistent() throws(CheckpointError) {
        guard case .object(let index) = try pop(), case .tuple(let parts) = objects[index],
            parts.count == 5, case .string("storage") = parts[0],
            case .global(.storage(let elementType)) = parts[1], case .string(let key) = parts[2],
            case .string = parts[3], case .integer(let elementCount) = parts[4], elementCount >= 0
        else { throw CheckpointError(.malformed, "a persistent id that is not a tensor storage") }
        let reference = StorageReference(
            key: key,
            elementType: elementType,
            elementCount: elementCount
        )
        try push(.object(try allocate(.storage(reference))))
    }

    /// `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks[, metadata])`.
    private func makeTensor(_ arguments: [PickleValue]) throws(CheckpointError) -> StridedTensor {
        guard arguments.count == 6 || arguments.count == 7,
            case .object(let storageIndex) = arguments[0],
            case .storage(let storage) = objects[storageIndex],
            case .integer(let offset) = arguments[1], let shape = integers(arguments[2]),
            let strides = integers(arguments[3]), shape.count == strides.count
        else {
            throw CheckpointError(.malformed, "_rebuild_tensor_v2 with arguments of other types")
        }
        return StridedTensor(storage: storage, offset: offset, shape: shape, strides: strides)
    }

    private func integers(_ value: PickleValue) -> [Int]? {
        guard case .object(let index) = value, let elements = objects[index].elements,
            elements.count <= CheckpointLimits.maximumRank
        else { return nil }
        var integers: [Int] = []
        for element in elements {
            guard case .integer(let integer) = element else { return nil }
            integers.append(integer)
        }
        return integers
    }
}

// MARK: - Stack, memo and containers

extension PickleMachine {
    private mutating func push(_ value: PickleValue) throws(CheckpointError) {
        guard stack.count < CheckpointLimits.maximumPickleStackCount else {
            throw CheckpointError(
                .limitExceeded,
                "the pickle's stack grows above \(stack.count) values"
            )
        }
        stack.append(value)
    }

    private mutating func pop() throws(CheckpointError) -> PickleValue {
        // A mark guards what lies below it, as in Python's unpickler.
        guard stack.count > marks.last ?? 0, let value = stack.popLast() else {
            throw CheckpointError(.malformed, "the pickle takes from an empty stack")
        }
        return value
    }

    private mutating func pushMark() throws(CheckpointError) {
        guard marks.count < CheckpointLimits.maximumPickleStackCount else {
            throw CheckpointError(.limitExceeded, "the pickle nests more than \(marks.count) marks")
        }
        marks.append(stack.count)
    }

    private mutating func popMark() throws(CheckpointError) -> [PickleValue] {
        guard let mark = marks.popLast() else {
            throw CheckpointError(.malformed, "the pickle closes a mark it has not set")
        }
        let values = Array(stack[mark...])
        stack.removeSubrange(mark...)
        return values
    }

    private mutating func allocate(_ object: PickleObject) throws(CheckpointError) -> Int {
        guard objects.count < CheckpointLimits.maximumPickleObjectCount else {
            throw CheckpointError(
                .limitExceeded,
                "the pickle makes more than \(objects.count) objects"
            )
        }
        objects.append(object)
        return objects.count - 1
    }

    private mutating func pushTuple(count: Int) throws(CheckpointError) {
        var values: [PickleValue] = []
        for _ in 0..<count { values.append(try pop()) }
        try push(.object(try allocate(.tuple(values.reversed()))))
    }

    private mutating func store(in slot: Int) throws(CheckpointError) {
        guard let value = stack.last else {
            throw CheckpointError(.malformed, "the pickle stores from an empty stack")
        }
        guard memo.count < CheckpointLimits.maximumPickleObjectCount else {
            throw CheckpointError(
                .limitExceeded,
                "the pickle's memo grows above \(memo.count) entries"
            )
        }
        memo[slot] = value
    }

    private func recall(_ slot: Int) throws(CheckpointError) -> PickleValue {
        guard let value = memo[slot] else {
            throw CheckpointError(
                .malformed,
                "the pickle recalls memo entry \(slot), which is not set"
            )
        }
        return value
    }

    private func pairs(
        _ values: [PickleValue]
    ) throws(CheckpointError) -> [(key: PickleValue, value: PickleValue)] {
        guard values.count.isMultiple(of: 2) else {
            throw CheckpointError(.malformed, "a dictionary key without a value")
        }
        return stride(from: 0, to: values.count, by: 2).map { (values[$0], values[$0 + 1]) }
    }

    private mutating func append(_ values: [PickleValue]) throws(CheckpointError) {
        guard case .object(let index)? = stack.last, case .list(var list) = objects[index] else {
            throw CheckpointError(.malformed, "APPEND to something that is not a list")
        }
        // Taking the list out first keeps its buffer unique: appending stays linear.
        objects[index] = .opaque
        list += values
        objects[index] = .list(list)
    }

    private mutating func setItems(_ values: [PickleValue]) throws(CheckpointError) {
        let added = try pairs(values)
        guard case .object(let index)? = stack.last, case .dictionary(var members) = objects[index]
        else { throw CheckpointError(.malformed, "SETITEM on something that is not a dictionary") }
        objects[index] = .opaque
        members += added
        objects[index] = .dictionary(members)
    }
}
