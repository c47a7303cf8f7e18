import Images
import TestSupport
import Testing

@Suite("Picture decoding")
struct ImageFileDecoderTests {
    private func error(_ bytes: [UInt8], _ limits: ImageLimits = ImageLimits()) -> ImageError? {
        do throws(ImageError) {
            _ = try ImageFileDecoder.decode(bytes, limits: limits)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "JPEG equals libjpeg-turbo's samples as Pillow decodes them",
        arguments: ["jpeg420", "jpeg444"]
    )
    func decodesJPEG(_ name: String) throws {
        let image = try ImageFileDecoder.decode(try fixtureBytes("pictures/\(name).jpg"))
        let expected = try ImageFileDecoder.decode(try fixtureBytes("expected/\(name).decoded.png"))
        #expect(difference(image, expected) == Difference())
    }

    @Test(
        "Pictures of less usual kinds equal Pillow's RGB in every sample",
        arguments: [
            "cmyk.jpg", "progressive.jpg", "gray.jpg", "rotated.jpg", "lossy.webp",
            "lossless_alpha.webp",
            "palette.png",
        ]
    )
    func decodesKinds(_ name: String) throws {
        let image = try ImageFileDecoder.decode(try fixtureBytes("pictures/\(name)"))
        let expected = try ImageFileDecoder.decode(try fixtureBytes("expected/\(name).png"))
        #expect(difference(image, expected) == Difference())
    }

    /// Pixels of the PNG variants below: a 4 x 2 picture.
    static let grayRamp: [UInt8] = [0, 85, 170, 255, 255, 170, 85, 0]

    struct Variant: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let depth: UInt8
        let colorType: UInt8
        let rows: [[UInt8]]
        var extraChunks: [(String, [UInt8])] = []
        let expected: [UInt8]
    }

    static let variants: [Variant] = [
        Variant(
            testDescription: "1-bit grey",
            depth: 1,
            colorType: 0,
            rows: [[0b1010_0000], [0b0101_0000]],
            expected: [255, 0, 255, 0, 0, 255, 0, 255].flatMap { [$0, $0, $0] }
        ),
        Variant(
            testDescription: "2-bit grey",
            depth: 2,
            colorType: 0,
            rows: [[0b0001_1011], [0b1110_0100]],
            expected: grayRamp.flatMap { [$0, $0, $0] }
        ),
        Variant(
            testDescription: "16-bit grey keeps the high byte",
            depth: 16,
            colorType: 0,
            rows: [[0, 255, 85, 1, 170, 200, 255, 255], [255, 0, 170, 0, 85, 255, 0, 128]],
            expected: grayRamp.flatMap { [$0, $0, $0] }
        ),
        Variant(
            testDescription: "16-bit RGB keeps the high bytes",
            depth: 16,
            colorType: 2,
            rows: [
                (1...12).flatMap { [$0, 255] as [UInt8] },
                (13...24).flatMap { [$0, 128] as [UInt8] },
            ],
            expected: [UInt8](1...24)
        ),
        Variant(
            testDescription: "grey with alpha drops alpha",
            depth: 8,
            colorType: 4,
            rows: [[0, 0, 85, 10, 170, 0, 255, 255], [255, 0, 170, 0, 85, 128, 0, 255]],
            expected: grayRamp.flatMap { [$0, $0, $0] }
        ),
        Variant(
            testDescription: "RGBA drops alpha without blending",
            depth: 8,
            colorType: 6,
            rows: [
                [1, 2, 3, 0, 4, 5, 6, 128, 7, 8, 9, 255, 10, 11, 12, 0],
                [13, 14, 15, 0, 16, 17, 18, 1, 19, 20, 21, 2, 22, 23, 24, 3],
            ],
            expected: [UInt8](1...24)
        ),
        Variant(
            testDescription: "palette with transparency",
            depth: 4,
            colorType: 3,
            rows: [[0x01, 0x21], [0x10, 0x02]],
            extraChunks: [("PLTE", [9, 8, 7, 60, 50, 40, 200, 201, 202]), ("tRNS", [0, 128])],
            expected: [0, 1, 2, 1, 1, 0, 0, 2].flatMap {
                [[9, 8, 7], [60, 50, 40], [200, 201, 202]][$0] as [UInt8]
            }
        ),
    ]

    @Test("PNG of other kinds expands to RGB", arguments: variants)
    func decodesPNGVariant(_ variant: Variant) throws {
        let file = PNGFile(
            width: 4,
            height: 2,
            depth: variant.depth,
            colorType: variant.colorType,
            extraChunks: variant.extraChunks,
            rows: variant.rows
        )
        let image = try ImageFileDecoder.decode(file.encoded())
        #expect(image == RGBImage(width: 4, height: 2, pixels: variant.expected))
    }

    @Test("Recognises formats by content and names their media types")
    func sniffs() throws {
        let image = makePicture(width: 8, height: 8)
        for (format, bytes) in [
            (ImageFormat.png, try ImageFileEncoder.encodePNG(image)),
            (.jpeg, try ImageFileEncoder.encodeJPEG(image)),
            (.webp, try ImageFileEncoder.encodeWebP(image)),
        ] {
            #expect(ImageFormat(sniffing: bytes.span) == format)
            #expect(format.mediaType == "image/\(format.rawValue)")
        }
        #expect(ImageFormat(sniffing: Array("GIF89a".utf8).span) == nil)
        #expect(error(Array("GIF89a".utf8))?.kind == .unknownFormat)
        #expect(error([])?.kind == .unknownFormat)
    }

    @Test("The pixel limit holds at n and n + 1, in every format")
    func limitsPixels() throws {
        let image = makePicture(width: 10, height: 7)
        for bytes in [
            try ImageFileEncoder.encodePNG(image), try ImageFileEncoder.encodeJPEG(image),
            try ImageFileEncoder.encodeWebP(image),
        ] {
            #expect(error(bytes, ImageLimits(maximumPixelCount: 70)) == nil)
            let refusal = error(bytes, ImageLimits(maximumPixelCount: 69))
            #expect(refusal?.kind == .limitExceeded)
            #expect(refusal?.detail.contains("10 x 7 = 70 pixels, at most 69") == true)
            #expect(error(bytes, ImageLimits(maximumByteCount: bytes.count)) == nil)
            #expect(
                error(bytes, ImageLimits(maximumByteCount: bytes.count - 1))?.kind == .limitExceeded
            )
        }
    }

    @Test("A decompression bomb is refused by its header, before its pixels")
    func refusesBomb() {
        var file = PNGFile(
            width: 100_000,
            height: 100_000,
            depth: 8,
            colorType: 2,
            extraChunks: [],
            rows: []
        )
        let refusal = error(file.encoded())
        #expect(refusal?.kind == .limitExceeded)
        #expect(refusal?.detail.contains("40000000") == true)
        file.width = .max
        #expect(error(file.encoded())?.kind == .malformed)
    }

    @Test("A side of zero is refused", arguments: [(0, 5), (5, 0)])
    func refusesZeroSize(_ width: Int, _ height: Int) {
        let file = PNGFile(
            width: UInt32(width),
            height: UInt32(height),
            depth: 8,
            colorType: 2,
            extraChunks: [],
            rows: []
        )
        #expect(error(file.encoded())?.kind == .malformed)
    }

    @Test("More progressive scans than allowed are refused")
    func limitsScans() throws {
        let image = try ImageFileEncoder.encodeJPEG(makePicture(width: 16, height: 16))
        #expect(error(image, ImageLimits(maximumScanCount: 0))?.kind == .limitExceeded)
        #expect(error(image, ImageLimits(maximumScanCount: 1)) == nil)
        let progressive = try fixtureBytes("pictures/progressive.jpg")
        #expect(error(progressive, ImageLimits(maximumScanCount: 9))?.kind == .limitExceeded)
        #expect(error(progressive, ImageLimits(maximumScanCount: 10)) == nil)
    }

    @Test("Every cut of a picture is an error, not a grey rest")
    func refusesTruncation() throws {
        let image = makePicture(width: 33, height: 21)
        for bytes in [
            try ImageFileEncoder.encodePNG(image), try ImageFileEncoder.encodeJPEG(image),
            try ImageFileEncoder.encodeWebP(image),
        ] {
            for count in 0..<bytes.count {
                let refusal = error(Array(bytes[..<count]))
                #expect(refusal != nil, "\(count) of \(bytes.count) bytes decode")
                if count > bytes.count / 2 { #expect(refusal?.kind == .truncated, "\(count)") }
            }
        }
    }

    @Test("A JPEG whose data is cut but whose end marker is there is truncated")
    func refusesPatchedTruncation() throws {
        let bytes = try ImageFileEncoder.encodeJPEG(makePicture(width: 64, height: 64))
        let patched = Array(bytes[..<(bytes.count - bytes.count / 4)]) + [0xff, 0xd9]
        #expect(error(patched)?.kind == .truncated)
    }

    @Test("A wrong checksum in a PNG is an error")
    func refusesChecksum() {
        var bytes = PNGFile(
            width: 1,
            height: 1,
            depth: 8,
            colorType: 2,
            extraChunks: [],
            rows: [[1, 2, 3]]
        ).encoded()
        bytes[29] ^= 1
        #expect(error(bytes)?.kind == .malformed)
    }

    @Test("Random damage never crashes")
    func survivesMutation() throws {
        let image = makePicture(width: 24, height: 17)
        var random = SeededRandom(seed: 31)
        let limits = ImageLimits(maximumPixelCount: 1 << 20)
        for original in [
            try ImageFileEncoder.encodePNG(image), try ImageFileEncoder.encodeJPEG(image),
            try ImageFileEncoder.encodeWebP(image), try fixtureBytes("pictures/jpeg420.jpg"),
            try fixtureBytes("pictures/cmyk.jpg"), try fixtureBytes("pictures/progressive.jpg"),
        ] {
            var refusedCount = 0
            for _ in 0..<400 {
                if error(mutated(original, using: &random), limits) != nil { refusedCount += 1 }
            }
            #expect(refusedCount > 40)
        }
    }
}
