/// A part of the model that computes a batch in one step.
package enum Stage: String, CaseIterable, Hashable, Sendable {
    /// Pictures to features; its unit of work is a picture.
    case encode
    /// Positions of sequences; its unit is a row, one position of one sequence.
    case language
    /// One denoising step of pictures; its unit is a sample, of which a guided picture has two.
    case denoise
    /// Latents to pixels; its unit is a picture.
    case render
}
