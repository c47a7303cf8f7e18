package import Engine

/// A request that an example makes of the model.
package struct EvaluationRequest: Hashable, Sendable {
    /// The sequence to continue.
    package var input: [InputPart]
    /// What to generate.
    package var mode: GenerationMode
    /// Whether an interleaved answer has to begin with a picture; else the model decides.
    package var beginsWithPicture = false
    /// Most segments of an interleaved answer.
    package var maximumSegmentCount = 1
    /// Most new tokens of a text; words are decoded greedily.
    package var maximumTokenCount = 48
    /// Seed of the noise of pictures.
    package var seed: UInt64
    /// How pictures are drawn.
    package var drawing: DrawingSettings
}

/// How pictures are drawn, where it is not as the model's configuration says.
package struct DrawingSettings: Hashable, Sendable {
    /// Denoising steps; nil for the model's own number.
    package var stepCount: Int?
    /// Strength of guidance; nil for the model's own.
    package var guidanceScale: Float?

    /// The model's own settings.
    package init() {}
}
