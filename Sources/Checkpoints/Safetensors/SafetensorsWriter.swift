internal import JSON

/// Writes a safetensors file tensor by tensor, visible under its name only when it is complete.
///
/// Layout: the header is padded with spaces to a multiple of 8 bytes, so data starts 8-byte aligned.
/// Source: safetensors format, README of huggingface/safetensors.
package enum SafetensorsWriter {
    /// Begins a file.
    ///
    /// - Parameters:
    ///   - path: The file, which appears once it is complete.
    ///   - tensors: All of them, in the order in which their bytes will come.
    ///   - metadata: Texts of the header.
    /// - Returns: What takes the bytes: contiguous, row-major, little endian elements of the declared types.
    /// - Throws: ``CheckpointError`` of kind `duplicateName`, `limitExceeded`, `invalidShape` or `systemCall`.
    package static func begin(
        path: String,
        tensors: [TensorDescription],
        metadata: [String: String] = [:]
    ) throws(CheckpointError) -> TensorFileWriter {
        let header = try locatingErrors(in: path) { () throws(CheckpointError) in
            try encodeHeader(tensors, metadata: metadata)
        }
        return try TensorFileWriter(
            path: path,
            head: header,
            tensors: tensors.map {
                TensorFileWriter.Entry(
                    name: $0.name,
                    form: "\($0.elementType) \($0.shape)",
                    byteCount: $0.byteCount
                )
            }
        )
    }

    /// The length field and the padded JSON.
    private static func encodeHeader(
        _ tensors: [TensorDescription],
        metadata: [String: String]
    ) throws(CheckpointError) -> [UInt8] {
        var members: [(name: String, value: JSON)] = []
        var names: Set<String> = ["__metadata__"]
        var offset = 0
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }
                .map { (name: $0.key, value: JSON.string($0.value)) }
            members.append(("__metadata__", .object(pairs)))
        }
        for tensor in tensors {
            guard names.insert(tensor.name).inserted else {
                throw CheckpointError(
                    .duplicateName,
                    tensor: tensor.name,
                    "declared twice or reserved"
                )
            }
            let (end, overflow) = offset.addingReportingOverflow(tensor.byteCount)
            guard !overflow else {
                throw CheckpointError(
                    .invalidShape,
                    tensor: tensor.name,
                    "the file would have more bytes than can be counted"
                )
            }
            let description: JSON = [
                "dtype": .string(tensor.elementType.safetensorsName),
                "shape": .array(tensor.shape.map { .integer($0) }),
                "data_offsets": .array([.integer(offset), .integer(end)]),
            ]
            members.append((tensor.name, description))
            offset = end
        }
        var json = JSON.object(members).encoded
        while json.count % 8 != 0 { json.append(UInt8(ascii: " ")) }
        guard json.count <= CheckpointLimits.maximumHeaderByteCount else {
            throw CheckpointError(.limitExceeded, "a header of \(json.count) bytes")
        }
        let length = UInt64(json.count)
        return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * UInt64($0))) } + json
    }
}
