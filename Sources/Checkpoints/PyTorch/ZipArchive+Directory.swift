extension ZipArchive {
    /// Where the central directory lies and how many records it has.
    struct Directory {
        let range: Range<Int>
        let entryCount: Int
    }

    /// Finds the central directory from the end of the file.
    ///
    /// - Throws: ``CheckpointError`` if there is none, or if it lies outside the file.
    static func locateDirectory(in file: MappedFile) throws(CheckpointError) -> Directory {
        // APPNOTE §4.3.16: the end record has 22 bytes and a comment of at most 65535.
        let tailStart = max(0, file.byteCount - (22 + 65535))
        let tail = ByteReader(file.copyBytes(in: tailStart..<file.byteCount))
        var position = tail.count - 22
        while position >= 0 {
            if tail.uint32(at: position) == 0x0605_4b50,
                position + 22 + Int(tail.uint16(at: position + 20)) == tail.count
            {
                break
            }
            position -= 1
        }
        guard position >= 0 else {
            throw CheckpointError(
                .truncated,
                offset: file.byteCount,
                "no end-of-central-directory record: the archive is cut short"
            )
        }
        let endOffset = tailStart + position
        guard tail.uint16(at: position + 4) == 0, tail.uint16(at: position + 6) == 0 else {
            throw CheckpointError(.malformed, offset: endOffset, "a multi-disk archive")
        }
        var entryCount = UInt64(tail.uint16(at: position + 10))
        var byteCount = UInt64(tail.uint32(at: position + 12))
        var start = UInt64(tail.uint32(at: position + 16))
        var end = endOffset
        if entryCount == 0xffff || byteCount == 0xffff_ffff || start == 0xffff_ffff {
            let zip64 = try readZip64End(in: file, before: endOffset)
            (entryCount, byteCount, start, end) = zip64
        }
        return try checkedDirectory(
            entryCount: entryCount,
            byteCount: byteCount,
            start: start,
            end: end
        )
    }

    private static func checkedDirectory(
        entryCount: UInt64,
        byteCount: UInt64,
        start: UInt64,
        end: Int
    ) throws(CheckpointError) -> Directory {
        let limitEnd = UInt64(end)
        guard start <= limitEnd, byteCount <= limitEnd - start else {
            throw CheckpointError(
                .invalidRange,
                offset: end,
                "a central directory of \(byteCount) bytes at \(start) does not end before byte \(end)"
            )
        }
        guard byteCount <= CheckpointLimits.maximumCentralDirectoryByteCount,
            entryCount <= CheckpointLimits.maximumArchiveEntryCount
        else {
            throw CheckpointError(
                .limitExceeded,
                offset: Int(start),
                "a central directory of \(entryCount) entries in \(byteCount) bytes"
            )
        }
        return Directory(
            range: Int(start)..<Int(start + byteCount),
            entryCount: Int(entryCount)
        )
    }

    /// Reads the zip64 locator and end record (APPNOTE §4.3.14 and §4.3.15).
    private static func readZip64End(
        in file: MappedFile,
        before endOffset: Int
    ) throws(CheckpointError) -> (entryCount: UInt64, byteCount: UInt64, start: UInt64, end: Int) {
        guard endOffset >= 20 else {
            throw CheckpointError(.malformed, offset: endOffset, "no zip64 locator")
        }
        let locator = ByteReader(file.copyBytes(in: endOffset - 20..<endOffset))
        guard locator.uint32(at: 0) == 0x0706_4b50 else {
            throw CheckpointError(.malformed, offset: endOffset - 20, "no zip64 locator")
        }
        let recordOffset = locator.uint64(at: 8)
        guard endOffset >= 76, recordOffset <= UInt64(endOffset - 76) else {
            throw CheckpointError(
                .invalidRange,
                offset: endOffset - 20,
                "the zip64 end record at \(recordOffset) lies outside"
            )
        }
        let start = Int(recordOffset)
        let record = ByteReader(file.copyBytes(in: start..<start + 56))
        guard record.uint32(at: 0) == 0x0606_4b50 else {
            throw CheckpointError(.malformed, offset: start, "no zip64 end record")
        }
        return (record.uint64(at: 32), record.uint64(at: 40), record.uint64(at: 48), start)
    }
}

/// One record of the central directory (APPNOTE §4.3.12), with its zip64 fields merged in.
struct CentralRecord {
    let name: String
    let method: ZipArchive.Method
    let checksum: UInt32
    let compressedByteCount: Int
    let byteCount: Int
    let localHeaderOffset: Int

    /// Reads the record at a position and moves behind it.
    ///
    /// - Parameters:
    ///   - bytes: The central directory.
    ///   - position: Where the record begins; becomes the start of the next.
    ///   - offsetInFile: Where the directory starts in the file, for messages.
    /// - Throws: ``CheckpointError``.
    init(
        _ bytes: ByteReader,
        at position: inout Int,
        offsetInFile: Int
    ) throws(CheckpointError) {
        let offset = offsetInFile + position
        guard position + 46 <= bytes.count, bytes.uint32(at: position) == 0x0201_4b50 else {
            throw CheckpointError(
                .malformed,
                offset: offset,
                "expected a record of the central directory"
            )
        }
        let flags = bytes.uint16(at: position + 8)
        let rawMethod = bytes.uint16(at: position + 10)
        let nameStart = position + 46
        let extraStart = nameStart + Int(bytes.uint16(at: position + 28))
        let commentStart = extraStart + Int(bytes.uint16(at: position + 30))
        let end = commentStart + Int(bytes.uint16(at: position + 32))
        guard end <= bytes.count else {
            throw CheckpointError(
                .malformed,
                offset: offset,
                "a record reaches beyond the central directory"
            )
        }
        guard let name = String(validating: bytes.bytes[nameStart..<extraStart], as: UTF8.self)
        else {
            throw CheckpointError(.malformed, offset: offset, "an entry's name is not UTF-8")
        }
        guard flags & 1 == 0, flags & 0x40 == 0 else {
            throw CheckpointError(.forbidden, offset: offset, "entry `\(name)` is encrypted")
        }
        guard let method = ZipArchive.Method(rawValue: rawMethod) else {
            throw CheckpointError(
                .forbidden,
                offset: offset,
                "entry `\(name)` uses compression method \(rawMethod)"
            )
        }
        let sizes = try Self.mergeZip64(
            byteCount: bytes.uint32(at: position + 24),
            compressedByteCount: bytes.uint32(at: position + 20),
            localHeaderOffset: bytes.uint32(at: position + 42),
            extra: bytes,
            range: extraStart..<commentStart,
            name: name,
            offset: offset
        )
        guard method == .deflated || sizes.0 == sizes.1 else {
            throw CheckpointError(
                .malformed,
                offset: offset,
                "entry `\(name)` is stored, yet has sizes \(sizes.1) and \(sizes.0)"
            )
        }
        self.name = name
        self.method = method
        self.checksum = bytes.uint32(at: position + 16)
        (self.byteCount, self.compressedByteCount, self.localHeaderOffset) = sizes
        position = end
    }

    /// Takes the fields that read 0xffffffff from the zip64 extra field (APPNOTE §4.5.3).
    private static func mergeZip64(
        byteCount: UInt32,
        compressedByteCount: UInt32,
        localHeaderOffset: UInt32,
        extra: ByteReader,
        range: Range<Int>,
        name: String,
        offset: Int
    ) throws(CheckpointError) -> (Int, Int, Int) {
        var values = [byteCount, compressedByteCount, localHeaderOffset].map(UInt64.init)
        if values.contains(0xffff_ffff) {
            var position = range.lowerBound
            while position + 4 <= range.upperBound, extra.uint16(at: position) != 1 {
                position += 4 + Int(extra.uint16(at: position + 2))
            }
            guard position + 4 <= range.upperBound else {
                throw CheckpointError(
                    .malformed,
                    offset: offset,
                    "entry `\(name)` lacks its zip64 sizes"
                )
            }
            let fieldEnd = position + 4 + Int(extra.uint16(at: position + 2))
            position += 4
            for index in values.indices where values[index] == 0xffff_ffff {
                guard position + 8 <= min(fieldEnd, range.upperBound) else {
                    throw CheckpointError(
                        .malformed,
                        offset: offset,
                        "entry `\(name)` lacks its zip64 sizes"
                    )
                }
                values[index] = extra.uint64(at: position)
                position += 8
            }
        }
        guard let first = Int(exactly: values[0]), let second = Int(exactly: values[1]),
            let third = Int(exactly: values[2])
        else {
            throw CheckpointError(
                .invalidRange,
                offset: offset,
                "entry `\(name)` has sizes above 63 bits"
            )
        }
        return (first, second, third)
    }
}
