/// A square 2-D convolution, packed for the rows x channels layout.
package struct ConvolutionWeights: Sendable {
    /// Weight [outputs, kernel·kernel·inputs], columns ordered [ky][kx][input].
    package let linear: LinearWeights
    /// Side of the window.
    package let kernel: Int
    /// Distance between windows.
    package let stride: Int
    /// Zero pixels added around the image.
    package let padding: Int

    /// Wraps a packed weight.
    package init(linear: LinearWeights, kernel: Int, stride: Int, padding: Int) {
        precondition(linear.inputs % (kernel * kernel) == 0, "weight is not packed for the window")
        self.linear = linear
        self.kernel = kernel
        self.stride = stride
        self.padding = padding
    }

    /// Number of input channels.
    package var inputs: Int { linear.inputs / (kernel * kernel) }
    /// Number of output channels.
    package var outputs: Int { linear.outputs }
}

/// Height and width of an image whose pixels are the rows of a matrix, row by row.
package struct Grid: Hashable, Sendable {
    /// Pixels from top to bottom.
    package let height: Int
    /// Pixels from left to right.
    package let width: Int

    /// A grid of `height` x `width` pixels.
    package init(height: Int, width: Int) {
        self.height = height
        self.width = width
    }

    /// A grid of `side` x `side` pixels.
    package init(side: Int) {
        self.init(height: side, width: side)
    }

    /// Number of pixels.
    package var count: Int { height * width }
}
