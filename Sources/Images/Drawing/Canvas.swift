/// A colour of 8 bits per channel.
package struct Color: Hashable, Sendable {
    let red: UInt8
    let green: UInt8
    let blue: UInt8

    /// A colour of three channels.
    package init(red: UInt8, green: UInt8, blue: UInt8) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    /// A colour from its hexadecimal number, such as 0xff8800.
    package init(_ number: UInt32) {
        red = UInt8(number >> 16 & 255)
        green = UInt8(number >> 8 & 255)
        blue = UInt8(number & 255)
    }

    /// Any colour.
    package static func random(using random: inout some RandomNumberGenerator) -> Color {
        Color(UInt32.random(in: 0...0xff_ffff, using: &random))
    }
}

/// A picture to draw rectangles, lines and small words on; what lies outside is left out.
///
/// Coordinates: pixels from the upper left corner.
package struct Canvas {
    /// Columns.
    package let width: Int
    /// Rows.
    package let height: Int
    private var pixels: [UInt8]

    /// A canvas of one colour.
    ///
    /// - Precondition: Both sides are positive.
    package init(width: Int, height: Int, background: Color) {
        self.width = width
        self.height = height
        pixels = []
        pixels.reserveCapacity(width * height * 3)
        for _ in 0..<width * height {
            pixels += [background.red, background.green, background.blue]
        }
    }

    /// The picture so far.
    package var image: RGBImage { RGBImage(width: width, height: height, pixels: pixels) }

    /// Sets one pixel.
    package mutating func set(_ x: Int, _ y: Int, _ color: Color) {
        guard (0..<width).contains(x), (0..<height).contains(y) else { return }
        let start = (y * width + x) * 3
        pixels[start] = color.red
        pixels[start + 1] = color.green
        pixels[start + 2] = color.blue
    }

    /// Fills a rectangle.
    package mutating func fill(_ x: Int, _ y: Int, _ width: Int, _ height: Int, _ color: Color) {
        let (top, left) = (max(0, y), max(0, x))
        let (bottom, right) = (min(self.height, y + height), min(self.width, x + width))
        guard top < bottom, left < right else { return }
        for row in top..<bottom {
            for column in left..<right { set(column, row, color) }
        }
    }

    /// Draws a line of a thickness in pixels.
    ///
    /// Source: Bresenham's line algorithm.
    package mutating func line(
        from start: (x: Int, y: Int),
        to end: (x: Int, y: Int),
        _ color: Color,
        thickness: Int = 1
    ) {
        var (x, y) = start
        let (dx, dy) = (abs(end.x - x), -abs(end.y - y))
        let (stepX, stepY) = (x < end.x ? 1 : -1, y < end.y ? 1 : -1)
        var error = dx + dy
        while true {
            fill(x - thickness / 2, y - thickness / 2, thickness, thickness, color)
            if x == end.x && y == end.y { return }
            let doubled = 2 * error
            if doubled >= dy {
                error += dy
                x += stepX
            }
            if doubled <= dx {
                error += dx
                y += stepY
            }
        }
    }

    /// Writes words; letters without a glyph leave a gap.
    ///
    /// - Parameters:
    ///   - text: What to write, in one line.
    ///   - x: Left edge, in pixels.
    ///   - y: Upper edge, in pixels.
    ///   - color: Color of the glyphs.
    ///   - scale: Pixels per dot of a glyph.
    package mutating func write(_ text: String, _ x: Int, _ y: Int, _ color: Color, scale: Int = 2)
    {
        var left = x
        for character in text {
            for (row, bits) in BitmapFont.glyph(character).enumerated() {
                for column in 0..<BitmapFont.width
                where bits >> UInt8(BitmapFont.width - 1 - column) & 1 == 1 {
                    fill(left + column * scale, y + row * scale, scale, scale, color)
                }
            }
            left += (BitmapFont.width + 1) * scale
        }
    }

    /// Copies a picture, every pixel as a square of `scale` x `scale`.
    package mutating func draw(_ picture: RGBImage, _ x: Int, _ y: Int, scale: Int = 1) {
        for row in 0..<picture.height {
            for column in 0..<picture.width {
                let start = (row * picture.width + column) * 3
                let color = Color(
                    red: picture.pixels[start],
                    green: picture.pixels[start + 1],
                    blue: picture.pixels[start + 2]
                )
                fill(x + column * scale, y + row * scale, scale, scale, color)
            }
        }
    }

    /// Pixels that words take, gap after the last letter included.
    package static func width(of text: String, scale: Int = 2) -> Int {
        text.count * (BitmapFont.width + 1) * scale
    }
}
