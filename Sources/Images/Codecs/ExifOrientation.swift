/// How a picture must be turned to stand upright, as its file says.
///
/// Only what is exactly right counts: a broken Exif block, or a value that there is not, turns nothing.
/// Cost: a walk over the heads of the file's segments; nothing is copied.
/// Source: Exif 2.32 (CIPA DC-008) §4.6, TIFF 6.0 §2.
struct ExifOrientation: Sendable, Equatable {
    /// 1 for upright, up to 8.
    let value: Int

    /// Whether rows become columns.
    var swapsSides: Bool { value >= 5 }

    /// Finds the orientation of a file.
    init(of bytes: Span<UInt8>, _ format: ImageFormat) {
        let block =
            switch format {
            case .jpeg: Self.jpegBlock(bytes)
            case .png: Self.pngBlock(bytes)
            case .webp: Self.webpBlock(bytes)
            }
        value = block.flatMap { Self.read(bytes.extracting($0)) } ?? 1
    }

    // MARK: - Where the block is

    /// Tag, type SHORT: the orientation.
    private static let tag = 0x0112
    /// What a JPEG's APP1 segment begins with, and some writers' blocks elsewhere.
    private static let signature = Array("Exif\0\0".utf8)

    /// The segment APP1 that is an Exif block (ISO/IEC 10918-1 §B.1.1, Exif §4.7.2).
    private static func jpegBlock(_ bytes: Span<UInt8>) -> Range<Int>? {
        var position = 2
        while let prefix = bytes.number(at: position, byteCount: 1), prefix == 0xFF {
            guard let marker = bytes.number(at: position + 1, byteCount: 1) else { return nil }
            // Fill bytes may stand before a marker.
            if marker == 0xFF {
                position += 1
                continue
            }
            // Pixels begin, or the picture ends.
            guard marker != 0xDA, marker != 0xD9 else { return nil }
            if marker == 0x01 || (0xD0...0xD8).contains(marker) {
                position += 2
                continue
            }
            guard let length = bytes.number(at: position + 2, byteCount: 2), length >= 2 else {
                return nil
            }
            let content = position + 4..<position + 2 + length
            if marker == 0xE1, content.upperBound <= bytes.count,
                bytes.extracting(content).begins(with: signature)
            {
                return content.lowerBound + signature.count..<content.upperBound
            }
            position = content.upperBound
        }
        return nil
    }

    /// The chunk eXIf (PNG, third edition §11.3.4.5).
    private static func pngBlock(_ bytes: Span<UInt8>) -> Range<Int>? {
        var position = 8
        while let length = bytes.number(at: position, byteCount: 4),
            let type = bytes.number(at: position + 4, byteCount: 4)
        {
            let content = position + 8..<position + 8 + length
            guard content.upperBound <= bytes.count, type != fourCharacters("IEND") else {
                return nil
            }
            if type == fourCharacters("eXIf") { return unsigned(content, bytes) }
            position = content.upperBound + 4
        }
        return nil
    }

    /// The chunk EXIF of an extended file (WebP container specification).
    private static func webpBlock(_ bytes: Span<UInt8>) -> Range<Int>? {
        var position = 12
        while let type = bytes.number(at: position, byteCount: 4),
            let length = bytes.number(at: position + 4, byteCount: 4, isBigEndian: false)
        {
            let content = position + 8..<position + 8 + length
            guard content.upperBound <= bytes.count else { return nil }
            if type == fourCharacters("EXIF") { return unsigned(content, bytes) }
            position = content.upperBound + length % 2
        }
        return nil
    }

    /// A block without the signature that only JPEG asks for.
    private static func unsigned(_ content: Range<Int>, _ bytes: Span<UInt8>) -> Range<Int> {
        guard bytes.extracting(content).begins(with: signature) else { return content }
        return content.lowerBound + signature.count..<content.upperBound
    }

    private static func fourCharacters(_ text: StaticString) -> Int {
        text.withUTF8Buffer { unsafe $0.reduce(0) { $0 << 8 | Int($1) } }
    }

    // MARK: - What it says

    /// The orientation in the first directory of a TIFF file; nil if it says none that there is.
    private static func read(_ bytes: Span<UInt8>) -> Int? {
        let isBigEndian: Bool
        switch bytes.number(at: 0, byteCount: 4) {
        case 0x4D4D_002A: isBigEndian = true
        case 0x4949_2A00: isBigEndian = false
        default: return nil
        }
        func number(_ position: Int, _ byteCount: Int) -> Int? {
            bytes.number(at: position, byteCount: byteCount, isBigEndian: isBigEndian)
        }
        guard let directory = number(4, 4), let entryCount = number(directory, 2) else {
            return nil
        }
        // At most 65,535 entries, and no more than the block has bytes for.
        for index in 0..<entryCount {
            let entry = directory + 2 + 12 * index
            guard let tag = number(entry, 2) else { return nil }
            guard tag == Self.tag else { continue }
            guard number(entry + 2, 2) == 3, number(entry + 4, 4) == 1,
                let value = number(entry + 8, 2), (1...8).contains(value)
            else { return nil }
            return value
        }
        return nil
    }
}

extension Span<UInt8> {
    /// An unsigned number of up to four bytes; nil if they are not all there.
    fileprivate func number(at position: Int, byteCount: Int, isBigEndian: Bool = true) -> Int? {
        guard position >= 0, position <= count - byteCount else { return nil }
        var value = 0
        for offset in 0..<byteCount {
            let index = isBigEndian ? offset : byteCount - 1 - offset
            value = value << 8 | Int(self[position + index])
        }
        return value
    }

    fileprivate func begins(with prefix: [UInt8]) -> Bool {
        count >= prefix.count && prefix.indices.allSatisfy { self[$0] == prefix[$0] }
    }
}
