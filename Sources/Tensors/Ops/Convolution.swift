internal import CKernels

extension Compute {
    /// The grid that a convolution makes of another.
    package static func outputGrid(_ layer: ConvolutionWeights, of grid: Grid) -> Grid {
        Grid(
            height: (grid.height + 2 * layer.padding - layer.kernel) / layer.stride + 1,
            width: (grid.width + 2 * layer.padding - layer.kernel) / layer.stride + 1
        )
    }

    /// 2-D convolution of a batch of images, or of one.
    ///
    /// Shapes: `x` [samples·height·width, inputs] · `out` [samples·outHeight·outWidth, outputs].
    /// Cost: 2·out pixels·kernel²·inputs·outputs flop.
    /// Threads: cut by output pixels and by outputs. A pixel's bits depend on its window alone.
    package func convolution(
        _ x: Matrix,
        _ layer: ConvolutionWeights,
        samples: Int = 1,
        grid: Grid,
        into out: Matrix
    ) {
        let target = Self.outputGrid(layer, of: grid)
        let windows = Windows(samples: samples, grid: grid, target: target, firstRow: 0)
        convolution(x, layer, windows, into: out)
    }

    /// 2-D convolution of a strip of an image: the same bits as of the whole one, but for layers of bytes, whose strips are
    /// whole images (``strips(of:_:)``).
    ///
    /// Shapes: `x` [rows that the strip reaches · width, inputs] · `out` [the strip's rows · width, outputs].
    package func convolution(
        _ x: Matrix,
        _ layer: ConvolutionWeights,
        _ strip: ImageStrip,
        into out: Matrix
    ) {
        let windows = Windows(
            samples: 1,
            grid: Grid(height: strip.reach.count, width: strip.width),
            target: Grid(height: strip.rows.count, width: strip.width),
            firstRow: strip.rows.lowerBound - strip.reach.lowerBound
        )
        convolution(x, layer, windows, into: out)
    }

    private func convolution(
        _ x: Matrix,
        _ layer: ConvolutionWeights,
        _ windows: Windows,
        into out: Matrix
    ) {
        precondition(x.rows == windows.samples * windows.grid.count && x.columns == layer.inputs)
        precondition(
            out.rows == windows.samples * windows.target.count && out.columns == layer.outputs
        )
        if layer.kernel == 1 && layer.stride == 1 && layer.padding == 0 {
            linear(x, layer.linear, into: out)
            return
        }
        let window = layer.linear.inputs
        operations.add(2 * out.rows * window * layer.outputs, of: layer.linear.format)
        let weight: FloatPanels
        switch layer.linear.weight {
        case .f32(let panels): weight = panels
        case .int8(let panels): return convolution(x, panels, layer, windows, into: out)
        case .bf16(let panels): return convolution(x, panels, layer, windows, into: out)
        case .int4: preconditionFailure("no window is multiplied in this format")
        }
        let cut = productCut(rows: out.rows, inputs: window, panels: layer.linear.panelCount)
        let byteCount = Self.byteCount(x, layer.linear, out)
        pool.run(cut.partCount, byteCount: byteCount) { part, _ in
            let (pixels, panels) = cut[part]
            convolve(x, layer, weight, windows, pixels, panels, into: out)
        }
    }

    /// One thread's share: output pixels `pixels`, counted over all samples, of the outputs of `panels`.
    private func convolve(
        _ x: Matrix,
        _ layer: ConvolutionWeights,
        _ weight: FloatPanels,
        _ windows: Windows,
        _ pixels: Range<Int>,
        _ panels: Range<Int>,
        into out: Matrix
    ) {
        let (grid, target) = (windows.grid, windows.target)
        let outputs = layer.linear.outputs(ofPanels: panels)
        var next = pixels.lowerBound
        while next < pixels.upperBound {
            let sample = next / target.count
            let end = min(pixels.upperBound, (sample + 1) * target.count)
            let source = x.rows(sample * grid.count..<(sample + 1) * grid.count)
            unsafe ilv_convolution_f32(
                out.row(next).base + outputs.lowerBound,
                out.stride,
                source.base,
                source.stride,
                grid.height,
                grid.width,
                layer.inputs,
                layer.kernel,
                layer.stride,
                layer.padding,
                target.width,
                next - sample * target.count + windows.firstRow * target.width,
                end - next,
                weight.address(ofPanel: panels.lowerBound),
                layer.linear.biasAddress(of: outputs),
                outputs.count
            )
            next = end
        }
    }

    /// Depth-wise 3x3 convolution with padding 1 of one image.
    ///
    /// Shapes: `x`, `out` [height·width, channels] · `weight` [9, channels] (ky·3 + kx) ·
    /// `bias` [1, channels].
    package func depthwise3x3(
        _ x: Matrix,
        weight: Matrix,
        bias: Matrix,
        grid: Grid,
        into out: Matrix
    ) {
        precondition(x.rows == grid.count && out.rows == grid.count && x.columns == out.columns)
        precondition(weight.rows == 9 && weight.columns == x.columns && bias.count == x.columns)
        precondition(weight.isContiguous)
        forRanges(
            of: grid.height,
            granularity: rows(of: 9 * grid.width * x.columns),
            byteCount: Self.byteCount(x, out)
        ) { range, _ in
            unsafe ilv_depthwise3x3_f32(
                out.base,
                out.stride,
                x.base,
                x.stride,
                weight.base,
                bias.base,
                grid.height,
                grid.width,
                x.columns,
                range.lowerBound,
                range.count
            )
        }
    }

    /// Max pooling 3x3 with stride 2 and padding 1 of one image.
    ///
    /// Shapes: `x` [height·width, channels] · `out` [⌈height/2⌉·⌈width/2⌉, channels].
    package func maxPool3x3Stride2(_ x: Matrix, grid: Grid, into out: Matrix) {
        precondition(x.rows == grid.count && x.columns == out.columns)
        precondition(out.rows == ((grid.height + 1) / 2) * ((grid.width + 1) / 2))
        forChannels(of: x, out) { x, out in
            unsafe ilv_maxpool3x3s2_f32(
                out.base,
                out.stride,
                x.base,
                x.stride,
                grid.height,
                grid.width,
                x.columns
            )
        }
    }

    /// Transposed 2x2 convolution with stride 2 of one image: every pixel becomes four.
    ///
    /// Shapes: `x` [height·width, inputs] · `layer` weight [4·outputs, inputs], rows ordered
    /// [ky][kx][output], bias repeated four times · `out` [2·height·2·width, outputs].
    package func transposedConvolution2x2(
        _ x: Matrix,
        _ layer: LinearWeights,
        grid: Grid,
        into out: Matrix
    ) {
        let channels = out.columns
        precondition(x.rows == grid.count && out.rows == 4 * grid.count)
        precondition(layer.outputs == 4 * channels)
        scope {
            let four = scratch(x.rows, layer.outputs)
            linear(x, layer, into: four)
            forRanges(
                of: grid.height,
                granularity: rows(of: 4 * grid.width * channels),
                byteCount: Self.byteCount(four, out)
            ) { range, _ in
                for y in range {
                    for x in 0..<grid.width {
                        for quarter in 0..<4 {
                            let row = (2 * y + quarter / 2) * 2 * grid.width + 2 * x + quarter % 2
                            out.row(row).copy(
                                from: four.row(y * grid.width + x)
                                    .columns(quarter * channels..<(quarter + 1) * channels)
                            )
                        }
                    }
                }
            }
        }
    }
}
