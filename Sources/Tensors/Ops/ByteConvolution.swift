internal import CKernels

extension Compute {
    /// A convolution over signed bytes: the map of each sample is rotated and rounded with one scale, sums are exact.
    ///
    /// A window mixes pixels, so that these cannot have scales of their own.
    func convolution(
        _ x: Matrix,
        _ panels: BytePanels,
        _ layer: ConvolutionWeights,
        _ windows: Windows,
        into out: Matrix
    ) {
        let target = windows.target
        precondition(
            windows.target == Self.outputGrid(layer, of: windows.grid),
            "a strip has not the scale of its image"
        )
        scope {
            let maps = byteMaps(
                of: x,
                rotation: panels.rotation,
                samples: windows.samples,
                BorderedGrid(inner: windows.grid, border: layer.padding)
            )
            let byteCount = Self.byteCount(x, layer.linear, out)
            forWindowParts(layer, target: target, of: out, byteCount: byteCount) { part in
                let outputs = layer.linear.outputs(ofPanels: part.panels)
                let first = (part.sample * target.height + part.rows.lowerBound) * target.width
                unsafe ilv_convolution_i8(
                    out.row(first).base + outputs.lowerBound,
                    out.stride,
                    maps.bytes(ofSample: part.sample),
                    maps.pixels.grid.width,
                    maps.sums(ofSample: part.sample),
                    maps.scales[0, part.sample],
                    layer.inputs,
                    layer.kernel,
                    layer.stride,
                    target.width,
                    part.rows.lowerBound,
                    part.rows.count,
                    panels.address(ofPanel: part.panels.lowerBound),
                    panels.scales.base + outputs.lowerBound,
                    layer.linear.biasAddress(of: outputs),
                    outputs.count
                )
            }
        }
    }

    /// Rotates the pixels of maps, rounds each map to bytes with a scale of its own, and puts zeros around it.
    private func byteMaps(
        of x: Matrix,
        rotation: RotationGroup,
        samples: Int,
        _ pixels: BorderedGrid
    ) -> ByteMaps {
        let maps = ByteMaps(samples: samples, of: pixels, channels: x.columns, workspace)
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
                largest.base + sample * pixels.inner.count,
                pixels.inner.count,
                1,
                pixels.inner.count
            )
        }
        forRanges(
            of: samples * pixels.grid.height,
            granularity: rows(of: pixels.grid.width * x.columns),
            byteCount: Self.byteCount(rotated) + samples * pixels.grid.count * maps.stride
        ) { range, _ in
            for row in range { maps.round(rotated, row: row) }
        }
        return maps
    }
}

/// Maps of signed bytes with one scale each, and with zeros around them; scratch memory.
@safe private struct ByteMaps {
    let pixels: BorderedGrid
    /// Bytes of a pixel: its channels, and zeros up to a whole tile.
    let stride: Int
    /// The largest magnitude of each map, [1, samples].
    let largest: Matrix
    /// The scale of each map, [1, samples].
    let scales: Matrix
    // Words that hold other things than floats.
    private let byteWords: Matrix
    private let sumWords: Matrix

    init(samples: Int, of pixels: BorderedGrid, channels: Int, _ workspace: Workspace) {
        self.pixels = pixels
        stride = ByteRows.padded(channels)
        largest = workspace.matrix(1, samples)
        scales = workspace.matrix(1, samples)
        byteWords = workspace.matrix(samples * pixels.grid.count, stride / 4)
        sumWords = workspace.matrix(samples, pixels.grid.count)
    }

    /// Where the bytes of a map begin.
    func bytes(ofSample sample: Int) -> UnsafeMutablePointer<Int8> {
        unsafe UnsafeMutableRawPointer(byteWords.base).assumingMemoryBound(to: Int8.self)
            + sample * pixels.grid.count * stride
    }

    /// Where the sums of a map's pixels begin.
    func sums(ofSample sample: Int) -> UnsafeMutablePointer<Int32> {
        unsafe UnsafeMutableRawPointer(sumWords.base).assumingMemoryBound(to: Int32.self)
            + sample * pixels.grid.count
    }

    /// Rounds a row of pixels, counted over all maps with their borders.
    ///
    /// Shapes: `x` [samples·pixels, channels], without borders.
    func round(_ x: Matrix, row: Int) {
        let (sample, y, inner) = pixels.place(ofRow: row)
        let bytes = unsafe bytes(ofSample: sample) + y * pixels.grid.width * stride
        let sums = unsafe sums(ofSample: sample) + y * pixels.grid.width
        pixels.forZeros(inRow: row) { zeros in
            unsafe (bytes + zeros.lowerBound * stride).update(
                repeating: 0,
                count: zeros.count * stride
            )
            unsafe (sums + zeros.lowerBound).update(repeating: 0, count: zeros.count)
        }
        guard let inner else { return }
        let scale = unsafe ilv_quantize_map_i8(
            bytes + pixels.border * stride,
            stride,
            sums + pixels.border,
            x.row(inner * pixels.inner.width).base,
            x.stride,
            pixels.inner.width,
            x.columns,
            largest[0, sample]
        )
        // The same for every row; the first one tells.
        if y == pixels.border { scales[0, sample] = scale }
    }
}
