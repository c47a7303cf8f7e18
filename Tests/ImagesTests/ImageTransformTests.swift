import Images
import Testing

@Suite("Picture preprocessing")
struct ImageTransformTests {
    @Test(
        "Equals Pillow's result in every sample",
        arguments: [
            "landscape_rgba.png", "portrait_gray.png", "jpeg420.jpg", "jpeg444.jpg", "big_rgb.png",
            "small_rgb.png", "exact224.png", "square512.png", "odd_449x225.png",
        ]
    )
    func equalsReference(_ file: String) throws {
        let name = file.split(separator: ".")[0]
        let image = try ImageFileDecoder.decode(try fixtureBytes("pictures/\(file)"))
        let expected = try ImageFileDecoder.decode(
            try fixtureBytes("expected/\(name).transformed.png")
        )
        let result = ImageTransform(resolution: 224).apply(to: image)
        #expect(difference(result, expected) == Difference())
    }

    @Test(
        "A window of a resized picture equals the resized picture cropped",
        arguments: ResamplingFilter.allCases
    )
    func windowEqualsCrop(_ filter: ResamplingFilter) {
        let image = makePicture(width: 37, height: 53)
        for (width, height) in [(11, 90), (80, 17), (37, 20), (20, 53), (37, 53), (1, 1)] {
            let whole = image.resized(width: width, height: height, filter: filter)
            let columns = width / 3..<max(width / 3 + 1, width - 2)
            let rows = height / 4..<max(height / 4 + 1, height - 1)
            let window = image.resized(
                width: width,
                height: height,
                filter: filter,
                columns: columns,
                rows: rows
            )
            #expect(window == whole.cropped(columns: columns, rows: rows))
        }
    }

    @Test("Halving with the box filter averages 2 x 2 samples, rounding after each pass")
    func boxAverages() {
        let image = RGBImage(
            width: 2,
            height: 2,
            pixels: [0, 10, 255, 1, 20, 255, 2, 30, 255, 2, 41, 254]
        )
        // Rows first: (0+1)/2 -> 1, (2+2)/2 -> 2; then (1+2)/2 -> 2. Likewise 15 and 36 give 26, 255 and 255.
        #expect(
            image.resized(width: 1, height: 1, filter: .box)
                == RGBImage(width: 1, height: 1, pixels: [2, 26, 255])
        )
    }

    @Test("A picture of one colour keeps it through every filter and scale")
    func keepsConstant() {
        let image = RGBImage(
            width: 9,
            height: 5,
            pixels: (0..<45).flatMap { _ in [0, 77, 255] as [UInt8] }
        )
        for filter in ResamplingFilter.allCases {
            let result = image.resized(width: 31, height: 2, filter: filter)
            #expect(result.pixels == (0..<62).flatMap { _ in [0, 77, 255] as [UInt8] })
        }
    }

    @Test(
        "The result is square for extreme and tiny pictures",
        arguments: [(1, 1), (1, 30_000), (30_000, 1), (2, 3), (447, 448), (448, 448), (449, 900)]
    )
    func handlesExtremes(_ width: Int, _ height: Int) {
        let result = ImageTransform(resolution: 224).apply(
            to: makePicture(width: width, height: height)
        )
        #expect(result.width == 224 && result.height == 224)
    }

    @Test("Works at other resolutions, and leaves a picture of the right size alone")
    func otherResolutions() {
        let image = makePicture(width: 56, height: 56)
        #expect(ImageTransform(resolution: 56).apply(to: image) == image)
        #expect(ImageTransform(resolution: 14).apply(to: image).width == 14)
    }
}
