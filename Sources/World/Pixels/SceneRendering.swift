package import Images

extension Scene {
    /// Columns and rows of the world's pictures.
    package static let pictureSide = Layout.side

    /// The scene as a picture, painted in the order of the objects.
    ///
    /// A pixel of which c of 16 samples are covered is `(below · (16 - c) + colour · c + 8) / 16`.
    package var picture: RGBImage {
        var pixels = [Int](repeating: level, count: Layout.side * Layout.side * 3)
        for thing in things {
            let color = thing.hue.channels
            Self.forEachPixel(of: thing) { index, count in
                for channel in 0..<3 {
                    let below = pixels[3 * index + channel]
                    pixels[3 * index + channel] =
                        (below * (16 - count) + color[channel] * count + 8) / 16
                }
            }
        }
        return Self.image(pixels)
    }

    /// The scene as a colour map: a pixel belongs to a shape that covers half of it.
    package var segmentationMap: RGBImage {
        var pixels = [Int](repeating: 0, count: Layout.side * Layout.side * 3)
        for thing in things {
            let color = Self.mapColors[thing.shape.rawValue]
            Self.forEachPixel(of: thing) { index, count in
                if count >= 8 { pixels.replaceSubrange(3 * index..<3 * index + 3, with: color) }
            }
        }
        return Self.image(pixels)
    }

    /// Colours of a segmentation map, by shape.
    private static let mapColors = [
        [255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 0], [255, 0, 255], [0, 255, 255],
    ]

    private static func image(_ pixels: [Int]) -> RGBImage {
        RGBImage(width: Layout.side, height: Layout.side, pixels: pixels.map(UInt8.init))
    }

    /// Tells the pixels of a picture that lie around an object's cell, and how many samples it covers.
    private static func forEachPixel(
        of thing: Thing,
        _ body: (_ index: Int, _ count: Int) -> Void
    ) {
        let coverage = Coverage(thing)
        let top = Layout.firstCenter + Layout.centerStep * thing.cell.row - Coverage.side / 2
        let left = Layout.firstCenter + Layout.centerStep * thing.cell.column - Coverage.side / 2
        for row in 0..<Coverage.side where (0..<Layout.side).contains(top + row) {
            for column in 0..<Coverage.side where (0..<Layout.side).contains(left + column) {
                let count = coverage.counts[row * Coverage.side + column]
                if count > 0 { body((top + row) * Layout.side + left + column, count) }
            }
        }
    }
}
