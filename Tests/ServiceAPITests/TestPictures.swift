import Foundation
import Images

/// Picture files for requests, good and bad.
enum TestPictures {
    /// A picture of stripes; every row is the same, so that large ones are quickly made.
    static func striped(width: Int, height: Int) -> RGBImage {
        var row: [UInt8] = []
        for column in 0..<width {
            row += [UInt8(column & 255), UInt8(column / 16 & 255), UInt8(column * 7 & 255)]
        }
        var pixels: [UInt8] = []
        pixels.reserveCapacity(width * height * 3)
        for _ in 0..<height { pixels += row }
        return RGBImage(width: width, height: height, pixels: pixels)
    }

    static func png(width: Int = 60, height: Int = 50) throws -> [UInt8] {
        try ImageFileEncoder.encodePNG(striped(width: width, height: height))
    }

    static func jpeg(width: Int = 60, height: Int = 50) throws -> [UInt8] {
        try ImageFileEncoder.encodeJPEG(striped(width: width, height: height))
    }

    /// A PNG file that says it has so many pixels and brings nearly none.
    static func lyingPNG(width: UInt32, height: UInt32) -> [UInt8] {
        let sides = bigEndian(width) + bigEndian(height)
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
            + chunk("IHDR", sides + [8, 2, 0, 0, 0])
            + chunk("IDAT", [0x78, 0x9C, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01])
            + chunk("IEND", [])
    }

    private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
        let content = Array(type.utf8) + data
        return bigEndian(UInt32(data.count)) + content + bigEndian(checksum(content))
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        [UInt8(value >> 24), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
    }

    /// CRC-32 as PNG has it (W3C PNG, annex D).
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { crc, byte in
            (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in
                value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1
            }
        }
    }

    /// An `input` part.
    static func part(_ bytes: [UInt8]) -> String {
        "{\"type\":\"image\",\"image\":\"\(Data(bytes).base64EncodedString())\"}"
    }
}
