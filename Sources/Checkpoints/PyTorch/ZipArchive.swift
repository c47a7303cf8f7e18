import CZlib

/// The central directory of a zip archive over a mapped file, as far as torch.save needs it.
///
/// Reads stored and deflated entries, and zip64 (shards above 4 GB have it). Encrypted and multi-disk archives
/// are refused. Nothing is inflated before its declared size has passed the caller's limit.
/// Source: PKWARE APPNOTE 6.3.10, §4.3.
struct ZipArchive {
    /// How an entry is stored.
    enum Method: UInt16 {
        case stored = 0
        case deflated = 8
    }

    /// One file of the archive.
    struct Entry {
        let name: String
        let method: Method
        let checksum: UInt32
        /// The bytes as they lie in the archive file.
        let range: Range<Int>
        /// Size after inflating.
        let byteCount: Int
    }

    let file: MappedFile
    /// Entries in the order of the central directory.
    let entries: [Entry]

    /// Reads and validates the central directory and every local header.
    ///
    /// - Throws: ``CheckpointError`` of kind `malformed`, `truncated`, `invalidRange`, `duplicateName`,
    ///   `limitExceeded` or `forbidden`.
    init(file: MappedFile) throws(CheckpointError) {
        self.file = file
        let directory = try Self.locateDirectory(in: file)
        let bytes = ByteReader(file.copyBytes(in: directory.range))
        var position = 0
        var entries: [Entry] = []
        var names: Set<String> = []
        for _ in 0..<directory.entryCount {
            let record = try CentralRecord(
                bytes,
                at: &position,
                offsetInFile: directory.range.lowerBound
            )
            guard names.insert(record.name).inserted else {
                throw CheckpointError(
                    .duplicateName,
                    offset: directory.range.lowerBound,
                    "the archive has two entries named `\(record.name)`"
                )
            }
            entries.append(
                try Self.makeEntry(record, in: file, limit: directory.range.lowerBound)
            )
        }
        self.entries = entries
    }

    /// Finds the data of an entry behind its local header.
    ///
    /// - Parameters:
    ///   - record: The entry in the central directory.
    ///   - file: The whole archive.
    ///   - limit: Start of the central directory, before which entries must end.
    /// - Returns: The entry, with where its data lies.
    /// - Throws: ``CheckpointError``.
    private static func makeEntry(
        _ record: CentralRecord,
        in file: MappedFile,
        limit: Int
    ) throws(CheckpointError) -> Entry {
        let start = record.localHeaderOffset
        guard start >= 0, start <= limit - 30 else {
            throw CheckpointError(
                .invalidRange,
                offset: start,
                "entry `\(record.name)` starts outside the archive's data (0..<\(limit))"
            )
        }
        let local = ByteReader(file.copyBytes(in: start..<start + 30))
        guard local.uint32(at: 0) == 0x0403_4b50 else {
            throw CheckpointError(
                .malformed,
                offset: start,
                "entry `\(record.name)` has no local header"
            )
        }
        let nameByteCount = Int(local.uint16(at: 26))
        let extraByteCount = Int(local.uint16(at: 28))
        let dataStart = start + 30 + nameByteCount + extraByteCount
        guard dataStart <= limit, record.compressedByteCount <= limit - dataStart else {
            throw CheckpointError(
                .invalidRange,
                offset: start,
                "entry `\(record.name)` of \(record.compressedByteCount) bytes reaches beyond the "
                    + "archive's data (\(dataStart)..<\(limit))"
            )
        }
        let localName = file.copyBytes(in: start + 30..<start + 30 + nameByteCount)
        guard localName == Array(record.name.utf8), local.uint16(at: 8) == record.method.rawValue
        else {
            throw CheckpointError(
                .malformed,
                offset: start,
                "the local header of entry `\(record.name)` disagrees with the central directory"
            )
        }
        return Entry(
            name: record.name,
            method: record.method,
            checksum: record.checksum,
            range: dataStart..<dataStart + record.compressedByteCount,
            byteCount: record.byteCount
        )
    }

    /// The bytes of an entry, inflated if need be, with their CRC-32 checked.
    ///
    /// - Throws: ``CheckpointError`` of kind `limitExceeded`, `malformed` or `checksumMismatch`.
    func contents(
        of entry: Entry,
        maximumByteCount: Int
    ) throws(CheckpointError) -> [UInt8] {
        guard entry.byteCount <= maximumByteCount else {
            throw CheckpointError(
                .limitExceeded,
                offset: entry.range.lowerBound,
                "entry `\(entry.name)` has \(entry.byteCount) bytes, at most \(maximumByteCount) are allowed"
            )
        }
        var bytes = file.copyBytes(in: entry.range)
        if entry.method == .deflated { bytes = try inflate(bytes, to: entry.byteCount, entry) }
        try checkChecksum(of: unsafe bytes.span.bytes, entry)
        return bytes
    }

    /// Compares the CRC-32 of an entry's bytes with the stored one.
    ///
    /// - Throws: ``CheckpointError`` of kind `checksumMismatch`.
    func checkChecksum(of bytes: RawSpan, _ entry: Entry) throws(CheckpointError) {
        let checksum = unsafe bytes.withUnsafeBytes { buffer in
            unsafe UInt32(
                truncatingIfNeeded: crc32_z(
                    0,
                    buffer.baseAddress?.assumingMemoryBound(to: UInt8.self),
                    buffer.count
                )
            )
        }
        guard bytes.byteCount == 0 || checksum == entry.checksum else {
            throw CheckpointError(
                .checksumMismatch,
                offset: entry.range.lowerBound,
                "entry `\(entry.name)`: stored CRC-32 \(String(entry.checksum, radix: 16)), computed "
                    + String(checksum, radix: 16)
            )
        }
    }

    /// Inflates raw deflate data into exactly `byteCount` bytes.
    private func inflate(
        _ compressed: [UInt8],
        to byteCount: Int,
        _ entry: Entry
    ) throws(CheckpointError) -> [UInt8] {
        var compressed = compressed
        // One byte more than declared shows data that would go on.
        var output = [UInt8](repeating: 0, count: byteCount + 1)
        var stream = unsafe z_stream()
        // Both sizes fit 32 bits: the entry passed the caller's limit, and deflate never doubles data.
        guard let inputCount = UInt32(exactly: compressed.count),
            let outputCount = UInt32(exactly: output.count),
            unsafe inflateInit2_(
                &stream,
                -MAX_WBITS,
                ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)
            ) == Z_OK
        else { throw CheckpointError(.malformed, "cannot inflate entry `\(entry.name)`") }
        defer { unsafe _ = inflateEnd(&stream) }
        let status = unsafe compressed.withUnsafeMutableBufferPointer { input in
            unsafe output.withUnsafeMutableBufferPointer { target in
                unsafe stream.next_in = input.baseAddress
                unsafe stream.avail_in = inputCount
                unsafe stream.next_out = target.baseAddress
                unsafe stream.avail_out = outputCount
                return unsafe CZlib.inflate(&stream, Z_FINISH)
            }
        }
        guard status == Z_STREAM_END, unsafe stream.avail_out == 1 else {
            throw CheckpointError(
                .malformed,
                offset: entry.range.lowerBound,
                "entry `\(entry.name)` does not inflate to the \(byteCount) bytes it declares"
            )
        }
        output.removeLast()
        return output
    }
}
