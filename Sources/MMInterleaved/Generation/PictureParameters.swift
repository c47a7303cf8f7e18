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
    /// When a picture is shown before it is complete.
    package var previews = Previews.every(0)

    /// When a picture is shown before it is complete.
    package enum Previews: Hashable, Sendable {
        /// After every so many steps; 0 for never.
        case every(Int)
        /// So many times at most, spread over the steps; the last step is none of these.
        case count(Int)

        /// Whether one comes after a step.
        ///
        /// - Parameters:
        ///   - step: The step, from 1.
        ///   - stepCount: How many there are.
        /// - Returns: Whether the picture is shown then.
        package func isDue(after step: Int, of stepCount: Int) -> Bool {
            guard step < stepCount else { return false }
            switch self {
            case .every(let interval): return interval > 0 && step % interval == 0
            // Of equal parts, one more than previews, a part is over.
            case .count(let count):
                let parts = min(count, stepCount - 1) + 1
                return step * parts / stepCount > (step - 1) * parts / stepCount
            }
        }
    }

    /// Steps between previews; 0 for none, or for as many as are spread over the steps.
    package var previewInterval: Int {
        get { if case .every(let interval) = previews { interval } else { 0 } }
        set { previews = .every(newValue) }
    }

    /// Samples of one of its denoising steps: with guidance two.
    package var sampleCount: Int { guidanceScale > 1 ? 2 : 1 }

    /// The defaults above.
    package init() {}
}
