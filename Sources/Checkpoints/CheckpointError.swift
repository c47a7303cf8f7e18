/// What is wrong with a checkpoint, with the place and the values concerned.
package struct CheckpointError: Error, Sendable, Equatable {
    /// The class of a failure.
    package enum Kind: String, Sendable {
        /// The system refused to open, read, map or write.
        case systemCall
        /// Not a regular file, or a directory without a checkpoint.
        case notACheckpoint
        /// A format that is recognised but not read here.
        case unsupportedFormat
        /// The file ends before what it promises.
        case truncated
        /// The file asks for more than the limits allow.
        case limitExceeded
        /// The header, index, archive or pickle breaks its format.
        case malformed
        /// Two tensors, keys or archive entries share a name.
        case duplicateName
        /// Byte ranges overlap, leave holes or lie outside the file.
        case invalidRange
        /// A shape that is negative or overflows.
        case invalidShape
        /// Shape and element type do not match the number of bytes.
        case sizeMismatch
        /// An element type that is not supported.
        case unsupportedElementType
        /// A pickle that asks for more than data: an unknown class, function or opcode.
        case forbidden
        /// The stored checksum differs from that of the bytes.
        case checksumMismatch
        /// No tensor of that name.
        case missingTensor
        /// The disk has not enough room for what is to be written.
        case noRoom
        /// The writer was used out of order.
        case wrongOrder
    }

    /// The class of the failure.
    package let kind: Kind
    /// The file, empty while it is not known yet.
    package private(set) var path: String
    /// Byte offset in the file (or in its pickle), where known.
    package let offset: Int?
    /// The tensor concerned, where there is one.
    package private(set) var tensor: String?
    /// The operand values in words, with a remedy where there is a usual one.
    package let detail: String

    package init(
        _ kind: Kind,
        path: String = "",
        offset: Int? = nil,
        tensor: String? = nil,
        _ detail: String
    ) {
        self.kind = kind
        self.path = path
        self.offset = offset
        self.tensor = tensor
        self.detail = detail
    }

    /// Two tensors whose names differ in their bytes, but not as Unicode has them.
    static func equalNames(_ name: String) -> CheckpointError {
        CheckpointError(
            .duplicateName,
            tensor: name,
            "another tensor has the same name in another Unicode form"
        )
    }

    /// The same error with its tensor named.
    func concerning(_ tensor: String) -> CheckpointError {
        var copy = self
        copy.tensor = tensor
        return copy
    }

    /// The same error with the path filled in where it was empty.
    func located(in path: String) -> CheckpointError {
        guard self.path.isEmpty else { return self }
        var copy = self
        copy.path = path
        return copy
    }
}

extension CheckpointError: CustomStringConvertible {
    package var description: String {
        var parts: [String] = []
        if !path.isEmpty { parts.append(path) }
        if let offset { parts.append("at byte \(offset)") }
        if let tensor { parts.append("tensor `\(tensor)`") }
        parts.append(detail)
        return parts.joined(separator: ": ")
    }
}

/// Runs `body`, filling in `path` in an error that lacks it.
func locatingErrors<Result>(
    in path: String,
    _ body: () throws(CheckpointError) -> Result
) throws(CheckpointError) -> Result {
    do {
        return try body()
    } catch {
        throw error.located(in: path)
    }
}
