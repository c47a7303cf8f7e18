/// How the weight of a product is stored, and with it how the product is computed.
///
/// The format belongs to the model: whatever the processor, a format gives the same bits everywhere.
package enum WeightFormat: String, CaseIterable, Hashable, Sendable {
    /// Single precision; sums are chains of fused operations in the order of the inputs.
    case f32
    /// bfloat16 weights and inputs, summed in single precision as AMX's TDPBF16PS does.
    case bf16
    /// Signed bytes with a scale per output, and inputs as signed bytes with a scale per row, both rotated; sums are exact.
    case int8
    /// As ``int8``, with weights of four bits times a whole number that 32 inputs share.
    case int4

    /// Whether a layer can have the format.
    ///
    /// Inputs are rotated in groups before they become bytes, and the sum of so many bytes must fit 32 bits. The windows
    /// of convolutions are multiplied where they lie; four bits have no product for that.
    ///
    /// - Parameters:
    ///   - inputs: Inputs of a pixel.
    ///   - window: Pixels of a convolution's window; 1 for a linear layer.
    /// - Returns: Whether there is a product for it.
    package func fits(inputs: Int, window: Int = 1) -> Bool {
        let canBeBytes =
            RotationGroup(inputs: inputs) != nil && inputs * window <= Self.largestByteInputCount
        return switch self {
        case .f32: true
        case .bf16: window <= Self.largestRoundedWindow
        case .int8: canBeBytes && window <= Self.largestRoundedWindow
        case .int4: canBeBytes && window == 1
        }
    }

    /// Memory of a weight, scales of whole outputs left out.
    package var bytesPerWeight: Double {
        switch self {
        case .f32: 4
        case .bf16: 2
        case .int8: 1
        // Half a byte, and a thirty-second of a multiplier.
        case .int4: 0.53125
        }
    }

    /// Products of bytes of which the sum fits 32 bits.
    static let largestByteInputCount = 66_000
    private static let largestRoundedWindow = 16
}

/// The values that are rotated together before they become bytes, which spreads outliers over them.
///
/// A rotation is the product with a symmetric, orthogonal Hadamard matrix: of inputs and weights alike, so that it
/// changes no product. Source: Ashkboos et al., QuaRot, arXiv 2404.00456 §4.
package struct RotationGroup: Hashable, Sendable {
    /// Number of values.
    package let size: Int

    /// The numbers of values that groups may have, the largest that divides the number of inputs being taken.
    package static let sizes = [256, 64, 32, 16]

    /// The largest group that divides the number of inputs; nil if there is none.
    package init?(inputs: Int) {
        guard let size = Self.sizes.first(where: { inputs % $0 == 0 }), inputs > 0 else {
            return nil
        }
        self.size = size
    }
}
