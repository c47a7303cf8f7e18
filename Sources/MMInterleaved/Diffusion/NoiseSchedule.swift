internal import Tensors

/// How much of the clean latents is left at each training step.
///
/// `alphasCumulative[t]` is the product of `1 - beta` over steps 0...t: latents at step t are
/// `sqrt(alpha) x0 + sqrt(1 - alpha) noise`. Computed in single precision where diffusers does, as
/// `1 - alpha` of the first steps keeps its rounding.
package struct NoiseSchedule: Sendable, Equatable {
    /// The products, one per training step, falling.
    package let alphasCumulative: [Float]

    /// Computes the schedule of a valid configuration.
    ///
    /// - Parameters:
    ///   - configuration: A valid configuration.
    ///   - keepsSignal: Whether the last alpha of a rescaled schedule is 2^-24 instead of 0, for
    ///     methods that divide by it.
    package init(_ configuration: DiffusionConfiguration, keepsSignal: Bool = false) {
        var betas = Self.betas(configuration)
        if configuration.rescalesToZeroTerminalSNR {
            betas = Self.rescaledToZeroTerminalSNR(betas)
        }
        var alphas = Self.cumulativeProducts(of: betas.map { 1 - $0 })
        if configuration.rescalesToZeroTerminalSNR && keepsSignal {
            alphas[alphas.count - 1] = 0x1p-24
        }
        alphasCumulative = alphas
    }

    /// `sqrt((1 - alpha) / alpha)`, the noise level of variance-exploding schedulers.
    var sigmas: [Float] {
        alphasCumulative.map { ((1 - $0) / $0).squareRoot() }
    }

    // MARK: - Betas

    private static func betas(_ configuration: DiffusionConfiguration) -> [Float] {
        if let betas = configuration.explicitBetas {
            return betas
        }
        let count = configuration.trainingStepCount
        switch configuration.betaSchedule {
        case .linear:
            return evenSteps(configuration.firstBeta, configuration.lastBeta, count: count)
        case .scaledLinear:
            return evenSteps(
                configuration.firstBeta.squareRoot(),
                configuration.lastBeta.squareRoot(),
                count: count
            ).map { $0 * $0 }
        case .squaredCosine:
            return (0..<count).map { step in
                let before = squaredCosine(Double(step) / Double(count))
                let after = squaredCosine(Double(step + 1) / Double(count))
                return Float(min(1 - after / before, 0.999))
            }
        }
    }

    private static func squaredCosine(_ time: Double) -> Double {
        let cosine = Elementary.cos((time + 0.008) / 1.008 * Double.pi / 2)
        return cosine * cosine
    }

    /// `count` numbers from first to last, each half counted from its own end.
    private static func evenSteps(_ first: Double, _ last: Double, count: Int) -> [Float] {
        guard count > 1 else { return [Float](repeating: Float(first), count: count) }
        let step = (Float(last) - Float(first)) / Float(count - 1)
        return (0..<count).map { index in
            index < count / 2
                ? Float(first) + step * Float(index)
                : Float(last) - step * Float(count - 1 - index)
        }
    }

    /// Shifts and scales the square roots of the products so that the last becomes 0 and the first
    /// stays (arXiv 2305.08891, algorithm 1).
    private static func rescaledToZeroTerminalSNR(_ betas: [Float]) -> [Float] {
        var roots = cumulativeProducts(of: betas.map { 1 - $0 }).map { $0.squareRoot() }
        guard let first = roots.first, let last = roots.last, first > last else { return betas }
        roots = roots.map { ($0 - last) * (first / (first - last)) }
        let products = roots.map { $0 * $0 }
        return products.indices.map { index in
            1 - (index == 0 ? products[0] : products[index] / products[index - 1])
        }
    }

    private static func cumulativeProducts(of values: [Float]) -> [Float] {
        var product = 1.0
        return values.map { value in
            product *= Double(value)
            return Float(product)
        }
    }
}
