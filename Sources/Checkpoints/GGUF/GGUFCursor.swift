/// Reads the head of a GGUF file from its first byte on: little-endian numbers, strings and values, each checked
/// against the end of the file before anything is taken for it.
struct GGUFCursor: ~Copyable {
    private let file: MappedFile
    /// Where the next value begins.
    private(set) var offset: Int
    private var valueCount = 0

    init(_ file: MappedFile, from offset: Int) {
        self.file = file
        self.offset = offset
    }

    /// The bytes that come next.
    private mutating func take(_ count: Int, _ what: String) throws(CheckpointError) -> Range<Int> {
        guard count <= min(file.byteCount, CheckpointLimits.maximumHeaderByteCount) - offset else {
            guard count <= file.byteCount - offset else {
                throw CheckpointError(
                    .truncated,
                    offset: offset,
                    "\(what) takes \(count) bytes, \(file.byteCount - offset) are left"
                )
            }
            throw CheckpointError(
                .limitExceeded,
                offset: offset,
                "the keys and descriptions take more than "
                    + "\(CheckpointLimits.maximumHeaderByteCount) bytes"
            )
        }
        defer { offset += count }
        return offset..<offset + count
    }

    /// A number of so many bits.
    mutating func number<Number: FixedWidthInteger & BitwiseCopyable>(
        _ type: Number.Type,
        _ what: String
    ) throws(CheckpointError) -> Number {
        let range = try take(Number.bitWidth / 8, what)
        return file.withBytes(in: range) { bytes in
            Number(littleEndian: unsafe bytes.unsafeLoadUnaligned(as: Number.self))
        }
    }

    /// A count of 64 bits, at most as large as there is room for.
    ///
    /// - Parameters:
    ///   - what: What is counted, for messages.
    ///   - smallest: Bytes that each takes at least.
    /// - Returns: The count.
    /// - Throws: ``CheckpointError`` of kind `truncated`.
    mutating func count(of what: String, atLeast smallest: Int) throws(CheckpointError) -> Int {
        let start = offset
        let stored = try number(UInt64.self, "the number of \(what)")
        let room = UInt64((file.byteCount - offset) / smallest)
        guard stored <= room else {
            throw CheckpointError(
                .truncated,
                offset: start,
                "\(stored) \(what), there is room for \(room) at most"
            )
        }
        return Int(stored)
    }

    /// A string: its length in 64 bits, then UTF-8.
    mutating func string(_ what: String) throws(CheckpointError) -> String {
        let length = try count(of: "bytes of \(what)", atLeast: 1)
        let start = offset
        let bytes = file.copyBytes(in: try take(length, what))
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CheckpointError(.malformed, offset: start, "\(what) is no UTF-8")
        }
        return text
    }

    /// A value: its type, then what the type says.
    mutating func value(of key: String) throws(CheckpointError) -> GGUFValue {
        let type = try valueType(of: key)
        guard type == .array else { return try scalar(type, key) }
        let element = try valueType(of: key)
        guard element != .array else {
            throw CheckpointError(
                .unsupportedFormat,
                offset: offset,
                "key `\(key)` holds arrays of arrays"
            )
        }
        let smallest =
            switch element {
            case .uint8, .int8, .bool, .array: 1
            case .uint16, .int16: 2
            case .uint32, .int32, .float32: 4
            case .string, .uint64, .int64, .float64: 8
            }
        let count = try count(of: "elements of key `\(key)`", atLeast: smallest)
        if element == .uint8 || element == .int8 {
            return .bytes(file.copyBytes(in: try take(count, "key `\(key)`")))
        }
        try reserve(count, key)
        var elements: [GGUFValue] = []
        elements.reserveCapacity(count)
        for _ in 0..<count { elements.append(try scalar(element, key)) }
        return .array(elements)
    }

    private mutating func valueType(of key: String) throws(CheckpointError) -> GGUFValueType {
        let start = offset
        let stored = try number(UInt32.self, "the type of key `\(key)`")
        guard let type = GGUFValueType(rawValue: stored) else {
            throw CheckpointError(
                .malformed,
                offset: start,
                "key `\(key)` has type \(stored), the format knows 0 to 12"
            )
        }
        return type
    }

    private mutating func scalar(
        _ type: GGUFValueType,
        _ key: String
    ) throws(CheckpointError) -> GGUFValue {
        let what = "key `\(key)`"
        switch type {
        case .uint8: return .integer(Int(try number(UInt8.self, what)))
        case .int8: return .integer(Int(Int8(bitPattern: try number(UInt8.self, what))))
        case .uint16: return .integer(Int(try number(UInt16.self, what)))
        case .int16: return .integer(Int(Int16(bitPattern: try number(UInt16.self, what))))
        case .uint32: return .integer(Int(try number(UInt32.self, what)))
        case .int32: return .integer(Int(Int32(bitPattern: try number(UInt32.self, what))))
        case .int64: return .integer(Int(Int64(bitPattern: try number(UInt64.self, what))))
        case .uint64:
            let start = offset
            let stored = try number(UInt64.self, what)
            guard let value = Int(exactly: stored) else {
                throw CheckpointError(
                    .limitExceeded,
                    offset: start,
                    "\(what) is \(stored), larger than any whole number here"
                )
            }
            return .integer(value)
        case .float32:
            return .number(Double(Float(bitPattern: try number(UInt32.self, what))))
        case .float64: return .number(Double(bitPattern: try number(UInt64.self, what)))
        case .bool:
            let start = offset
            let stored = try number(UInt8.self, what)
            guard stored <= 1 else {
                throw CheckpointError(.malformed, offset: start, "\(what) is \(stored), not 0 or 1")
            }
            return .bool(stored == 1)
        case .string: return .string(try string(what))
        case .array:
            throw CheckpointError(.malformed, offset: offset, "\(what) is an array of arrays")
        }
    }

    /// Counts values before memory is taken for them.
    mutating func reserve(_ count: Int, _ key: String) throws(CheckpointError) {
        valueCount += count
        guard valueCount <= CheckpointLimits.maximumKeyValueCount else {
            throw CheckpointError(
                .limitExceeded,
                offset: offset,
                "with key `\(key)` the keys hold more than "
                    + "\(CheckpointLimits.maximumKeyValueCount) values"
            )
        }
    }
}
