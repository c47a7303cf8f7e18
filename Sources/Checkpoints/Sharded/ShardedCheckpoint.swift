internal import JSON

/// A checkpoint in several files, tied together by `<name>.index.json`.
///
/// Only tensors of the index's `weight_map` are visible; each must be in the shard that the map names.
package final class ShardedCheckpoint: CheckpointReader {
    package let path: String
    package let tensorNames: [String]
    package let tensors: [String: TensorDescription]
    package let metadata: [String: String]
    private let shards: [any CheckpointReader]
    private let shardIndexes: [String: Int]

    /// Opens every shard that an index names.
    ///
    /// - Throws: ``CheckpointError``.
    package init(indexPath: String) throws(CheckpointError) {
        let index = try locatingErrors(in: indexPath) { () throws(CheckpointError) in
            try ShardIndex(path: indexPath)
        }
        let directory = indexPath.lastIndex(of: "/").map { String(indexPath[...$0]) } ?? ""
        var shards: [any CheckpointReader] = []
        var names: [String] = []
        var tensors: [String: TensorDescription] = [:]
        var shardIndexes: [String: Int] = [:]
        var metadata: [String: String] = [:]
        for fileName in index.fileNames {
            let shard = try openCheckpointFile(at: directory + fileName)
            for name in shard.tensorNames where index.fileNameByTensor[name] == fileName {
                names.append(name)
                tensors[name] = shard.tensors[name]
                shardIndexes[name] = shards.count
            }
            metadata.merge(shard.metadata) { first, _ in first }
            shards.append(shard)
        }
        let missing = index.fileNameByTensor.keys.filter { tensors[$0] == nil }.sorted()
        if let first = missing.first {
            throw CheckpointError(
                .missingTensor,
                path: indexPath,
                tensor: first,
                "not in its shard `\(index.fileNameByTensor[first] ?? "")` "
                    + "(\(missing.count) tensors of the index are missing)"
            )
        }
        self.path = indexPath
        self.tensorNames = names
        self.tensors = tensors
        self.metadata = metadata
        self.shards = shards
        self.shardIndexes = shardIndexes
    }

    package func withBytes<Result>(
        of name: String,
        _ body: (RawSpan) throws -> Result
    ) throws -> Result {
        guard let index = shardIndexes[name] else { throw missingTensor(name) }
        return try shards[index].withBytes(of: name, body)
    }

    package func releaseResidentPages(of name: String) {
        if let index = shardIndexes[name] { shards[index].releaseResidentPages(of: name) }
    }

    package func prefetch(_ name: String) -> Int {
        shardIndexes[name].map { shards[$0].prefetch(name) } ?? 0
    }

    package var hasChecksums: Bool { shards.allSatisfy(\.hasChecksums) }

    package func verifyChecksums() throws(CheckpointError) {
        for shard in shards { try shard.verifyChecksums() }
    }
}

/// The `weight_map` of a sharded checkpoint.
struct ShardIndex {
    /// Shards in the order of their names.
    let fileNames: [String]
    let fileNameByTensor: [String: String]

    /// Reads `{"metadata": {...}, "weight_map": {tensor: file}}`.
    ///
    /// - Throws: ``CheckpointError``.
    init(path: String) throws(CheckpointError) {
        let file = try MappedFile(path: path)
        guard file.byteCount <= CheckpointLimits.maximumIndexByteCount else {
            throw CheckpointError(
                .limitExceeded,
                "an index of \(file.byteCount) bytes, at most \(CheckpointLimits.maximumIndexByteCount)"
            )
        }
        guard
            case .object(let map)? =
                try parseJSON(file.copyBytes(in: 0..<file.byteCount))["weight_map"]
        else { throw CheckpointError(.malformed, "the index has no `weight_map` object") }
        var fileNameByTensor: [String: String] = [:]
        for member in map.members {
            guard let fileName = member.value.text else {
                throw CheckpointError(
                    .malformed,
                    tensor: member.name,
                    "its shard is \(member.value.typeName)"
                )
            }
            // A shard lies beside its index: an index from elsewhere must not reach other files.
            guard !fileName.isEmpty, !fileName.utf8.contains(where: { $0 == 0x2f || $0 == 0 }),
                fileName != ".", fileName != "..", !fileName.hasSuffix(".json")
            else {
                throw CheckpointError(
                    .forbidden,
                    tensor: member.name,
                    "`\(fileName)` is not the plain name of a shard"
                )
            }
            guard fileNameByTensor.updateValue(fileName, forKey: member.name) == nil else {
                throw CheckpointError.equalNames(member.name)
            }
        }
        let fileNames = Set(fileNameByTensor.values).sorted()
        guard !fileNames.isEmpty, fileNames.count <= CheckpointLimits.maximumShardCount else {
            throw CheckpointError(
                .limitExceeded,
                "\(fileNames.count) shards, expected 1 to \(CheckpointLimits.maximumShardCount)"
            )
        }
        self.fileNames = fileNames
        self.fileNameByTensor = fileNameByTensor
    }
}
