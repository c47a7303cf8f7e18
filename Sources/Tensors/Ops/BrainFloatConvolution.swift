internal import CKernels

extension Compute {
    /// A convolution over bfloat16 numbers, summed as the linear layer over the numbers of a window.
    func convolution(
        _ x: Matrix,
        _ panels: BrainFloatPanels,
        _ layer: ConvolutionWeights,
        _ windows: Windows,
        into out: Matrix
    ) {
        let target = windows.target
        scope {
            let maps = brainFloatMaps(
                of: x,
                samples: windows.samples,
                BorderedGrid(inner: windows.grid, border: layer.padding)
            )
            let widened = widenedRows(of: panels)
            let byteCount = Self.byteCount(x, layer.linear, out)
            forWindowParts(layer, target: target, of: out, byteCount: byteCount) { part in
                let outputs = layer.linear.outputs(ofPanels: part.panels)
                let first = (part.sample * target.height + part.rows.lowerBound) * target.width
                unsafe ilv_convolution_bf16(
                    out.row(first).base + outputs.lowerBound,
                    out.stride,
                    maps.numbers(ofSample: part.sample),
                    maps.pixels.grid.width,
                    layer.inputs,
                    layer.kernel,
                    layer.stride,
                    target.width,
                    windows.firstRow + part.rows.lowerBound,
                    part.rows.count,
                    panels.address(ofPanel: part.panels.lowerBound),
                    layer.linear.biasAddress(of: outputs),
                    outputs.count,
                    widened.row(part.worker).base
                )
            }
        }
    }

    /// Rounds maps to bfloat16, and puts zeros around them.
    private func brainFloatMaps(
        of x: Matrix,
        samples: Int,
        _ pixels: BorderedGrid
    ) -> BrainFloatMaps {
        let maps = BrainFloatMaps(samples: samples, of: pixels, channels: x.columns, workspace)
        forRanges(
            of: samples * pixels.grid.height,
            granularity: rows(of: pixels.grid.width * x.columns),
            byteCount: Self.byteCount(x) + samples * pixels.grid.count * maps.stride * 2
        ) { range, _ in
            for row in range { maps.round(x, row: row) }
        }
        return maps
    }
}

/// Maps of bfloat16 numbers with zeros around them; scratch memory.
@safe private struct BrainFloatMaps {
    let pixels: BorderedGrid
    /// Numbers of a pixel: its channels, and zeros up to a whole group.
    let stride: Int
    // Words that hold two numbers each.
    private let words: Matrix

    init(samples: Int, of pixels: BorderedGrid, channels: Int, _ workspace: Workspace) {
        self.pixels = pixels
        stride = BrainFloatPanels.padded(channels)
        words = workspace.matrix(samples * pixels.grid.count, stride / 2)
    }

    /// Where the numbers of a map begin.
    func numbers(ofSample sample: Int) -> UnsafeMutablePointer<UInt16> {
        unsafe UnsafeMutableRawPointer(words.base).assumingMemoryBound(to: UInt16.self)
            + sample * pixels.grid.count * stride
    }

    /// Rounds a row of pixels, counted over all maps with their borders.
    ///
    /// Shapes: `x` [samples·pixels, channels], without borders.
    func round(_ x: Matrix, row: Int) {
        let (sample, y, inner) = pixels.place(ofRow: row)
        let numbers = unsafe numbers(ofSample: sample) + y * pixels.grid.width * stride
        pixels.forZeros(inRow: row) { zeros in
            unsafe (numbers + zeros.lowerBound * stride).update(
                repeating: 0,
                count: zeros.count * stride
            )
        }
        guard let inner else { return }
        unsafe ilv_round_rows_bf16(
            numbers + pixels.border * stride,
            stride,
            x.row(inner * pixels.inner.width).base,
            x.stride,
            pixels.inner.width,
            x.columns
        )
    }
}
