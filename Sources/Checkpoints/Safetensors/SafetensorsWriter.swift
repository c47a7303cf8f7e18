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
        var members: [String] = []
        var names: Set<String> = ["__metadata__"]
        var offset = 0
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }
                .map { "\(quoted($0.key)):\(quoted($0.value))" }
            members.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
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
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            members.append(
                "\(quoted(tensor.name)):{\"dtype\":\"\(tensor.elementType.safetensorsName)\","
                    + "\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}"
            )
            offset = end
        }
        var json = Array("{\(members.joined(separator: ","))}".utf8)
        while json.count % 8 != 0 { json.append(UInt8(ascii: " ")) }
        guard json.count <= CheckpointLimits.maximumHeaderByteCount else {
            throw CheckpointError(.limitExceeded, "a header of \(json.count) bytes")
        }
        let length = UInt64(json.count)
        return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * UInt64($0))) } + json
    }

    /// A JSON string literal (RFC 8259 §7).
    private static func quoted(_ text: String) -> String {
        var literal = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": literal += "\\\""
            case "\\": literal += "\\\\"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                literal += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: literal.unicodeScalars.append(scalar)
            }
        }
        return literal + "\""
    }
}
