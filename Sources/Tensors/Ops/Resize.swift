internal import CKernels

extension Compute {
    /// Bilinear resize without antialiasing, pixel centres aligned (align_corners false).
    ///
    /// Shapes: `x` [grid, channels] · `out` [target, channels]. With `adding` the result is added.
    /// Source: PyTorch `interpolate(mode="bilinear", align_corners=False)`.
    package func resizeBilinear(
        _ x: Matrix,
        from grid: Grid,
        to target: Grid,
        adding: Bool = false,
        into out: Matrix
    ) {
        precondition(x.rows == grid.count && out.rows == target.count && x.columns == out.columns)
        forChannels(of: x, out) { x, out in
            unsafe ilv_resize_bilinear_f32(
                out.base,
                out.stride,
                target.height,
                target.width,
                x.base,
                x.stride,
                grid.height,
                grid.width,
                x.columns,
                adding ? 1 : 0
            )
        }
    }

    /// Doubles height and width by repeating pixels.
    ///
    /// Shapes: `x` [samples·grid, channels] · `out` [samples·4·grid, channels].
    package func upsampleNearest2(_ x: Matrix, samples: Int, grid: Grid, into out: Matrix) {
        precondition(x.rows == samples * grid.count && out.rows == 4 * x.rows)
        precondition(x.columns == out.columns)
        // Lines of pixels, of whichever sample: each becomes two.
        forRanges(
            of: samples * grid.height,
            granularity: rows(of: 4 * grid.width * x.columns),
            byteCount: Self.byteCount(x, out)
        ) { lines, _ in
            let first = lines.lowerBound * grid.width
            let (source, target) = (x.row(first), out.row(4 * first))
            unsafe ilv_upsample_nearest2_f32(
                target.base,
                target.stride,
                source.base,
                source.stride,
                lines.count,
                grid.width,
                x.columns
            )
        }
    }

    /// Cuts an operation that treats every channel alike into runs of channels.
    func forChannels(of x: Matrix, _ out: Matrix, _ body: (_ x: Matrix, _ out: Matrix) -> Void) {
        let width = 16
        forRanges(
            of: (x.columns + width - 1) / width,
            granularity: rows(of: width * max(x.rows, out.rows)),
            byteCount: Self.byteCount(x, out)
        ) { range, _ in
            let columns = range.lowerBound * width..<min(x.columns, range.upperBound * width)
            body(x.columns(columns), out.columns(columns))
        }
    }

    /// Bicubic resize (a = -0.75) without antialiasing, pixel centres aligned; edges are repeated.
    ///
    /// For position tables: computed once per model and grid, so it is written for clarity.
    ///
    /// Shapes: `x` [grid, channels] -> [target, channels].
    /// Source: PyTorch `interpolate(mode="bicubic", align_corners=False)`; Keys 1981.
    package static func resizedBicubic(_ x: Matrix, from grid: Grid, to target: Grid) -> Matrix {
        precondition(x.rows == grid.count)
        if grid == target {
            let copy = Matrix(rows: x.rows, columns: x.columns)
            copy.copy(from: x)
            return copy
        }
        let across = Matrix(rows: grid.height * target.width, columns: x.columns)
        for column in 0..<target.width {
            let taps = bicubicTaps(column, from: grid.width, to: target.width)
            for row in 0..<grid.height {
                accumulate(
                    taps,
                    into: across.row(row * target.width + column),
                    from: { x.row(row * grid.width + $0) }
                )
            }
        }
        let out = Matrix(rows: target.count, columns: x.columns)
        for row in 0..<target.height {
            let taps = bicubicTaps(row, from: grid.height, to: target.height)
            for column in 0..<target.width {
                accumulate(
                    taps,
                    into: out.row(row * target.width + column),
                    from: { across.row($0 * target.width + column) }
                )
            }
        }
        return out
    }

    private static func accumulate(
        _ taps: [(index: Int, weight: Float)],
        into out: Matrix,
        from row: (Int) -> Matrix
    ) {
        for tap in taps {
            unsafe ilv_axpy_f32(out.base, row(tap.index).base, tap.weight, out.columns)
        }
    }

    /// The four source pixels of a target pixel and their weights.
    private static func bicubicTaps(
        _ index: Int,
        from count: Int,
        to target: Int
    ) -> [(index: Int, weight: Float)] {
        let position = (Float(index) + 0.5) * (Float(count) / Float(target)) - 0.5
        let start = position.rounded(.down)
        let fraction = position - start
        let a: Float = -0.75
        func near(_ x: Float) -> Float { ((a + 2) * x - (a + 3)) * x * x + 1 }
        func far(_ x: Float) -> Float { ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
        let weights = [far(fraction + 1), near(fraction), near(1 - fraction), far(2 - fraction)]
        return weights.enumerated().map { offset, weight in
            (min(max(Int(start) - 1 + offset, 0), count - 1), weight)
        }
    }
}
