import CImageCodecs

/// Decodes JPEG, PNG and WebP, recognised by their first bytes.
///
/// Palettes and grey are expanded, ICC profiles and gamma are ignored, CMYK is converted without a profile. 16-bit samples
/// keep their high byte (Pillow does the same for colour; 16-bit grey it clips to white, which is not repeated here).
/// Of an animation the first frame is decoded. What becomes of transparency and of an Exif orientation, ``Appearance``
/// says.
package enum ImageFileDecoder {
    /// Which of a file's pixels are wanted.
    package enum Appearance: Sendable {
        /// As they are stored: what Pillow's `Image.open(...).convert("RGB")` gives with libjpeg-turbo, and so what the
        /// reference sees. Alpha is dropped without blending, nothing is turned.
        case stored
        /// As people see them: turned upright, transparency over white.
        case seen
    }

    /// What a file's first bytes say.
    package struct Header: Sendable, Equatable {
        /// The encoding.
        package let format: ImageFormat
        /// Columns as they are stored.
        package let width: Int
        /// Rows as they are stored.
        package let height: Int

        /// Pixels of the picture.
        package var pixelCount: Int { width * height }
    }

    /// Reads the size of a picture and checks it, without decoding or allocating any pixels.
    ///
    /// - Throws: ``ImageError``, of kind `limitExceeded` if the picture may not be decoded.
    package static func header(
        of bytes: Span<UInt8>,
        limits: ImageLimits = ImageLimits()
    ) throws(ImageError) -> Header {
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
        return Header(format: format, width: Int(width), height: Int(height))
    }

    /// Decodes a picture.
    ///
    /// The size in the header is checked before pixel memory is allocated. Data that ends early is an error, also where
    /// the libraries would fill in grey.
    ///
    /// Threads: any; nothing is shared.
    ///
    /// - Parameters:
    ///   - bytes: The file.
    ///   - limits: Most pixels.
    ///   - appearance: Whether pixels are told as they are stored or as they are seen.
    ///   - shouldStop: Asked every few rows (of WebP before the first only); once it says yes the error is of kind `stopped`.
    /// - Returns: The pixels.
    /// - Throws: ``ImageError``.
    package static func decode(
        _ bytes: Span<UInt8>,
        limits: ImageLimits = ImageLimits(),
        as appearance: Appearance = .stored,
        shouldStop: () -> Bool = { false }
    ) throws(ImageError) -> RGBImage {
        let header = try header(of: bytes, limits: limits)
        guard !shouldStop() else { throw ImageError(.stopped, format: header.format, "stopped") }
        var pixels = [UInt8](repeating: 0, count: header.pixelCount * 3)
        try decode(
            bytes,
            header,
            into: &pixels,
            isOverWhite: appearance == .seen,
            maximumScanCount: limits.maximumScanCount,
            shouldStop: shouldStop
        )
        let image = RGBImage(width: header.width, height: header.height, pixels: pixels)
        guard appearance == .seen else { return image }
        return image.upright(from: ExifOrientation(of: bytes, header.format))
    }

    /// Decodes a picture held in an array.
    ///
    /// - Throws: ``ImageError``.
    package static func decode(
        _ bytes: [UInt8],
        limits: ImageLimits = ImageLimits(),
        as appearance: Appearance = .stored,
        shouldStop: () -> Bool = { false }
    ) throws(ImageError) -> RGBImage {
        try decode(bytes.span, limits: limits, as: appearance, shouldStop: shouldStop)
    }

    private static func readSize(
        of bytes: Span<UInt8>,
        _ format: ImageFormat
    ) throws(ImageError) -> (UInt32, UInt32) {
        var width: UInt32 = 0
        var height: UInt32 = 0
        try unsafe CodecCall.run(format) { message in
            unsafe bytes.withUnsafeBufferPointer { buffer in
                let read =
                    switch format {
                    case .jpeg: unsafe ilv_jpeg_read_size
                    case .png: unsafe ilv_png_read_size
                    case .webp: unsafe ilv_webp_read_size
                    }
                return unsafe read(buffer.baseAddress, buffer.count, &width, &height, message)
            }
        }
        return (width, height)
    }

    private static func decode(
        _ bytes: Span<UInt8>,
        _ header: Header,
        into pixels: inout [UInt8],
        isOverWhite: Bool,
        maximumScanCount: Int,
        shouldStop: () -> Bool
    ) throws(ImageError) {
        let (width, height) = (UInt32(header.width), UInt32(header.height))
        let scanCount = Int32(clamping: maximumScanCount)
        try unsafe CodecCall.run(header.format, shouldStop: shouldStop) { poll, context, message in
            unsafe bytes.withUnsafeBufferPointer { buffer in
                unsafe pixels.withUnsafeMutableBufferPointer { target in
                    switch header.format {
                    case .jpeg:
                        unsafe ilv_jpeg_decode(
                            buffer.baseAddress,
                            buffer.count,
                            target.baseAddress,
                            width,
                            height,
                            scanCount,
                            poll,
                            context,
                            message
                        )
                    case .png:
                        unsafe ilv_png_decode(
                            buffer.baseAddress,
                            buffer.count,
                            target.baseAddress,
                            width,
                            height,
                            isOverWhite ? 1 : 0,
                            poll,
                            context,
                            message
                        )
                    case .webp:
                        unsafe ilv_webp_decode(
                            buffer.baseAddress,
                            buffer.count,
                            target.baseAddress,
                            width,
                            height,
                            isOverWhite ? 1 : 0,
                            message
                        )
                    }
                }
            }
        }
    }
}
