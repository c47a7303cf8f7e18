internal import Digests
internal import Files

/// A GGUF file: keys with values, and tensors whose types may be blocks of few bits.
///
/// As a ``CheckpointReader`` it hands out numbers, those of blocks in single precision; who knows blocks takes them as
/// they are stored (``withStoredBytes(of:_:)``).
/// Source: GGUF specification (ggml, docs/gguf.md), versions 2 and 3, little endian.
package final class GGUFFile: CheckpointReader {
    package let path: String
    package let tensorNames: [String]
    package let tensors: [String: TensorDescription]
    /// Keys that hold strings.
    package let metadata: [String: String]
    /// All keys.
    package let keys: [String: GGUFValue]
    /// Every tensor as it is stored, by its name.
    package let stored: [String: GGUFTensor]
    private let file: MappedFile

    /// Key of the multiple of bytes at which tensors begin.
    package static let alignmentKey = "general.alignment"
    /// The alignment where no key tells it.
    package static let defaultAlignment = 32

    /// Maps a file and validates its head.
    ///
    /// - Throws: ``CheckpointError``.
    package convenience init(path: String) throws(CheckpointError) {
        try self.init(file: MappedFile(path: path))
    }

    /// Validates the head of a mapped file.
    init(file: MappedFile) throws(CheckpointError) {
        do throws(CheckpointError) {
            var cursor = GGUFCursor(file, from: 0)
            let (tensorCount, keyCount) = try Self.counts(&cursor)
            keys = try Self.keys(keyCount, &cursor)
            let alignment = try Self.alignment(keys)
            var list: [GGUFTensor] = []
            for _ in 0..<tensorCount {
                list.append(try GGUFTensor(&cursor, alignment: alignment))
            }
            let start = (cursor.offset + alignment - 1) / alignment * alignment
            var stored: [String: GGUFTensor] = [:]
            for var tensor in list {
                try tensor.begin(at: start, in: file.byteCount)
                let name = tensor.description.name
                guard stored.updateValue(tensor, forKey: name) == nil else {
                    throw CheckpointError(.duplicateName, tensor: name, "is there twice")
                }
            }
            try Self.requireDisjoint(stored)
            self.stored = stored
            tensorNames = list.map(\.description.name)
        } catch {
            throw error.located(in: file.path)
        }
        self.file = file
        path = file.path
        tensors = stored.mapValues(\.description)
        metadata = keys.compactMapValues { if case .string(let text) = $0 { text } else { nil } }
    }

    /// Magic, version and the two counts.
    private static func counts(
        _ cursor: inout GGUFCursor
    ) throws(CheckpointError) -> (tensors: Int, keys: Int) {
        let magic = try cursor.number(UInt32.self, "the magic number")
        guard magic == 0x4655_4747 else {
            throw CheckpointError(.malformed, offset: 0, "does not begin with GGUF")
        }
        let version = try cursor.number(UInt32.self, "the version")
        guard version == 2 || version == 3 else {
            throw CheckpointError(
                .unsupportedFormat,
                offset: 4,
                "version \(version); 2 and 3 are read, little endian"
            )
        }
        // The least that each takes: a tensor an empty name, no dimension, type and offset; a key an empty name, its type
        // and a byte.
        let tensors = try cursor.count(of: "tensors", atLeast: 24)
        guard tensors <= CheckpointLimits.maximumTensorCount else {
            throw CheckpointError(
                .limitExceeded,
                offset: 8,
                "\(tensors) tensors, at most \(CheckpointLimits.maximumTensorCount) are allowed"
            )
        }
        return (tensors, try cursor.count(of: "keys", atLeast: 13))
    }

    private static func keys(
        _ count: Int,
        _ cursor: inout GGUFCursor
    ) throws(CheckpointError) -> [String: GGUFValue] {
        var keys: [String: GGUFValue] = [:]
        for _ in 0..<count {
            let start = cursor.offset
            let key = try cursor.string("the name of a key")
            try cursor.reserve(1, key)
            guard keys.updateValue(try cursor.value(of: key), forKey: key) == nil else {
                throw CheckpointError(
                    .duplicateName,
                    offset: start,
                    "key `\(key)` is there twice"
                )
            }
        }
        return keys
    }

    private static func alignment(_ keys: [String: GGUFValue]) throws(CheckpointError) -> Int {
        switch keys[alignmentKey] {
        case nil: return defaultAlignment
        case .integer(let value)
        where value >= 8 && value <= CheckpointLimits.maximumAlignment && value % 8 == 0:
            return value
        case .integer(let value):
            throw CheckpointError(
                .malformed,
                "\(alignmentKey) is \(value), allowed are multiples of 8 from 8 to "
                    + "\(CheckpointLimits.maximumAlignment)"
            )
        case .some(let other):
            throw CheckpointError(
                .malformed,
                "\(alignmentKey) is \(other.kind), an integer is expected"
            )
        }
    }

    /// Tensors that share bytes are a sign of a forged file.
    private static func requireDisjoint(
        _ stored: [String: GGUFTensor]
    ) throws(CheckpointError) {
        let sorted = stored.values.filter { !$0.range.isEmpty }
            .sorted { $0.range.lowerBound < $1.range.lowerBound }
        for (first, second) in zip(sorted, sorted.dropFirst())
        where first.range.upperBound > second.range.lowerBound {
            throw CheckpointError(
                .invalidRange,
                offset: second.range.lowerBound,
                tensor: second.description.name,
                "begins inside of `\(first.description.name)`"
            )
        }
    }

    /// Lends the bytes of a tensor as they are stored, blocks as blocks.
    ///
    /// - Throws: ``CheckpointError`` of kind `missingTensor`; whatever `body` throws.
    package func withStoredBytes<Result>(
        of name: String,
        _ body: (RawSpan) throws -> Result
    ) throws -> Result {
        guard let tensor = stored[name] else { throw missingTensor(name) }
        return try file.withBytes(in: tensor.range, body)
    }

    package func withBytes<Result>(
        of name: String,
        _ body: (RawSpan) throws -> Result
    ) throws -> Result {
        guard let tensor = stored[name] else { throw missingTensor(name) }
        return try file.withBytes(in: tensor.range) { bytes in
            guard tensor.type.blockElementCount > 1 else { return try body(bytes) }
            let numbers = GGUFBlocks.numbers(of: bytes, tensor.type)
            return try body(unsafe numbers.span.bytes)
        }
    }

    package func releaseResidentPages(of name: String) {
        if let tensor = stored[name] { file.releaseResidentPages(in: tensor.range) }
    }

    package func prefetch(_ name: String) -> Int {
        guard let tensor = stored[name] else { return 0 }
        file.prefetch(tensor.range)
        return tensor.range.count
    }

    package var hasChecksums: Bool { Folder.hasEntry(TensorChecksums.path(of: path)) }

    /// Compares every tensor, as it is stored, with the digests beside the file, if there are any.
    ///
    /// - Throws: ``CheckpointError`` of kind `checksumMismatch` that names the first tensors whose bytes differ or that
    ///   have no digest.
    package func verifyChecksums() throws(CheckpointError) {
        try TensorChecksums.verify(path, tensorNames) { (name, hash) throws(CheckpointError) in
            guard let tensor = stored[name] else { throw missingTensor(name) }
            file.withBytes(in: tensor.range, hash.update)
            file.releaseResidentPages(in: tensor.range)
        }
    }
}
