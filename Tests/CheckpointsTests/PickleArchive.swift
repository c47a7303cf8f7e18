/// Builds PyTorch archives byte by byte, to be able to build wrong ones.
struct PickleArchive {
    var entries: [(name: String, bytes: [UInt8])]

    init(pickle: [UInt8], storages: [String: [UInt8]] = [:]) {
        entries = [("m/data.pkl", pickle)]
        for (key, bytes) in storages.sorted(by: { $0.key < $1.key }) {
            entries.append(("m/data/\(key)", bytes))
        }
        entries.append(("m/version", Array("3\n".utf8)))
    }

    /// How to spoil the archive while it is written.
    struct Flaws {
        var checksumFlip: UInt32 = 0
        var flags: UInt16 = 0
        var method: UInt16 = 0
        var localHeaderShift = 0
        var declaredByteCount: UInt32?
        var usesZip64 = false
    }

    func encoded(_ flaws: Flaws = Flaws()) -> [UInt8] {
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

/// Pieces of pickles.
enum Pickle {
    static func text(_ text: String) -> [UInt8] {
        [0x58] + littleEndian(UInt32(text.utf8.count)) + Array(text.utf8)
    }

    static func integer(_ value: Int) -> [UInt8] { [0x8a, 8] + littleEndian(Int64(value)) }

    static func global(_ module: String, _ name: String) -> [UInt8] {
        Array("c\(module)\n\(name)\n".utf8)
    }

    static func tuple(_ items: [[UInt8]]) -> [UInt8] { [0x28] + items.joined() + [0x74] }

    static func storage(_ type: String = "FloatStorage", key: String = "0", count: Int) -> [UInt8] {
        tuple([text("storage"), global("torch", type), text(key), text("cpu"), integer(count)]) + [
            0x51
        ]
    }

    static func tensor(
        _ storage: [UInt8],
        offset: Int = 0,
        size: [Int],
        stride: [Int]
    ) -> [UInt8] {
        let arguments = [
            storage, integer(offset), tuple(size.map(integer)), tuple(stride.map(integer)), [0x89],
            [0x7d],
        ]
        return global("torch._utils", "_rebuild_tensor_v2") + tuple(arguments) + [0x52]
    }

    /// `{name: value, ...}` as a whole pickle.
    static func state(_ members: [(String, [UInt8])]) -> [UInt8] {
        [0x80, 2, 0x7d, 0x28] + members.flatMap { text($0.0) + $0.1 } + [0x75, 0x2e]
    }
}
