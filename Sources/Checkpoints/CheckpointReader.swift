/// The tensors of a checkpoint, whatever its format and however many files it has.
///
/// Threads: every member may be called from any thread; readers do not change after opening.
package protocol CheckpointReader: Sendable {
    /// The file or directory, for messages.
    var path: String { get }
    /// Names in the order of the file (of the shards, one after the other).
    var tensorNames: [String] { get }
    /// Every tensor by its name.
    var tensors: [String: TensorDescription] { get }
    /// Free text the file carries about itself (`__metadata__` of safetensors).
    var metadata: [String: String] { get }

    /// Lends the bytes of a tensor: contiguous, row-major, little endian.
    ///
    /// The bytes are those of the mapped file unless the tensor is a strided view, which is gathered into
    /// a buffer for the time of the call. They carry no alignment promise: read with unaligned loads.
    ///
    /// - Throws: ``CheckpointError`` of kind `missingTensor`; whatever `body` throws.
    func withBytes<Result>(
        of name: String,
        _ body: (RawSpan) throws -> Result
    ) throws -> Result

    /// Tells the system that the pages of a tensor are not needed soon; nothing if there is none of that name.
    ///
    /// Reading again is always correct; it merely reads from the file anew.
    func releaseResidentPages(of name: String)

    /// Has the system begin to read a tensor, without waiting for it.
    ///
    /// - Returns: How many bytes that are; 0 if there is no tensor of that name.
    func prefetch(_ name: String) -> Int

    /// Whether there are checksums of every tensor to compare with.
    var hasChecksums: Bool { get }

    /// Reads everything and compares it with its checksums, if it has any: those that the format carries, or those in a
    /// file beside the weights (``TensorChecksums``).
    ///
    /// - Throws: ``CheckpointError`` of kind `checksumMismatch`.
    func verifyChecksums() throws(CheckpointError)
}

extension CheckpointReader {
    /// The description of one tensor.
    ///
    /// - Throws: ``CheckpointError`` of kind `missingTensor`.
    package func description(of name: String) throws(CheckpointError) -> TensorDescription {
        guard let description = tensors[name] else { throw missingTensor(name) }
        return description
    }

    /// The error for a name that is not there.
    func missingTensor(_ name: String) -> CheckpointError {
        CheckpointError(
            .missingTensor,
            path: path,
            tensor: name,
            "not among the \(tensors.count) tensors of the checkpoint"
        )
    }
}
