/// Writes a GGUF file tensor by tensor, visible under its name only when it is complete.
///
/// Layout: head, then every tensor at a multiple of 32 bytes, the last one filled up too.
/// Source: GGUF specification, version 3.
package enum GGUFWriter {
    /// A tensor that will come.
    package struct Tensor: Hashable, Sendable {
        /// Its name, at most 64 bytes of UTF-8.
        package let name: String
        /// How its numbers are stored.
        package let type: GGUFTensorType
        /// Dimensions, outermost first.
        package let shape: [Int]

        /// A tensor of a name, type and shape.
        package init(name: String, type: GGUFTensorType, shape: [Int]) {
            self.name = name
            self.type = type
            self.shape = shape
        }
    }

    /// Longest name of a tensor that ggml reads, in bytes.
    package static let maximumNameByteCount = 64

    /// Begins a file.
    ///
    /// - Parameters:
    ///   - path: The file, which appears once it is complete.
    ///   - keys: Keys and values, in the order in which they are written; whole numbers are stored as 64 signed bits, or as
    ///     32 bits where the format wants that, numbers as 64 bits.
    ///   - tensors: All of them, in the order in which their bytes will come.
    /// - Returns: What takes the bytes: contiguous, row-major, little endian, blocks as the type has them.
    /// - Throws: ``CheckpointError`` of kind `duplicateName`, `limitExceeded`, `invalidShape`, `sizeMismatch` or
    ///   `systemCall`.
    package static func begin(
        path: String,
        keys: [(name: String, value: GGUFValue)],
        tensors: [Tensor]
    ) throws(CheckpointError) -> TensorFileWriter {
        let (head, entries) = try locatingErrors(in: path) { () throws(CheckpointError) in
            try encodeHead(keys, tensors)
        }
        return try TensorFileWriter(
            path: path,
            head: head,
            tensors: entries,
            alignment: GGUFFile.defaultAlignment
        )
    }

    /// Bytes of the file that ``begin(path:keys:tensors:)`` begins, once it is complete.
    ///
    /// - Throws: as ``begin(path:keys:tensors:)``.
    package static func byteCount(
        keys: [(name: String, value: GGUFValue)],
        tensors: [Tensor]
    ) throws(CheckpointError) -> Int {
        let (head, entries) = try encodeHead(keys, tensors)
        return entries.reduce(head.count) { $0 + aligned($1.byteCount) }
    }

    private static func encodeHead(
        _ keys: [(name: String, value: GGUFValue)],
        _ tensors: [Tensor]
    ) throws(CheckpointError) -> (head: [UInt8], entries: [TensorFileWriter.Entry]) {
        var head = Array("GGUF".utf8)
        append(UInt32(3), to: &head)
        append(UInt64(tensors.count), to: &head)
        append(UInt64(keys.count), to: &head)
        var names: Set<String> = []
        for (name, value) in keys {
            guard names.insert(name).inserted else {
                throw CheckpointError(.duplicateName, "key `\(name)` is given twice")
            }
            append(name, to: &head)
            try append(value, of: name, to: &head)
        }
        names = []
        var offset = 0
        var entries: [TensorFileWriter.Entry] = []
        for tensor in tensors {
            guard names.insert(tensor.name).inserted else {
                throw CheckpointError(.duplicateName, tensor: tensor.name, "is declared twice")
            }
            let byteCount = try byteCount(of: tensor)
            append(tensor.name, to: &head)
            append(UInt32(tensor.shape.count), to: &head)
            for dimension in tensor.shape.reversed() { append(UInt64(dimension), to: &head) }
            append(tensor.type.rawValue, to: &head)
            append(UInt64(offset), to: &head)
            let (end, overflow) = offset.addingReportingOverflow(aligned(byteCount))
            guard !overflow else {
                throw CheckpointError(
                    .invalidShape,
                    tensor: tensor.name,
                    "the file would have more bytes than can be counted"
                )
            }
            offset = end
            entries.append(
                TensorFileWriter.Entry(
                    name: tensor.name,
                    form: "\(tensor.type) \(tensor.shape)",
                    byteCount: byteCount
                )
            )
        }
        head += [UInt8](repeating: 0, count: aligned(head.count) - head.count)
        guard head.count <= CheckpointLimits.maximumHeaderByteCount else {
            throw CheckpointError(.limitExceeded, "keys and descriptions of \(head.count) bytes")
        }
        return (head, entries)
    }

    private static func byteCount(of tensor: Tensor) throws(CheckpointError) -> Int {
        guard tensor.name.utf8.count <= maximumNameByteCount else {
            throw CheckpointError(
                .limitExceeded,
                tensor: tensor.name,
                "a name of \(tensor.name.utf8.count) bytes, at most \(maximumNameByteCount) are read"
            )
        }
        guard tensor.shape.count <= CheckpointLimits.maximumGGUFRank else {
            throw CheckpointError(
                .invalidShape,
                tensor: tensor.name,
                "\(tensor.shape.count) dimensions, at most \(CheckpointLimits.maximumGGUFRank) are allowed"
            )
        }
        let description = try TensorDescription(
            name: tensor.name,
            elementType: tensor.type.elementType,
            shape: tensor.shape
        )
        let type = tensor.type
        guard (tensor.shape.last ?? 1) % type.blockElementCount == 0 else {
            throw CheckpointError(
                .sizeMismatch,
                tensor: tensor.name,
                "rows of \(tensor.shape.last ?? 1) are no whole number of \(type)'s blocks of \(type.blockElementCount)"
            )
        }
        return description.elementCount / type.blockElementCount * type.blockByteCount
    }

    private static func aligned(_ count: Int) -> Int {
        let alignment = GGUFFile.defaultAlignment
        return (count + alignment - 1) / alignment * alignment
    }

    // MARK: Values

    private static func append<Number: FixedWidthInteger>(
        _ number: Number,
        to head: inout [UInt8]
    ) {
        for index in 0..<Number.bitWidth / 8 {
            head.append(UInt8(truncatingIfNeeded: number >> (8 * index)))
        }
    }

    private static func append(_ text: String, to head: inout [UInt8]) {
        append(UInt64(text.utf8.count), to: &head)
        head += Array(text.utf8)
    }

    private static func append(
        _ value: GGUFValue,
        of key: String,
        to head: inout [UInt8]
    ) throws(CheckpointError) {
        append(type(of: value, key).rawValue, to: &head)
        switch value {
        case .array(let elements):
            let type = elements.first.map { self.type(of: $0, key) } ?? .string
            append(type.rawValue, to: &head)
            append(UInt64(elements.count), to: &head)
            for element in elements {
                guard self.type(of: element, key) == type, type != .array else {
                    throw CheckpointError(.malformed, "key `\(key)` holds values of several types")
                }
                appendScalar(element, type, to: &head)
            }
        case .bytes(let bytes):
            append(GGUFValueType.uint8.rawValue, to: &head)
            append(UInt64(bytes.count), to: &head)
            head += bytes
        case .integer, .number, .bool, .string:
            appendScalar(value, type(of: value, key), to: &head)
        }
    }

    /// The type that a value is written as: ggml wants the alignment and the versions of a file in 32 bits.
    private static func type(of value: GGUFValue, _ key: String) -> GGUFValueType {
        switch value {
        case .integer(let integer):
            key.hasPrefix("general.") && UInt32(exactly: integer) != nil ? .uint32 : .int64
        case .number: .float64
        case .bool: .bool
        case .string: .string
        case .array, .bytes: .array
        }
    }

    private static func appendScalar(
        _ value: GGUFValue,
        _ type: GGUFValueType,
        to head: inout [UInt8]
    ) {
        switch value {
        case .integer(let integer):
            if type == .uint32 {
                append(UInt32(truncatingIfNeeded: integer), to: &head)
            } else {
                append(Int64(integer), to: &head)
            }
        case .number(let number): append(number.bitPattern, to: &head)
        case .bool(let flag): head.append(flag ? 1 : 0)
        case .string(let text): append(text, to: &head)
        case .array, .bytes: break
        }
    }
}
