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
