/// The pixels of a map that is rounded before windows of it are multiplied, with zeros around it.
///
/// Rows of pixels are counted over the maps of all samples.
struct BorderedGrid {
    /// Without the border.
    let inner: Grid
    /// Zero pixels on every side.
    let border: Int

    /// With the border.
    var grid: Grid { Grid(height: inner.height + 2 * border, width: inner.width + 2 * border) }

    /// The sample that a row belongs to, its place in the map of that, and the row of the maps without borders that it
    /// holds; nil for a row that is border alone.
    func place(ofRow row: Int) -> (sample: Int, y: Int, inner: Int?) {
        let (sample, y) = row.quotientAndRemainder(dividingBy: grid.height)
        let isBorder = y < border || y >= border + inner.height
        return (sample, y, isBorder ? nil : sample * inner.height + y - border)
    }

    /// Runs a body for each run of zeros in a row of pixels.
    func forZeros(inRow row: Int, _ body: (_ pixels: Range<Int>) -> Void) {
        guard place(ofRow: row).inner != nil else { return body(0..<grid.width) }
        body(0..<border)
        body(border + inner.width..<grid.width)
    }
}

/// One thread's share of a convolution of rounded maps: rows of results of a sample, for the outputs of some panels.
struct WindowPart {
    let sample: Int
    /// Rows of the sample's results.
    let rows: Range<Int>
    /// Panels of the weight.
    let panels: Range<Int>
    /// Which of the pool's threads computes it.
    let worker: Int
}

extension Compute {
    /// Runs a body for the parts into which a convolution of rounded maps is cut.
    ///
    /// - Parameters:
    ///   - layer: The convolution.
    ///   - target: The grid of its results.
    ///   - out: Its results, [samples·pixels, outputs].
    ///   - byteCount: Memory that is read and written.
    ///   - body: Computes a part.
    func forWindowParts(
        _ layer: ConvolutionWeights,
        target: Grid,
        of out: Matrix,
        byteCount: Int,
        _ body: (_ part: WindowPart) -> Void
    ) {
        let cut = productCut(
            rows: out.rows,
            inputs: layer.linear.inputs,
            panels: layer.linear.panelCount
        )
        pool.run(cut.partCount, byteCount: byteCount) { part, worker in
            let (pixels, panels) = cut[part]
            // A row of results belongs to the part that its first pixel is in.
            let width = target.width
            var next = (pixels.lowerBound + width - 1) / width
            let end = (pixels.upperBound + width - 1) / width
            while next < end {
                let sample = next / target.height
                let first = next - sample * target.height
                let count = min(end - next, target.height - first)
                body(
                    WindowPart(
                        sample: sample,
                        rows: first..<first + count,
                        panels: panels,
                        worker: worker
                    )
                )
                next += count
            }
        }
    }
}
