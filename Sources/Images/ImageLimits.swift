/// Bounds on what an encoded picture may ask of the decoder.
package struct ImageLimits: Sendable, Equatable {
    /// Most pixels (width x height) of a picture.
    package var maximumPixelCount: Int
    /// Most bytes of the encoded picture.
    package var maximumByteCount: Int
    /// Most scans of a progressive JPEG; each costs a pass over the picture.
    ///
    /// Encoders write about 10.
    package var maximumScanCount: Int

    /// The defaults admit photographs: 40 million pixels, 32 MiB, 100 scans.
    package init(
        maximumPixelCount: Int = 40_000_000,
        maximumByteCount: Int = 32 << 20,
        maximumScanCount: Int = 100
    ) {
        self.maximumPixelCount = maximumPixelCount
        self.maximumByteCount = maximumByteCount
        self.maximumScanCount = maximumScanCount
    }
}
