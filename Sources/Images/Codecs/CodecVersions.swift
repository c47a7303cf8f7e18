internal import CImageCodecs

/// The libraries that read and write picture files.
package enum CodecVersions {
    /// Name and version of each, such as `libpng 1.6.39`.
    package static var all: [String] {
        let webp = Int(ilv_webp_version())
        return [
            unsafe String(cString: ilv_jpeg_version()),
            "libpng " + (unsafe String(cString: ilv_png_version())),
            "libwebp \(webp >> 16).\(webp >> 8 & 0xff).\(webp & 0xff)",
            "zlib " + (unsafe String(cString: ilv_zlib_version())),
        ]
    }
}
