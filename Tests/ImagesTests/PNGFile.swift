/// Writes PNG files chunk by chunk, with stored (uncompressed) pixels, to be able to write unusual and wrong ones.
struct PNGFile {
    var width: UInt32
    var height: UInt32
    var depth: UInt8
    var colorType: UInt8
    var extraChunks: [(String, [UInt8])]
    var rows: [[UInt8]]

    func encoded() -> [UInt8] {
        var file: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
        let header = bigEndian(width) + bigEndian(height) + [depth, colorType, 0, 0, 0]
        file += Self.chunk("IHDR", header)
        for (name, data) in extraChunks { file += Self.chunk(name, data) }
        let raw = rows.flatMap { [UInt8(0)] + $0 }
        file += Self.chunk("IDAT", Self.zlibStored(raw))
        return file + Self.chunk("IEND", [])
    }

    /// Names and data of a file's chunks.
    static func chunks(of file: [UInt8]) -> [(name: String, data: [UInt8])] {
        var chunks: [(String, [UInt8])] = []
        var position = 8
        while position + 12 <= file.count {
            let count = file[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
            let name = String(decoding: file[position + 4..<position + 8], as: UTF8.self)
            chunks.append((name, Array(file[position + 8..<position + 8 + count])))
            position += 12 + count
        }
        return chunks
    }

    static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
        let body = Array(name.utf8) + data
        var checksum = UInt32.max
        for byte in body {
            checksum ^= UInt32(byte)
            for _ in 0..<8 { checksum = checksum >> 1 ^ (checksum & 1 == 1 ? 0xedb8_8320 : 0) }
        }
        return bigEndian(UInt32(data.count)) + body + bigEndian(~checksum)
    }

    /// A zlib stream of one stored block (RFC 1950, RFC 1951 §3.2.4).
    private static func zlibStored(_ bytes: [UInt8]) -> [UInt8] {
        let count = UInt16(bytes.count)
        var (a, b): (UInt32, UInt32) = (1, 0)
        for byte in bytes {
            a = (a + UInt32(byte)) % 65521
            b = (b + a) % 65521
        }
        let lengths = [
            UInt8(count & 255), UInt8(count >> 8), UInt8(~count & 255), UInt8(~count >> 8),
        ]
        return [0x78, 0x01, 0x01] + lengths + bytes + bigEndian(b << 16 | a)
    }
}

private func bigEndian(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
}
