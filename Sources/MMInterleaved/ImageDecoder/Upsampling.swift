internal import Tensors

extension Compute {
    /// Doubles both sides of the samples' grid, and applies a convolution that keeps its size; the result is scratch
    /// memory of the caller's scope.
    func upsampled(
        _ x: Matrix,
        _ convolution: ConvolutionWeights,
        samples: Int,
        grid: Grid
    ) -> (Matrix, Grid) {
        let doubled = Grid(height: 2 * grid.height, width: 2 * grid.width)
        let out = scratch(samples * doubled.count, convolution.outputs)
        scope {
            let wide = scratch(samples * doubled.count, x.columns)
            upsampleNearest2(x, samples: samples, grid: grid, into: wide)
            self.convolution(wide, convolution, samples: samples, grid: doubled, into: out)
        }
        return (out, doubled)
    }
}
