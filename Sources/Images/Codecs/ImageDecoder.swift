import CImageCodecs

/// Decodes JPEG, PNG and WebP, recognised by their first bytes.
///
/// The result equals what Pillow's `Image.open(...).convert("RGB")` gives with libjpeg-turbo: alpha is dropped
/// without blending, palettes and grey are expanded, ICC profiles and gamma are ignored, CMYK is converted
/// without a profile. An EXIF orientation is ignored too: the reference does not turn pictures. 16-bit samples keep
/// their high byte (Pillow does the same for colour; 16-bit grey it clips to white, which is not repeated here).
/// Animations are refused.
package enum ImageDecoder {
    /// Decodes a picture.
    ///
    /// The size in the header is checked before pixel memory is allocated. Data that ends early is an error, also where
    /// the libraries would fill in grey.
    ///
    /// Threads: any; nothing is shared.
    ///
    /// - Throws: ``ImageError``.
    package static func decode(
        _ bytes: Span<UInt8>,
        limits: ImageLimits = ImageLimits()
    ) throws(ImageError) -> RGBImage {
        guard bytes.count <= limits.maximumByteCount else {
            throw ImageError(
                .limitExceeded,
                "\(bytes.count) bytes, at most \(limits.maximumByteCount) are allowed"
            )
        }
        guard let format = ImageFormat(sniffing: bytes) else {
            throw ImageError(.unknownFormat, "neither JPEG, PNG nor WebP (\(bytes.count) bytes)")
        }
        let (width, height) = try readSize(of: bytes, format)
        guard width > 0, height > 0 else {
            throw ImageError(.malformed, format: format, "a picture of \(width) x \(height)")
        }
        // Both factors are below 2^32: the product of two Ints cannot overflow an unsigned 64-bit number.
        let pixelCount = UInt64(width) * UInt64(height)
        guard pixelCount <= UInt64(limits.maximumPixelCount) else {
            throw ImageError(
                .limitExceeded,
                format: format,
                "\(width) x \(height) = \(pixelCount) pixels, at most \(limits.maximumPixelCount) are allowed"
            )
        }
        var pixels = [UInt8](repeating: 0, count: Int(pixelCount) * 3)
        try decode(
            bytes,
            format,
            into: &pixels,
            width: width,
            height: height,
            maximumScanCount: limits.maximumScanCount
        )
        return RGBImage(width: Int(width), height: Int(height), pixels: pixels)
    }

    /// Decodes a picture held in an array.
    ///
    /// - Throws: ``ImageError``.
    package static func decode(
        _ bytes: [UInt8],
        limits: ImageLimits = ImageLimits()
    ) throws(ImageError) -> RGBImage {
        try decode(bytes.span, limits: limits)
    }

    private static func readSize(
        of bytes: Span<UInt8>,
        _ format: ImageFormat
    ) throws(ImageError) -> (UInt32, UInt32) {
        var width: UInt32 = 0
        var height: UInt32 = 0
        try unsafe CodecCall.run(format) { message in
            unsafe bytes.withUnsafeBufferPointer { buffer in
                switch format {
                case .jpeg:
                    unsafe ilv_jpeg_read_size(
                        buffer.baseAddress,
                        buffer.count,
                        &width,
                        &height,
                        message
                    )
                case .png:
                    unsafe ilv_png_read_size(
                        buffer.baseAddress,
                        buffer.count,
                        &width,
                        &height,
                        message
                    )
                case .webp:
                    unsafe ilv_webp_read_size(
                        buffer.baseAddress,
                        buffer.count,
                        &width,
                        &height,
                        message
                    )
                }
            }
        }
        return (width, height)
    }

    private static func decode(
        _ bytes: Span<UInt8>,
        _ format: ImageFormat,
        into pixels: inout [UInt8],
        width: UInt32,
        height: UInt32,
        maximumScanCount: Int
    ) throws(ImageError) {
        let scanCount = Int32(clamping: maximumScanCount)
        try unsafe CodecCall.run(format) { message in
            unsafe bytes.withUnsafeBufferPointer { buffer in
                unsafe pixels.withUnsafeMutableBufferPointer { target in
                    switch format {
                    case .jpeg:
                        unsafe ilv_jpeg_decode(
                            buffer.baseAddress,
                            buffer.count,
                            target.baseAddress,
                            width,
                            height,
                            scanCount,
                            message
                        )
                    case .png:
                        unsafe ilv_png_decode(
                            buffer.baseAddress,
                            buffer.count,
                            target.baseAddress,
                            width,
                            height,
                            message
                        )
                    case .webp:
                        unsafe ilv_webp_decode(
                            buffer.baseAddress,
                            buffer.count,
                            target.baseAddress,
                            width,
                            height,
                            message
                        )
                    }
                }
            }
        }
    }
}
