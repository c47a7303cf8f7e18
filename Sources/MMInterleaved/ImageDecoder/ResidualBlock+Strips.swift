internal import Tensors

// At full resolution a map is larger than all weights of its level. So only two are ever there as a whole, what a block takes
// and what is between its convolutions, and the rest is made and used in strips of rows.
extension ResidualBlock {
    /// Runs a block that is told no time on one image; the result takes the place of `x`.
    ///
    /// - Parameters:
    ///   - x: [grid, inputs], the first numbers of `memory`; afterwards [grid, outputs], the same.
    ///   - memory: Room for both.
    ///   - between: Room for [grid, outputs].
    ///   - grid: The image's pixels.
    ///   - compute: Where to compute.
    func run(
        _ x: inout Matrix,
        in memory: Matrix,
        between: Matrix,
        grid: Grid,
        _ compute: Compute
    ) {
        let hidden = between.first(grid.count, outputs)
        compute.convolution(x, inputNorm, groups: groups, first, grid: grid, into: hidden)
        let out = memory.first(grid.count, outputs)
        compute.scope {
            let statistics = compute.groupStatistics(hidden, groups: groups, outputNorm)
            let strips = compute.strips(of: second, grid)
            // A strip of results is written over rows of `x` that no later strip needs.
            for strip in outputs > x.columns ? strips.reversed() : strips {
                compute.scope {
                    let result = compute.scratch(strip.pixels.count, outputs)
                    compute.convolution(
                        hidden,
                        statistics,
                        outputNorm,
                        second,
                        strip,
                        into: result
                    )
                    let own = x.rows(strip.pixels)
                    if let shortcut {
                        compute.linear(own, shortcut, into: result, adding: true)
                    } else {
                        compute.add(own, to: result)
                    }
                    compute.copy(result, to: out.rows(strip.pixels))
                }
            }
        }
        x = out
    }
}

extension Compute {
    /// Group normalisation and SiLU of one image, and a convolution of what that makes, which is never there as a whole.
    ///
    /// Shapes: `x` [grid, inputs] · `out` [grid, outputs], elsewhere.
    func convolution(
        _ x: Matrix,
        _ norm: NormWeights,
        groups: Int,
        _ layer: ConvolutionWeights,
        grid: Grid,
        into out: Matrix
    ) {
        scope {
            let statistics = groupStatistics(x, groups: groups, norm)
            for strip in strips(of: layer, grid) {
                convolution(x, statistics, norm, layer, strip, into: out.rows(strip.pixels))
            }
        }
    }

    /// The same for a strip, with statistics of the whole image. `out` [the strip's pixels, outputs]
    fileprivate func convolution(
        _ x: Matrix,
        _ statistics: GroupStatistics,
        _ norm: NormWeights,
        _ layer: ConvolutionWeights,
        _ strip: ImageStrip,
        into out: Matrix
    ) {
        scope {
            let normed = scratch(strip.reachedPixels.count, x.columns)
            normalize(x.rows(strip.reachedPixels), statistics, norm, silu: true, into: normed)
            convolution(normed, layer, strip, into: out)
        }
    }

    /// Doubles both sides of one image, and applies a convolution that keeps its size to what that makes, which is never
    /// there as a whole.
    ///
    /// Shapes: `x` [grid, inputs] · `out` [4·grid, outputs], elsewhere.
    func upsample(
        _ x: Matrix,
        _ layer: ConvolutionWeights,
        grid: Grid,
        into out: Matrix
    ) {
        let doubled = Grid(height: 2 * grid.height, width: 2 * grid.width)
        for strip in strips(of: layer, doubled) {
            scope {
                // Every row becomes two, of which a strip may reach one.
                let rows = strip.reach.lowerBound / 2..<(strip.reach.upperBound + 1) / 2
                let wide = scratch(2 * rows.count * doubled.width, x.columns)
                upsampleNearest2(
                    x.rows(rows.lowerBound * grid.width..<rows.upperBound * grid.width),
                    samples: 1,
                    grid: Grid(height: rows.count, width: grid.width),
                    into: wide
                )
                let start = strip.reachedPixels.lowerBound - 2 * rows.lowerBound * doubled.width
                convolution(
                    wide.rows(start..<start + strip.reachedPixels.count),
                    layer,
                    strip,
                    into: out.rows(strip.pixels)
                )
            }
        }
    }
}

extension Matrix {
    /// The first numbers of a piece of memory as a matrix.
    func first(_ rows: Int, _ columns: Int) -> Matrix {
        self.rows(0..<rows * columns).reshaped(rows: rows, columns: columns)
    }
}
