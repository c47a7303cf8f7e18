internal import Files
import Glibc

/// Names under which model directories keep their weights, the preferred first.
private let conventionalNames = [
    "model.safetensors.index.json", "model.safetensors",
    "diffusion_pytorch_model.safetensors.index.json", "diffusion_pytorch_model.safetensors",
    "pytorch_model.bin.index.json", "pytorch_model.bin",
    "diffusion_pytorch_model.bin.index.json", "diffusion_pytorch_model.bin",
]

/// Opens a checkpoint: a safetensors, PyTorch or GGUF file, the index of a sharded one, or a directory with one of them.
///
/// Files are recognised by their content, not by their name (an index by its `.json`). Directories are searched for
/// the usual names, safetensors before PyTorch.
///
/// - Throws: ``CheckpointError``.
package func openCheckpoint(at path: String) throws(CheckpointError) -> any CheckpointReader {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else {
        throw CheckpointError(.systemCall, path: path, "cannot be read: \(FileError.reason(errno))")
    }
    if status.st_mode & S_IFMT == S_IFDIR {
        let directory = path.hasSuffix("/") ? path : path + "/"
        for name in conventionalNames where unsafe access(directory + name, F_OK) == 0 {
            return try openCheckpoint(at: directory + name)
        }
        throw CheckpointError(
            .notACheckpoint,
            path: path,
            "the directory has none of \(conventionalNames.joined(separator: ", "))"
        )
    }
    guard path.hasSuffix(".json") else { return try openCheckpointFile(at: path) }
    return try ShardedCheckpoint(indexPath: path)
}

/// Opens one file of weights by its content.
///
/// - Throws: ``CheckpointError``.
func openCheckpointFile(at path: String) throws(CheckpointError) -> any CheckpointReader {
    let file = try MappedFile(path: path)
    let start = file.copyBytes(in: 0..<min(16, file.byteCount))
    if start.starts(with: [0x50, 0x4b, 0x03, 0x04]) { return try PyTorchFile(file: file) }
    // A pickle of protocol 2 whose first value is the magic number of torch.save before version 1.6.
    if start.starts(with: [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc]) {
        throw CheckpointError(
            .unsupportedFormat,
            path: path,
            offset: 0,
            "a PyTorch file of the format before 1.6; convert it with "
                + "torch.save(torch.load(old, map_location=\"cpu\"), new)"
        )
    }
    if start.starts(with: Array("GGUF".utf8)) { return try GGUFFile(file: file) }
    return try SafetensorsFile(file: file)
}
