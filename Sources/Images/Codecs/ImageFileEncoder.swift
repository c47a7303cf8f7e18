import CImageCodecs

/// A text to store in a PNG file.
package struct PNGText: Sendable, Equatable {
    /// 1 to 79 printable ASCII characters, no space at either end, for example `parameters`.
    package let keyword: String
    /// Any text without NUL.
    ///
    /// ASCII is stored as tEXt, anything else as iTXt.
    package let text: String

    package init(keyword: String, text: String) {
        self.keyword = keyword
        self.text = text
    }
}

/// Encodes pictures.
///
/// The same pixels and settings always give the same bytes.
package enum ImageFileEncoder {
    /// Encodes as PNG, 8-bit RGB, with text chunks before the pixels.
    ///
    /// - Parameters:
    ///   - image: The pixels.
    ///   - texts: Chunks of text, in this order.
    ///   - compressionLevel: That of zlib, 0 (none) to 9 (smallest).
    /// - Returns: The bytes of the file.
    /// - Throws: ``ImageError`` of kind `invalidText` or `outOfMemory`.
    /// - Precondition: `compressionLevel` is 0 to 9.
    /// - Source: PNG (W3C, third edition) §11.3.3.
    package static func encodePNG(
        _ image: RGBImage,
        texts: [PNGText] = [],
        compressionLevel: Int = 6
    ) throws(ImageError) -> [UInt8] {
        precondition((0...9).contains(compressionLevel), "compression level \(compressionLevel)")
        for text in texts { try check(text) }
        let (width, height) = try sides(of: image, .png)
        let keywords = NullTerminatedStrings(texts.map(\.keyword))
        let values = NullTerminatedStrings(texts.map(\.text))
        return try unsafe CodecCall.runEncoder(.png) { output, count, message in
            unsafe image.pixels.withUnsafeBufferPointer { pixels in
                unsafe keywords.withPointers { keywords in
                    unsafe values.withPointers { values in
                        unsafe ilv_png_encode(
                            pixels.baseAddress,
                            width,
                            height,
                            Int32(compressionLevel),
                            keywords,
                            values,
                            texts.count,
                            output,
                            count,
                            message
                        )
                    }
                }
            }
        }
    }

    /// Encodes as baseline JPEG with 4:2:0 chroma.
    ///
    /// - Throws: ``ImageError`` of kind `unsupported` if a side is above 65,500 pixels, `outOfMemory`.
    /// - Precondition: `quality` is 1 to 100.
    package static func encodeJPEG(
        _ image: RGBImage,
        quality: Int = 90
    ) throws(ImageError) -> [UInt8] {
        precondition((1...100).contains(quality), "quality \(quality)")
        let (width, height) = try sides(of: image, .jpeg)
        return try unsafe CodecCall.runEncoder(.jpeg) { output, count, message in
            unsafe image.pixels.withUnsafeBufferPointer { pixels in
                unsafe ilv_jpeg_encode(
                    pixels.baseAddress,
                    width,
                    height,
                    Int32(quality),
                    output,
                    count,
                    message
                )
            }
        }
    }

    /// Encodes as lossy WebP.
    ///
    /// - Throws: ``ImageError`` of kind `unsupported` if a side is above 16,383 pixels, `outOfMemory`.
    /// - Precondition: `quality` is 1 to 100.
    package static func encodeWebP(
        _ image: RGBImage,
        quality: Int = 90
    ) throws(ImageError) -> [UInt8] {
        precondition((1...100).contains(quality), "quality \(quality)")
        let (width, height) = try sides(of: image, .webp)
        return try unsafe CodecCall.runEncoder(.webp) { output, count, message in
            unsafe image.pixels.withUnsafeBufferPointer { pixels in
                unsafe ilv_webp_encode(
                    pixels.baseAddress,
                    width,
                    height,
                    Float(quality),
                    output,
                    count,
                    message
                )
            }
        }
    }

    /// The sides as the codecs take them; each format has its own lower limit.
    private static func sides(
        of image: RGBImage,
        _ format: ImageFormat
    ) throws(ImageError) -> (UInt32, UInt32) {
        let maximum = format == .webp ? 16_383 : format == .jpeg ? 65_500 : Int(Int32.max)
        guard image.width <= maximum, image.height <= maximum else {
            throw ImageError(
                .unsupported,
                format: format,
                "\(image.width) x \(image.height): no side may be above \(maximum) pixels"
            )
        }
        return (UInt32(image.width), UInt32(image.height))
    }

    private static func check(_ text: PNGText) throws(ImageError) {
        let keyword = Array(text.keyword.utf8)
        guard (1...79).contains(keyword.count), keyword.allSatisfy({ (0x20...0x7e).contains($0) }),
            keyword.first != 0x20, keyword.last != 0x20, !text.keyword.contains("  ")
        else {
            throw ImageError(
                .invalidText,
                format: .png,
                "the keyword `\(text.keyword)` is not 1 to 79 printable ASCII characters"
            )
        }
        guard !text.text.utf8.contains(0) else {
            throw ImageError(
                .invalidText,
                format: .png,
                "the text under `\(text.keyword)` contains NUL"
            )
        }
    }
}
