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

    /// Whether a layer of so many inputs can have the format.
    ///
    /// Inputs are rotated in groups before they become bytes, and the sum of so many bytes must fit 32 bits.
    package func fits(inputs: Int) -> Bool {
        switch self {
        case .f32, .bf16: true
        case .int8: RotationGroup(inputs: inputs) != nil && inputs <= 66_000
        }
    }
}

/// The values that are rotated together before they become bytes, which spreads outliers over them.
///
/// A rotation is the product with a symmetric, orthogonal Hadamard matrix: of inputs and weights alike, so that it
/// changes no product. Source: Ashkboos et al., QuaRot, arXiv 2404.00456 §4.
struct RotationGroup: Hashable, Sendable {
    /// Number of values.
    let size: Int

    /// The largest group that divides the number of inputs; nil if there is none.
    init?(inputs: Int) {
        guard let size = [256, 64, 32, 16].first(where: { inputs % $0 == 0 }), inputs > 0 else {
            return nil
        }
        self.size = size
    }
}
