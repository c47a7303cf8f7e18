import CImageCodecs

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

extension RGBImage {
    /// The picture turned upright.
    func upright(from orientation: ExifOrientation) -> RGBImage {
        guard orientation.value != 1 else { return self }
        var turned = [UInt8](repeating: 0, count: pixels.count)
        unsafe pixels.withUnsafeBufferPointer { source in
            unsafe turned.withUnsafeMutableBufferPointer { target in
                unsafe ilv_pixels_turn(
                    source.baseAddress,
                    UInt32(width),
                    UInt32(height),
                    Int32(orientation.value),
                    target.baseAddress
                )
            }
        }
        return orientation.swapsSides
            ? RGBImage(width: height, height: width, pixels: turned)
            : RGBImage(width: width, height: height, pixels: turned)
    }
}
