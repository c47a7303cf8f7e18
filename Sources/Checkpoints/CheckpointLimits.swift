/// Bounds on what a checkpoint file may ask of the reader.
package enum CheckpointLimits {
    /// Largest safetensors header, in bytes (the bound of the format's own implementation).
    package static let maximumHeaderByteCount = 100_000_000
    /// Largest index file of a sharded checkpoint, in bytes.
    package static let maximumIndexByteCount = 100_000_000
    /// Most shards of one checkpoint.
    package static let maximumShardCount = 1024
    /// Most values (of any kind) in one JSON header.
    package static let maximumJSONValueCount = 4_000_000
    /// Deepest nesting of a JSON header.
    package static let maximumJSONDepth = 16
    /// Most dimensions of a tensor.
    package static let maximumRank = 16
    /// Most values, those of arrays too, in the keys of a GGUF file.
    package static let maximumKeyValueCount = 4_000_000
    /// Most tensors of a GGUF file.
    package static let maximumTensorCount = 1 << 20
    /// Most dimensions of a tensor in a GGUF file (the format's own bound).
    package static let maximumGGUFRank = 4
    /// Largest alignment of tensors in a GGUF file, in bytes.
    package static let maximumAlignment = 1 << 16
    /// Largest pickle of a PyTorch file, in bytes.
    package static let maximumPickleByteCount = 64 << 20
    /// Most values on the stack of the pickle machine.
    package static let maximumPickleStackCount = 1 << 20
    /// Most objects and memo entries one pickle may make.
    package static let maximumPickleObjectCount = 4 << 20
    /// Most entries of a zip archive.
    package static let maximumArchiveEntryCount = 1 << 20
    /// Largest central directory of a zip archive, in bytes.
    package static let maximumCentralDirectoryByteCount = 256 << 20
    /// Most bytes a tensor may have when it repeats its storage (stride 0) and so is larger than it.
    package static let maximumExpandedByteCount = 64 << 20
}
