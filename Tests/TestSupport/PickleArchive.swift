/// Builds PyTorch archives byte by byte, to be able to build wrong ones.
package struct PickleArchive: Sendable {
    /// Names and contents, in order.
    package var entries: [(name: String, bytes: [UInt8])]

    /// An archive as `torch.save` lays it out.
    ///
    /// - Parameters:
    ///   - pickle: The state dictionary.
    ///   - storages: The bytes of the storages by their keys.
    package init(pickle: [UInt8], storages: [String: [UInt8]] = [:]) {
        entries = [("m/data.pkl", pickle)]
        for (key, bytes) in storages.sorted(by: { $0.key < $1.key }) {
            entries.append(("m/data/\(key)", bytes))
        }
        entries.append(("m/version", Array("3\n".utf8)))
    }

    /// How to spoil the archive while it is written.
    package struct Flaws: Sendable {
        let checksumFlip: UInt32
        let flags: UInt16
        let method: UInt16
        let localHeaderShift: Int
        let declaredByteCount: UInt32?
        let usesZip64: Bool

        /// None, but for those that are named.
        package init(
            checksumFlip: UInt32 = 0,
            flags: UInt16 = 0,
            method: UInt16 = 0,
            localHeaderShift: Int = 0,
            declaredByteCount: UInt32? = nil,
            usesZip64: Bool = false
        ) {
            self.checksumFlip = checksumFlip
            self.flags = flags
            self.method = method
            self.localHeaderShift = localHeaderShift
            self.declaredByteCount = declaredByteCount
            self.usesZip64 = usesZip64
        }
    }

    /// The bytes of the file.
    package func encoded(_ flaws: Flaws = Flaws()) -> [UInt8] {
        var file: [UInt8] = []
        var directory: [UInt8] = []
        for (name, bytes) in entries {
            let checksum = crc32(bytes) ^ flaws.checksumFlip
            let count = flaws.declaredByteCount ?? UInt32(bytes.count)
            let offset = UInt32(truncatingIfNeeded: file.count + flaws.localHeaderShift)
            let common: [UInt8] =
                littleEndian(flaws.flags) + littleEndian(flaws.method) + [0, 0, 0, 0]
                + littleEndian(checksum)
            file += littleEndian(UInt32(0x0403_4b50)) + [20, 0] + common
            file += littleEndian(UInt32(bytes.count)) + littleEndian(count)
            file += littleEndian(UInt16(name.utf8.count)) + [0, 0] + Array(name.utf8) + bytes
            let extra: [UInt8] =
                flaws.usesZip64
                ? [1, 0, 24, 0] + littleEndian(UInt64(count)) + littleEndian(UInt64(bytes.count))
                    + littleEndian(UInt64(offset)) : []
            directory += littleEndian(UInt32(0x0201_4b50)) + [20, 0, 20, 0] + common
            directory += littleEndian(flaws.usesZip64 ? UInt32.max : UInt32(bytes.count))
            directory += littleEndian(flaws.usesZip64 ? UInt32.max : count)
            directory += littleEndian(UInt16(name.utf8.count)) + littleEndian(UInt16(extra.count))
            directory += [UInt8](repeating: 0, count: 10)
            directory += littleEndian(flaws.usesZip64 ? UInt32.max : offset)
            directory += Array(name.utf8) + extra
        }
        let start = file.count
        file += directory
        if flaws.usesZip64 {
            let record = file.count
            file += littleEndian(UInt32(0x0606_4b50)) + littleEndian(UInt64(44)) + [45, 0, 45, 0]
            file += [UInt8](repeating: 0, count: 8) + littleEndian(UInt64(entries.count))
            file += littleEndian(UInt64(entries.count)) + littleEndian(UInt64(directory.count))
            file += littleEndian(UInt64(start)) + littleEndian(UInt32(0x0706_4b50)) + [0, 0, 0, 0]
            file += littleEndian(UInt64(record)) + [1, 0, 0, 0]
        }
        let entryCount = flaws.usesZip64 ? UInt16.max : UInt16(entries.count)
        file += littleEndian(UInt32(0x0605_4b50)) + [0, 0, 0, 0]
        file += littleEndian(entryCount) + littleEndian(entryCount)
        file += littleEndian(flaws.usesZip64 ? UInt32.max : UInt32(directory.count))
        file += littleEndian(flaws.usesZip64 ? UInt32.max : UInt32(start)) + [0, 0]
        return file
    }

    /// CRC-32 bit by bit, apart from the library that the reader uses.
    private func crc32(_ bytes: [UInt8]) -> UInt32 {
        var checksum = UInt32.max
        for byte in bytes {
            checksum ^= UInt32(byte)
            for _ in 0..<8 { checksum = checksum >> 1 ^ (checksum & 1 == 1 ? 0xedb8_8320 : 0) }
        }
        return ~checksum
    }
}

/// The bytes of a number, the lowest first.
package func littleEndian<Integer: FixedWidthInteger>(_ value: Integer) -> [UInt8] {
    (0..<Integer.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> Integer($0 * 8)) }
}
