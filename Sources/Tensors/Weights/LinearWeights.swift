/// A linear layer: `y = x · weightᵀ + bias`.
package struct LinearWeights: Sendable {
    /// [outputs, inputs], as PyTorch's `nn.Linear` stores it.
    package let weight: Matrix
    /// [1, outputs], or nil for none.
    package let bias: Matrix?

    /// Combines a weight [outputs, inputs] and a bias [1, outputs].
    package init(weight: Matrix, bias: Matrix?) {
        precondition(bias == nil || bias?.count == weight.rows, "bias of another size")
        self.weight = weight
        self.bias = bias
    }

    /// Number of output channels.
    package var outputs: Int { weight.rows }
    /// Number of input channels.
    package var inputs: Int { weight.columns }

    /// The layer that computes only the outputs in `range`.
    package func outputs(_ range: Range<Int>) -> LinearWeights {
        LinearWeights(weight: weight.rows(range), bias: bias?.columns(range))
    }
}

/// Scale and shift per channel of a layer or group normalisation.
package struct NormWeights: Sendable {
    /// Scale, [1, channels].
    package let weight: Matrix
    /// Shift, [1, channels].
    package let bias: Matrix
    /// Added to the variance.
    package let epsilon: Float

    /// Combines scale and shift [1, channels].
    package init(weight: Matrix, bias: Matrix, epsilon: Float) {
        precondition(weight.count == bias.count, "scale and shift differ in size")
        self.weight = weight
        self.bias = bias
        self.epsilon = epsilon
    }
}

/// Scale per channel of a root-mean-square normalisation.
package struct RMSNormWeights: Sendable {
    /// Scale, [1, channels].
    package let weight: Matrix
    /// Added to the mean square.
    package let epsilon: Float

    /// Wraps a scale [1, channels].
    package init(weight: Matrix, epsilon: Float) {
        self.weight = weight
        self.epsilon = epsilon
    }
}

/// A square 2-D convolution, packed for the rows x channels layout.
package struct ConvolutionWeights: Sendable {
    /// weight [outputs, kernel·kernel·inputs], columns ordered [ky][kx][input].
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
