/// What parameters of generation may be, wherever they are given: in a model's configuration, a request, a flag.
package enum GenerationRange {
    /// Segments of an answer of words and pictures.
    package static let segmentCount = 1...1000

    // MARK: Texts

    /// Most new tokens of a text.
    package static let tokenCount = 1...65_536
    /// Beams.
    package static let beamCount = 1...64
    /// Texts of one context.
    package static let textCount = 1...64
    /// Divisor of the logits.
    package static let temperature = 0.0...10
    /// Mass of the tokens that are kept.
    package static let topP = 0.0...1
    /// Number of the tokens that are kept.
    package static let topK = 0...4_194_304
    /// Least probability of the tokens that are kept, as a share of the largest.
    package static let minP = 0.0...1
    /// Divisor of the logits of tokens that were generated before.
    package static let repetitionPenalty = 0.01...100
    /// Exponent of the length in beam search.
    package static let lengthPenalty = -10.0...10

    // MARK: Pictures

    /// Pictures of one context.
    package static let pictureCount = 1...64
    /// Denoising steps.
    package static let stepCount = 1...1000
    /// Strength of guidance.
    package static let guidanceScale = 0.0...100
}

extension ClosedRange<Double> {
    /// The range of the numbers in single precision that both ends become.
    package var inSinglePrecision: ClosedRange<Float> { Float(lowerBound)...Float(upperBound) }
}
