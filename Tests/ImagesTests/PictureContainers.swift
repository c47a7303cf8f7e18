import Images

/// Files made of parts, to say what encoders do not: orientations, animations.
enum PictureContainers {
    /// A TIFF file with nothing but an orientation.
    static func exif(orientation: Int, isBigEndian: Bool = true) -> [UInt8] {
        func number(_ value: Int, _ byteCount: Int) -> [UInt8] {
            let bytes = (0..<byteCount).map { UInt8(value >> (8 * $0) & 255) }
            return isBigEndian ? bytes.reversed() : bytes
        }
        return (isBigEndian ? [0x4D, 0x4D] : [0x49, 0x49]) + number(42, 2) + number(8, 4)
            // Another entry first: the tag is searched for.
            + number(2, 2) + number(0x0100, 2) + number(4, 2) + number(1, 4) + number(9, 4)
            + number(0x0112, 2) + number(3, 2) + number(1, 4) + number(orientation, 2)
            + [0, 0] + number(0, 4)
    }

    /// A JPEG with a segment APP1 after its beginning, behind a segment of no interest.
    static func jpeg(_ file: [UInt8], exif: [UInt8]) -> [UInt8] {
        func segment(_ marker: UInt8, _ content: [UInt8]) -> [UInt8] {
            let count = content.count + 2
            return [0xFF, marker, UInt8(count >> 8 & 255), UInt8(count & 255)] + content
        }
        return Array(file[..<2]) + segment(0xE2, [1, 2, 3])
            + segment(0xE1, Array("Exif\0\0".utf8) + exif) + file[2...]
    }

    /// A PNG with a chunk eXIf.
    static func png(_ file: [UInt8], exif: [UInt8]) -> [UInt8] {
        // After the signature and IHDR.
        Array(file[..<33]) + PNGFile.chunk("eXIf", exif) + file[33...]
    }

    /// An extended WebP of a simple one.
    static func webp(_ file: [UInt8], width: Int, height: Int, exif: [UInt8]) -> [UInt8] {
        riff(
            chunk("VP8X", [0x08, 0, 0, 0] + little(width - 1, 3) + little(height - 1, 3))
                + file[12...] + chunk("EXIF", exif)
        )
    }

    /// An animated WebP of simple ones, each at an offset of even columns and rows.
    static func animation(
        _ frames: [(file: [UInt8], x: Int, y: Int, width: Int, height: Int)],
        width: Int,
        height: Int
    ) -> [UInt8] {
        var body = chunk("VP8X", [0x02, 0, 0, 0] + little(width - 1, 3) + little(height - 1, 3))
        body += chunk("ANIM", [0, 0, 0, 0, 0, 0])
        for frame in frames {
            let head =
                little(frame.x / 2, 3) + little(frame.y / 2, 3) + little(frame.width - 1, 3)
                + little(frame.height - 1, 3) + little(100, 3) + [0]
            body += chunk("ANMF", head + frame.file[12...])
        }
        return riff(body)
    }

    private static func riff(_ body: [UInt8]) -> [UInt8] {
        Array("RIFF".utf8) + little(body.count + 4, 4) + Array("WEBP".utf8) + body
    }

    private static func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
        Array(name.utf8) + little(content.count, 4) + content
            + (content.count % 2 == 1 ? [0] : [])
    }

    private static func little(_ value: Int, _ byteCount: Int) -> [UInt8] {
        (0..<byteCount).map { UInt8(value >> (8 * $0) & 255) }
    }
}
