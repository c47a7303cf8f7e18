/// A part of the model that computes one batch at a time.
package enum Stage: String, Sendable, CaseIterable {
    /// Pixels to features: vision transformer, perceiver, synchronizer values. Items are pictures.
    case encode
    /// Positions of sequences through the language model. Items are positions.
    case language
    /// Denoising steps. Items are pictures, each taking one step.
    case denoise
    /// Latents to pixels. Items are pictures.
    case render
}
