/// How a picture is drawn.
package struct PictureParameters: Hashable, Sendable {
    /// Number of pictures to draw from the same context, each with its own seed.
    package var count = 1
    /// Denoising steps.
    package var stepCount = 30
    /// Strength of classifier-free guidance; 1 or less draws without it, at half the cost.
    package var guidanceScale: Float = 7.5
    /// How to denoise.
    package var method = DiffusionMethod.ddpm
    /// Steps between previews; 0 for none.
    package var previewInterval = 0

    /// The defaults above.
    package init() {}
}
