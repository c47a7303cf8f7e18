import Images
import Testing

@Suite("Picture encoding")
struct ImageFileEncoderTests {
    @Test("PNG gives back every sample, at every compression level", arguments: [0, 6, 9])
    func roundTripsPNG(_ level: Int) throws {
        let image = makePicture(width: 41, height: 23)
        let bytes = try ImageFileEncoder.encodePNG(image, compressionLevel: level)
        #expect(try ImageFileDecoder.decode(bytes) == image)
    }

    @Test("JPEG and WebP come close to a smooth picture, closer with quality")
    func roundTripsLossy() throws {
        var pixels: [UInt8] = []
        for row in 0..<64 {
            for column in 0..<64 { pixels += [UInt8(row * 2), UInt8(column * 2), 128] }
        }
        let image = RGBImage(width: 64, height: 64, pixels: pixels)
        func distance(_ bytes: [UInt8]) throws -> Int {
            zip(try ImageFileDecoder.decode(bytes).pixels, image.pixels)
                .reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
        }
        let (fine, coarse) = (95, 5)
        #expect(
            try distance(try ImageFileEncoder.encodeJPEG(image, quality: fine)) < 64 * 64 * 3 * 2
        )
        #expect(
            try distance(try ImageFileEncoder.encodeJPEG(image, quality: coarse))
                > distance(try ImageFileEncoder.encodeJPEG(image, quality: fine))
        )
        #expect(
            try distance(try ImageFileEncoder.encodeWebP(image, quality: fine)) < 64 * 64 * 3 * 4
        )
    }

    @Test("Texts are stored before the pixels: ASCII as tEXt, others as iTXt in UTF-8")
    func storesTexts() throws {
        let image = makePicture(width: 3, height: 3)
        let bytes = try ImageFileEncoder.encodePNG(
            image,
            texts: [
                PNGText(keyword: "parameters", text: "steps 30, seed 42"),
                PNGText(keyword: "Description", text: "ein Käfer 🐞"),
            ]
        )
        #expect(try ImageFileDecoder.decode(bytes) == image)
        let chunks = PNGFile.chunks(of: bytes)
        #expect(chunks.map(\.name) == ["IHDR", "tEXt", "iTXt", "IDAT", "IEND"])
        #expect(chunks[1].data == Array("parameters\0steps 30, seed 42".utf8))
        #expect(chunks[2].data == Array("Description\0\0\0\0\0ein Käfer 🐞".utf8))
    }

    @Test(
        "Refuses texts that PNG cannot hold",
        arguments: [
            ("", "x"), (String(repeating: "k", count: 80), "x"), ("ä", "x"), (" k", "x"),
            ("k ", "x"),
            ("a  b", "x"), ("k\n", "x"), ("k", "a\0b"),
        ]
    )
    func refusesTexts(_ keyword: String, _ text: String) {
        #expect {
            _ = try ImageFileEncoder.encodePNG(
                makePicture(width: 1, height: 1),
                texts: [PNGText(keyword: keyword, text: text)]
            )
        } throws: {
            ($0 as? ImageError)?.kind == .invalidText
        }
    }

    @Test("A keyword of 79 characters is stored")
    func keywordLimit() throws {
        let text = PNGText(keyword: String(repeating: "k", count: 79), text: "")
        let bytes = try ImageFileEncoder.encodePNG(makePicture(width: 1, height: 1), texts: [text])
        #expect(PNGFile.chunks(of: bytes)[1].data.count == 80)
    }

    @Test("Refuses a side that the format cannot hold")
    func refusesSides() {
        let wide = makePicture(width: 65_501, height: 1)
        for encode in [
            { try ImageFileEncoder.encodeJPEG(wide) }, { try ImageFileEncoder.encodeWebP(wide) },
        ] {
            #expect { _ = try encode() } throws: { ($0 as? ImageError)?.kind == .unsupported }
        }
    }
}
