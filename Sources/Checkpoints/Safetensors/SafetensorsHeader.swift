internal import JSON

/// The validated header of a safetensors file: every tensor with its place among the data bytes.
///
/// Layout: u64 little endian header length · JSON object, padded with spaces · data. Offsets in the JSON count
/// from the first data byte.
/// Source: the safetensors format description (huggingface/safetensors, README "Format").
struct SafetensorsHeader {
    /// A tensor and its bytes, counted from the start of the data.
    struct Entry {
        let description: TensorDescription
        let range: Range<Int>
    }

    /// Tensors in order of their offsets.
    let entries: [Entry]
    /// The `__metadata__` object.
    let metadata: [String: String]

    /// Parses and validates the JSON of a header.
    ///
    /// - Parameters:
    ///   - json: The header, without its length.
    ///   - dataByteCount: Bytes behind the header, which the tensors must fill exactly.
    /// - Throws: ``CheckpointError``; offsets count from the start of the JSON.
    init(json: [UInt8], dataByteCount: Int) throws(CheckpointError) {
        guard json.first == UInt8(ascii: "{") else {
            throw CheckpointError(.malformed, offset: 0, "the header does not start with `{`")
        }
        guard case .object(let object) = try parseJSON(json) else {
            throw CheckpointError(.malformed, offset: 0, "the header is not a JSON object")
        }
        var entries: [Entry] = []
        var metadata: [String: String] = [:]
        entries.reserveCapacity(object.members.count)
        for member in object.members {
            if member.name == "__metadata__" {
                metadata = try Self.parseMetadata(member.value)
            } else {
                entries.append(
                    try Self.parseEntry(member.name, member.value, dataByteCount: dataByteCount)
                )
            }
        }
        // Equal starts happen only with empty tensors; the shorter one goes first.
        entries.sort {
            ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
        }
        try Self.checkTiling(entries, dataByteCount: dataByteCount)
        self.entries = entries
        self.metadata = metadata
    }

    /// Checks that the tensors follow each other without overlap or hole, to the end of the file.
    private static func checkTiling(
        _ entries: [Entry],
        dataByteCount: Int
    ) throws(CheckpointError) {
        var end = 0
        for entry in entries {
            guard entry.range.lowerBound == end else {
                let problem =
                    entry.range.lowerBound < end ? "overlaps the tensor before" : "leaves a hole"
                throw CheckpointError(
                    .invalidRange,
                    tensor: entry.description.name,
                    "data_offsets \(entry.range.lowerBound)..<\(entry.range.upperBound) \(problem): "
                        + "expected to start at \(end)"
                )
            }
            end = entry.range.upperBound
        }
        guard end == dataByteCount else {
            throw CheckpointError(
                .invalidRange,
                "the tensors end at data byte \(end), the file has \(dataByteCount)"
            )
        }
    }

    private static func parseMetadata(
        _ value: JSONNode
    ) throws(CheckpointError) -> [String: String] {
        guard case .object(let object) = value else {
            throw CheckpointError(
                .malformed,
                "__metadata__ is \(value.typeName), expected an object"
            )
        }
        var metadata: [String: String] = [:]
        for member in object.members {
            guard let text = member.value.text else {
                throw CheckpointError(
                    .malformed,
                    "__metadata__.\(member.name) is \(member.value.typeName), expected a string"
                )
            }
            metadata[member.name] = text
        }
        return metadata
    }

    private static func parseEntry(
        _ name: String,
        _ value: JSONNode,
        dataByteCount: Int
    ) throws(CheckpointError) -> Entry {
        guard case .object(let object) = value else {
            throw CheckpointError(
                .malformed,
                tensor: name,
                "described by \(value.typeName), expected an object"
            )
        }
        var elementType: ElementType?
        var shape: [Int]?
        var offsets: [Int]?
        for member in object.members {
            switch member.name {
            case "dtype": elementType = try parseElementType(member.value, tensor: name)
            case "shape": shape = try parseIntegers(member.value, field: "shape", tensor: name)
            case "data_offsets":
                offsets = try parseIntegers(member.value, field: "data_offsets", tensor: name)
            default:
                throw CheckpointError(.malformed, tensor: name, "unknown field `\(member.name)`")
            }
        }
        guard let elementType, let shape, let offsets, offsets.count == 2 else {
            throw CheckpointError(
                .malformed,
                tensor: name,
                "needs `dtype`, `shape` and two `data_offsets`"
            )
        }
        let (start, end) = (offsets[0], offsets[1])
        guard start <= end, end <= dataByteCount else {
            throw CheckpointError(
                .invalidRange,
                tensor: name,
                "data_offsets [\(start), \(end)] do not lie in the \(dataByteCount) data bytes of the file"
            )
        }
        let description = try TensorDescription(
            name: name,
            elementType: elementType,
            shape: shape
        )
        guard description.byteCount == end - start else {
            throw CheckpointError(
                .sizeMismatch,
                tensor: name,
                "\(elementType) \(shape) takes \(description.byteCount) bytes, data_offsets "
                    + "[\(start), \(end)] hold \(end - start)"
            )
        }
        return Entry(description: description, range: start..<end)
    }

    private static func parseElementType(
        _ value: JSONNode,
        tensor: String
    ) throws(CheckpointError) -> ElementType {
        guard let name = value.text else {
            throw CheckpointError(
                .malformed,
                tensor: tensor,
                "dtype is \(value.typeName), expected a string"
            )
        }
        guard let elementType = ElementType(rawValue: name) else {
            throw CheckpointError(
                .unsupportedElementType,
                tensor: tensor,
                "dtype `\(name)` is not supported"
            )
        }
        return elementType
    }

    private static func parseIntegers(
        _ value: JSONNode,
        field: String,
        tensor: String
    ) throws(CheckpointError) -> [Int] {
        guard case .array(let elements) = value else {
            throw CheckpointError(
                .malformed,
                tensor: tensor,
                "\(field) is \(value.typeName), expected an array"
            )
        }
        var integers: [Int] = []
        for element in elements {
            // The format's own reader takes no `1.0` for a whole number.
            guard case .number(let number) = element, let integer = Int(number.text), integer >= 0
            else {
                throw CheckpointError(
                    .malformed,
                    tensor: tensor,
                    "\(field) holds something other than whole numbers of at most 63 bits"
                )
            }
            integers.append(integer)
        }
        return integers
    }
}
