/// Where and how a GGUF file stores a tensor.
package struct GGUFTensor: Hashable, Sendable {
    /// Name and shape, outermost dimension first, as numbers that are read one by one.
    package let description: TensorDescription
    /// How the numbers are stored.
    package let type: GGUFTensorType
    /// The bytes, counted from the start of the file once it is known where tensors begin.
    package fileprivate(set) var range: Range<Int>

    /// Reads what a file says of a tensor; the range is counted from where tensors begin.
    ///
    /// Layout: name, number of dimensions (32 bits), dimensions (64 bits each) from the innermost on, type (32 bits), offset
    /// (64 bits). Source: GGUF specification, `gguf_tensor_info_t`.
    init(_ cursor: inout GGUFCursor, alignment: Int) throws(CheckpointError) {
        let start = cursor.offset
        let name = try cursor.string("the name of a tensor")
        do throws(CheckpointError) {
            let rank = try cursor.number(UInt32.self, "its number of dimensions")
            guard rank <= CheckpointLimits.maximumGGUFRank else {
                throw CheckpointError(
                    .invalidShape,
                    offset: start,
                    tensor: name,
                    "\(rank) dimensions, at most \(CheckpointLimits.maximumGGUFRank) are allowed"
                )
            }
            var shape: [Int] = []
            for _ in 0..<rank {
                let stored = try cursor.number(UInt64.self, "a dimension")
                guard let dimension = Int(exactly: stored) else {
                    throw CheckpointError(
                        .invalidShape,
                        offset: start,
                        tensor: name,
                        "a dimension of \(stored), larger than any whole number here"
                    )
                }
                shape.insert(dimension, at: 0)
            }
            let stored = try cursor.number(UInt32.self, "its type")
            guard let type = GGUFTensorType(rawValue: stored) else {
                let known = GGUFTensorType.allCases.map { "\($0) (\($0.rawValue))" }
                throw CheckpointError(
                    .unsupportedElementType,
                    offset: start,
                    tensor: name,
                    "type \(stored); \(known.joined(separator: ", ")) are read"
                )
            }
            let position = try cursor.number(UInt64.self, "its offset")
            let description = try TensorDescription(
                name: name,
                elementType: type.elementType,
                shape: shape
            )
            guard (shape.last ?? 1) % type.blockElementCount == 0 else {
                throw CheckpointError(
                    .sizeMismatch,
                    offset: start,
                    tensor: name,
                    "rows of \(shape.last ?? 1) are no whole number of \(type)'s blocks of \(type.blockElementCount)"
                )
            }
            let count = description.elementCount / type.blockElementCount * type.blockByteCount
            guard let first = Int(exactly: position), first % alignment == 0,
                first <= Int.max - count
            else {
                throw CheckpointError(
                    .invalidRange,
                    offset: start,
                    tensor: name,
                    "offset \(position) is no multiple of the alignment \(alignment), or too large"
                )
            }
            self.description = description
            self.type = type
            range = first..<first + count
        } catch {
            throw error.tensor == nil ? error.concerning(name) : error
        }
    }

    /// Moves the range to where tensors begin.
    ///
    /// - Throws: ``CheckpointError`` of kind `truncated` if it ends behind the file.
    mutating func begin(at start: Int, in byteCount: Int) throws(CheckpointError) {
        guard range.upperBound <= byteCount - start else {
            throw CheckpointError(
                .truncated,
                tensor: description.name,
                "bytes \(range) behind byte \(start) end behind the file, which has \(byteCount)"
            )
        }
        range = range.lowerBound + start..<range.upperBound + start
    }
}
