internal import CKernels

extension Compute {
    /// A convolution over signed bytes: the map of each sample is rotated and rounded with one scale, sums are exact.
    ///
    /// A window mixes pixels, so that these cannot have scales of their own.
    func convolution(
        _ x: Matrix,
        _ panels: BytePanels,
        _ layer: ConvolutionWeights,
        samples: Int,
        grid: Grid,
        into out: Matrix
    ) {
        let target = Self.outputGrid(layer, of: grid)
        scope {
            let maps = byteMaps(
                of: x,
                rotation: panels.rotation,
                samples: samples,
                grid: grid,
                border: layer.padding
            )
            let cut = productCut(
                rows: out.rows,
                inputs: layer.linear.inputs,
                panels: layer.linear.panelCount
            )
            let byteCount = Self.byteCount(x, layer.linear, out)
            pool.run(cut.partCount, byteCount: byteCount) { part, _ in
                let (pixels, panelRange) = cut[part]
                // A row of results belongs to the part that its first pixel is in.
                let width = target.width
                let rows =
                    (pixels.lowerBound + width - 1) / width..<(pixels.upperBound + width - 1)
                    / width
                convolve(maps, panels, layer, target: target, rows, panelRange, into: out)
            }
        }
    }

    /// One thread's share: rows of results, counted over all samples, of the outputs of some panels.
    private func convolve(
        _ maps: ByteMaps,
        _ panels: BytePanels,
        _ layer: ConvolutionWeights,
        target: Grid,
        _ rows: Range<Int>,
        _ panelRange: Range<Int>,
        into out: Matrix
    ) {
        let outputs = layer.linear.outputs(ofPanels: panelRange)
        var next = rows.lowerBound
        while next < rows.upperBound {
            let sample = next / target.height
            let end = min(rows.upperBound, (sample + 1) * target.height)
            unsafe ilv_convolution_i8(
                out.row(next * target.width).base + outputs.lowerBound,
                out.stride,
                maps.bytes(ofSample: sample),
                maps.grid.width,
                maps.sums(ofSample: sample),
                maps.scales[0, sample],
                layer.inputs,
                layer.kernel,
                layer.stride,
                target.width,
                next - sample * target.height,
                end - next,
                panels.address(ofPanel: panelRange.lowerBound),
                panels.scales.base + outputs.lowerBound,
                layer.linear.biasAddress(of: outputs),
                outputs.count
            )
            next = end
        }
    }

    /// Rotates the pixels of maps, rounds each map to bytes with a scale of its own, and puts zeros around it.
    private func byteMaps(
        of x: Matrix,
        rotation: RotationGroup,
        samples: Int,
        grid: Grid,
        border: Int
    ) -> ByteMaps {
        let maps = ByteMaps(
            samples: samples,
            of: grid,
            border: border,
            channels: x.columns,
            workspace
        )
        let rotated = scratch(x.rows, x.columns)
        let largest = scratch(1, x.rows)
        forRanges(
            of: x.rows,
            granularity: rows(of: 2 * x.columns),
            byteCount: Self.byteCount(x, rotated)
        ) { range, _ in
            unsafe ilv_rotate_f32(
                rotated.row(range.lowerBound).base,
                rotated.stride,
                x.row(range.lowerBound).base,
                x.stride,
                range.count,
                x.columns,
                rotation.size
            )
            unsafe ilv_largest_rows_f32(
                largest.base + range.lowerBound,
                rotated.row(range.lowerBound).base,
                rotated.stride,
                range.count,
                x.columns
            )
        }
        for sample in 0..<samples {
            // The largest of what is largest in each pixel: an order-free maximum.
            unsafe ilv_largest_rows_f32(
                maps.largest.base + sample,
                largest.base + sample * grid.count,
                grid.count,
                1,
                grid.count
            )
        }
        forRanges(
            of: samples * maps.grid.height,
            granularity: rows(of: maps.grid.width * x.columns),
            byteCount: Self.byteCount(rotated) + samples * maps.grid.count * maps.stride
        ) { range, _ in
            for row in range { maps.round(rotated, row: row, of: grid, border: border) }
        }
        return maps
    }
}

/// Maps of signed bytes with one scale each, and with zeros around them; scratch memory.
@safe private struct ByteMaps {
    /// Pixels of a map, its border included.
    let grid: Grid
    /// Bytes of a pixel: its channels, and zeros up to a whole tile.
    let stride: Int
    /// The largest magnitude of each map, [1, samples].
    let largest: Matrix
    /// The scale of each map, [1, samples].
    let scales: Matrix
    // Words that hold other things than floats.
    private let byteWords: Matrix
    private let sumWords: Matrix

    init(samples: Int, of inner: Grid, border: Int, channels: Int, _ workspace: Workspace) {
        grid = Grid(height: inner.height + 2 * border, width: inner.width + 2 * border)
        stride = ByteRows.padded(channels)
        largest = workspace.matrix(1, samples)
        scales = workspace.matrix(1, samples)
        byteWords = workspace.matrix(samples * grid.count, stride / 4)
        sumWords = workspace.matrix(samples, grid.count)
    }

    /// Where the bytes of a map begin.
    func bytes(ofSample sample: Int) -> UnsafeMutablePointer<Int8> {
        unsafe UnsafeMutableRawPointer(byteWords.base).assumingMemoryBound(to: Int8.self)
            + sample * grid.count * stride
    }

    /// Where the sums of a map's pixels begin.
    func sums(ofSample sample: Int) -> UnsafeMutablePointer<Int32> {
        unsafe UnsafeMutableRawPointer(sumWords.base).assumingMemoryBound(to: Int32.self)
            + sample * grid.count
    }

    /// Rounds a row of pixels, counted over all maps with their borders.
    ///
    /// Shapes: `x` [samples·pixels, channels], without borders.
    func round(_ x: Matrix, row: Int, of inner: Grid, border: Int) {
        let (sample, y) = row.quotientAndRemainder(dividingBy: grid.height)
        let bytes = unsafe bytes(ofSample: sample) + y * grid.width * stride
        let sums = unsafe sums(ofSample: sample) + y * grid.width
        let isBorder = y < border || y >= border + inner.height
        for (start, count) in isBorder
            ? [(0, grid.width)] : [(0, border), (border + inner.width, border)]
        {
            unsafe (bytes + start * stride).update(repeating: 0, count: count * stride)
            unsafe (sums + start).update(repeating: 0, count: count)
        }
        if isBorder { return }
        let first = x.row(sample * inner.count + (y - border) * inner.width)
        let scale = unsafe ilv_quantize_map_i8(
            bytes + border * stride,
            stride,
            sums + border,
            first.base,
            x.stride,
            inner.width,
            x.columns,
            largest[0, sample]
        )
        // The same for every row; the first one tells.
        if y == border { scales[0, sample] = scale }
    }
}
