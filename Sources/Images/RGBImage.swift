/// A picture of 8-bit RGB samples.
///
/// Layout: `pixels` [height, width, 3], rows without gaps, sRGB values as stored in the file.
package struct RGBImage: Sendable, Equatable {
    /// Number of columns, at least 1.
    package let width: Int
    /// Number of rows, at least 1.
    package let height: Int
    /// Samples, [height, width, 3].
    package let pixels: [UInt8]

    /// Wraps samples.
    ///
    /// - Precondition: Both sides are positive and `pixels` has width x height x 3 elements.
    package init(width: Int, height: Int, pixels: [UInt8]) {
        precondition(width > 0 && height > 0, "a picture of \(width) x \(height)")
        precondition(
            pixels.count == width * height * 3,
            "\(pixels.count) samples for \(width) x \(height) x 3"
        )
        self.width = width
        self.height = height
        self.pixels = pixels
    }
}
