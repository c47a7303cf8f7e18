import Images
import TestSupport
import Testing

/// Pictures as people see them: upright, transparency over white, the first frame of an animation.
@Suite("Pictures as they are seen")
struct SeenPicturesTests {
    private static let stored = makePicture(width: 21, height: 13)

    /// Files of the same picture with an Exif block.
    private func files(_ exif: [UInt8]) throws -> [[UInt8]] {
        let image = Self.stored
        return [
            PictureContainers.jpeg(try ImageFileEncoder.encodeJPEG(image), exif: exif),
            PictureContainers.png(try ImageFileEncoder.encodePNG(image), exif: exif),
            PictureContainers.webp(
                try ImageFileEncoder.encodeWebP(image),
                width: image.width,
                height: image.height,
                exif: exif
            ),
        ]
    }

    /// Where the pixel at a column and row of the upright picture is stored (Exif, tag 274).
    private func source(
        _ orientation: Int,
        _ x: Int,
        _ y: Int,
        _ width: Int,
        _ height: Int
    ) -> (x: Int, y: Int) {
        switch orientation {
        case 2: (width - 1 - x, y)
        case 3: (width - 1 - x, height - 1 - y)
        case 4: (x, height - 1 - y)
        case 5: (y, x)
        case 6: (y, height - 1 - x)
        case 7: (width - 1 - y, height - 1 - x)
        case 8: (width - 1 - y, x)
        default: (x, y)
        }
    }

    @Test("Every orientation of a JPEG, a PNG and a WebP stands upright", arguments: 1...8)
    func turns(_ orientation: Int) throws {
        for isBigEndian in [true, false] {
            let exif = PictureContainers.exif(
                orientation: orientation,
                isBigEndian: isBigEndian
            )
            for file in try files(exif) {
                let stored = try ImageFileDecoder.decode(file)
                let seen = try ImageFileDecoder.decode(file, as: .seen)
                let swaps = orientation >= 5
                try #require(seen.width == (swaps ? stored.height : stored.width))
                try #require(seen.height == (swaps ? stored.width : stored.height))
                var expected: [UInt8] = []
                for y in 0..<seen.height {
                    for x in 0..<seen.width {
                        let place = source(orientation, x, y, stored.width, stored.height)
                        let start = (place.y * stored.width + place.x) * 3
                        expected += stored.pixels[start..<start + 3]
                    }
                }
                #expect(seen.pixels == expected)
            }
        }
    }

    @Test("A large picture is turned as a small one is")
    func turnsInSquares() throws {
        let image = makePicture(width: 70, height: 45)
        let file = PictureContainers.png(
            try ImageFileEncoder.encodePNG(image),
            exif: PictureContainers.exif(orientation: 6)
        )
        let seen = try ImageFileDecoder.decode(file, as: .seen)
        #expect(seen.width == 45)
        for (x, y) in [(0, 0), (44, 0), (0, 69), (44, 69), (31, 32), (32, 31)] {
            let place = source(6, x, y, 70, 45)
            let (target, origin) = ((y * 45 + x) * 3, (place.y * 70 + place.x) * 3)
            #expect(seen.pixels[target] == image.pixels[origin])
            #expect(seen.pixels[target + 1] == image.pixels[origin + 1])
        }
    }

    @Test("Stored pixels stay as they are whatever the file says")
    func keepsStored() throws {
        let exif = PictureContainers.exif(orientation: 6)
        let plain = try ImageFileEncoder.encodePNG(Self.stored)
        #expect(
            try ImageFileDecoder.decode(PictureContainers.png(plain, exif: exif)) == Self.stored
        )
    }

    @Test("Exif blocks that are wrong turn nothing and harm nothing")
    func survivesHostileExif() throws {
        let good = PictureContainers.exif(orientation: 6)
        var blocks: [[UInt8]] = (0...good.count).map { Array(good[..<$0]) }
        blocks = blocks.filter { $0.count < 32 }
        for orientation in [0, 9, 255, 65535] {
            blocks.append(PictureContainers.exif(orientation: orientation))
        }
        // A directory beyond the end, and one that says it has 65,535 entries.
        blocks.append([0x4D, 0x4D, 0, 42, 0xFF, 0xFF, 0xFF, 0xFF])
        blocks.append(
            [0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0xFF, 0xFF] + [UInt8](repeating: 1, count: 60)
        )
        // A type that is no SHORT, and two values.
        var other = good
        other[25] = 4
        blocks.append(other)
        other = good
        other[29] = 2
        blocks.append(other)
        for block in blocks {
            for file in try files(block) {
                let seen = try ImageFileDecoder.decode(file, as: .seen)
                #expect(seen == (try ImageFileDecoder.decode(file)))
            }
        }
        var random = SeededRandom(seed: 5)
        for _ in 0..<200 {
            var file = try files(good)[Int.random(in: 0..<3, using: &random)]
            for _ in 0..<3 {
                file[Int.random(in: 0..<min(90, file.count), using: &random)] =
                    UInt8.random(in: 0...255, using: &random)
            }
            _ = try? ImageFileDecoder.decode(
                file,
                limits: ImageLimits(maximumPixelCount: 1 << 16),
                as: .seen
            )
        }
    }

    // MARK: - Transparency

    private static func overWhite(_ value: Int, _ alpha: Int) -> UInt8 {
        UInt8((Double(value * alpha + 255 * (255 - alpha)) / 255).rounded())
    }

    struct Transparent: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let depth: UInt8
        let colorType: UInt8
        let rows: [[UInt8]]
        var extraChunks: [(String, [UInt8])] = []
        /// Grey or red, green, blue and alpha of each of the four pixels.
        let expected: [[Int]]
    }

    static let transparent: [Transparent] = [
        Transparent(
            testDescription: "RGBA",
            depth: 8,
            colorType: 6,
            rows: [[1, 2, 3, 0, 40, 50, 60, 128], [7, 8, 9, 255, 200, 0, 100, 1]],
            expected: [[1, 2, 3, 0], [40, 50, 60, 128], [7, 8, 9, 255], [200, 0, 100, 1]]
        ),
        Transparent(
            testDescription: "grey with alpha",
            depth: 8,
            colorType: 4,
            rows: [[0, 0, 85, 10], [170, 255, 90, 200]],
            expected: [[0, 0, 0, 0], [85, 85, 85, 10], [170, 170, 170, 255], [90, 90, 90, 200]]
        ),
        Transparent(
            testDescription: "16-bit RGBA",
            depth: 16,
            colorType: 6,
            rows: [
                [1, 9, 2, 9, 3, 9, 0, 0, 40, 1, 50, 1, 60, 1, 128, 0],
                [7, 0, 8, 0, 9, 0, 255, 255, 200, 0, 0, 0, 100, 0, 1, 0],
            ],
            expected: [[1, 2, 3, 0], [40, 50, 60, 128], [7, 8, 9, 255], [200, 0, 100, 1]]
        ),
        Transparent(
            testDescription: "16-bit grey with alpha",
            depth: 16,
            colorType: 4,
            rows: [[5, 0, 0, 255, 85, 0, 10, 0], [170, 0, 255, 0, 90, 0, 200, 0]],
            expected: [[5, 5, 5, 0], [85, 85, 85, 10], [170, 170, 170, 255], [90, 90, 90, 200]]
        ),
        Transparent(
            testDescription: "palette with alpha",
            depth: 8,
            colorType: 3,
            rows: [[0, 1], [2, 1]],
            extraChunks: [("PLTE", [9, 8, 7, 60, 50, 40, 200, 201, 202]), ("tRNS", [0, 128])],
            expected: [
                [9, 8, 7, 0], [60, 50, 40, 128], [200, 201, 202, 255], [60, 50, 40, 128],
            ]
        ),
        Transparent(
            testDescription: "grey with a transparent value",
            depth: 8,
            colorType: 0,
            rows: [[0, 85], [170, 85]],
            extraChunks: [("tRNS", [0, 85])],
            expected: [[0, 0, 0, 255], [85, 85, 85, 0], [170, 170, 170, 255], [85, 85, 85, 0]]
        ),
        Transparent(
            testDescription: "RGB with a transparent colour",
            depth: 8,
            colorType: 2,
            rows: [[1, 2, 3, 1, 2, 4], [9, 9, 9, 1, 2, 3]],
            extraChunks: [("tRNS", [0, 1, 0, 2, 0, 3])],
            expected: [[1, 2, 3, 0], [1, 2, 4, 255], [9, 9, 9, 255], [1, 2, 3, 0]]
        ),
        Transparent(
            testDescription: "16-bit grey with a transparent value, compared in all its bits",
            depth: 16,
            colorType: 0,
            rows: [[85, 1, 85, 2], [0, 0, 85, 1]],
            extraChunks: [("tRNS", [85, 1])],
            expected: [[85, 85, 85, 0], [85, 85, 85, 255], [0, 0, 0, 255], [85, 85, 85, 0]]
        ),
    ]

    @Test("Transparent pixels of a PNG are laid over white", arguments: transparent)
    func laysOverWhite(_ picture: Transparent) throws {
        let file = PNGFile(
            width: 2,
            height: 2,
            depth: picture.depth,
            colorType: picture.colorType,
            extraChunks: picture.extraChunks,
            rows: picture.rows
        ).encoded()
        let expected = picture.expected.flatMap { pixel in
            pixel[..<3].map { Self.overWhite($0, pixel[3]) }
        }
        #expect(try ImageFileDecoder.decode(file, as: .seen).pixels == expected)
    }

    @Test("Transparent pixels of a WebP are laid over white")
    func laysWebPOverWhite() throws {
        let file = try fixtureBytes("pictures/lossless_alpha.webp")
        let stored = try ImageFileDecoder.decode(file)
        let seen = try ImageFileDecoder.decode(file, as: .seen)
        var expected: [UInt8] = []
        for y in 0..<stored.height {
            for x in 0..<stored.width {
                // As the fixture's maker drew it.
                let alpha = (x * 6 + y * 3) % 256
                let start = (y * stored.width + x) * 3
                expected += (0..<3).map {
                    Self.overWhite(Int(stored.pixels[start + $0]), alpha)
                }
            }
        }
        #expect(seen.pixels == expected)
    }

    // MARK: - Animations

    @Test("An animated WebP is its first frame, on a canvas that is white around it")
    func firstFrameOfWebP() throws {
        let first = makePicture(width: 8, height: 6)
        let second = RGBImage(
            width: 8,
            height: 6,
            pixels: [UInt8](repeating: 9, count: 8 * 6 * 3)
        )
        let (one, two) = (
            try ImageFileEncoder.encodeWebP(first), try ImageFileEncoder.encodeWebP(second)
        )
        let file = PictureContainers.animation(
            [(one, 4, 2, 8, 6), (two, 0, 0, 8, 6)],
            width: 16,
            height: 10
        )
        let seen = try ImageFileDecoder.decode(file, as: .seen)
        let frame = try ImageFileDecoder.decode(one)
        #expect(seen.width == 16 && seen.height == 10)
        #expect(seen.cropped(columns: 4..<12, rows: 2..<8) == frame)
        #expect(seen.cropped(columns: 0..<4, rows: 0..<10).pixels.allSatisfy { $0 == 255 })
        for count in stride(from: 0, to: file.count, by: 7) {
            _ = try? ImageFileDecoder.decode(Array(file[..<count]), as: .seen)
        }
    }

    @Test("An animated PNG is its first frame")
    func firstFrameOfPNG() throws {
        let control: [UInt8] = [0, 0, 0, 2, 0, 0, 0, 0]
        let file = PNGFile(
            width: 2,
            height: 1,
            depth: 8,
            colorType: 2,
            extraChunks: [("acTL", control)],
            rows: [[1, 2, 3, 4, 5, 6]]
        ).encoded()
        #expect(try ImageFileDecoder.decode(file, as: .seen).pixels == [1, 2, 3, 4, 5, 6])
    }

    // MARK: - Ending

    @Test("Decoding ends at the next rows once it is to stop")
    func stops() throws {
        let image = makePicture(width: 64, height: 400)
        for file in [
            try ImageFileEncoder.encodePNG(image), try ImageFileEncoder.encodeJPEG(image),
        ] {
            var questions = 0
            let error = #expect(throws: ImageError.self) {
                _ = try ImageFileDecoder.decode(file) {
                    questions += 1
                    return questions == 4
                }
            }
            #expect(error?.kind == .stopped)
            #expect(questions == 4)
        }
    }
}
