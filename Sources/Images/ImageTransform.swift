/// Brings a picture to the square the vision model reads.
///
/// Halves with a box filter while the short side is at least twice the resolution, resizes bicubically so that the short
/// side equals the resolution (sizes rounded half to even), and cuts out the centre. Exact to the last bit of the reference.
/// Cost: linear in the input; the parts that the crop throws away are never computed, so extreme aspect ratios are cheap.
/// Source: MM-Interleaved, `mm_interleaved/custom_datasets/utils.py` (`center_crop_arr`).
package struct ImageTransform: Sendable, Equatable {
    /// Side of the result in pixels.
    package let resolution: Int

    /// - Precondition: `resolution` is positive.
    package init(resolution: Int) {
        precondition(resolution > 0, "resolution \(resolution)")
        self.resolution = resolution
    }

    /// Transforms a picture to resolution x resolution.
    package func apply(to image: RGBImage) -> RGBImage {
        var image = image
        while min(image.width, image.height) >= 2 * resolution {
            image = image.resized(
                width: image.width / 2,
                height: image.height / 2,
                filter: .box
            )
        }
        let scale = Double(resolution) / Double(min(image.width, image.height))
        let width = scaled(image.width, by: scale)
        let height = scaled(image.height, by: scale)
        let firstColumn = (width - resolution) / 2
        let firstRow = (height - resolution) / 2
        return image.resized(
            width: width,
            height: height,
            filter: .bicubic,
            columns: firstColumn..<firstColumn + resolution,
            rows: firstRow..<firstRow + resolution
        )
    }

    private func scaled(_ side: Int, by scale: Double) -> Int {
        // The short side times the scale can miss the resolution by one rounding only, never by half a pixel.
        Int((Double(side) * scale).rounded(.toNearestOrEven))
    }
}
