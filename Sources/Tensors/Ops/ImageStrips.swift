/// Rows of an image that are computed together, so that what is between two operations need not be in memory as a whole.
package struct ImageStrip: Hashable, Sendable {
    /// The rows of pixels.
    package let rows: Range<Int>
    /// The rows of the input that their windows reach, inside of the image.
    package let reach: Range<Int>
    /// Pixels of a row.
    package let width: Int

    /// The pixels of ``rows``, counted over the image.
    package var pixels: Range<Int> { rows.lowerBound * width..<rows.upperBound * width }
    /// The pixels of ``reach``, counted over the image.
    package var reachedPixels: Range<Int> { reach.lowerBound * width..<reach.upperBound * width }
}

extension Compute {
    /// Cuts the results of a convolution that keeps an image's size into strips, from top to bottom.
    ///
    /// What is rounded to bytes has one scale for the whole image: such a layer has one strip.
    package func strips(of layer: ConvolutionWeights, _ grid: Grid) -> [ImageStrip] {
        let padding = layer.padding
        precondition(layer.stride == 1 && 2 * padding + 1 == layer.kernel, "the size is not kept")
        let rowSize = max(1, grid.width * max(layer.inputs, layer.outputs))
        let wanted = max(1, stripElementCount / rowSize)
        // Strips of almost equal height: a small last one would not be worth its edges.
        let isWhole = layer.linear.format == .int8
        let count = isWhole ? 1 : max(1, (grid.height + wanted - 1) / wanted)
        return (0..<count).map { index in
            let rows = index * grid.height / count..<(index + 1) * grid.height / count
            let reach = rows.lowerBound - padding..<rows.upperBound + padding
            return ImageStrip(
                rows: rows,
                reach: reach.clamped(to: 0..<grid.height),
                width: grid.width
            )
        }
    }
}

/// The windows of a convolution: of a batch of images, or of a strip of one.
struct Windows {
    let samples: Int
    /// Of the input that is there.
    let grid: Grid
    /// Of the results that are wanted, for each sample.
    let target: Grid
    /// The row of all results of the input that is there with which the wanted ones begin.
    let firstRow: Int
}
