/// The coefficients of one denoising step.
///
/// Every scheduler here is linear between two clampings, so that a step is
///
///     x0   = denoisedFromLatents · x + denoisedFromOutput · output      (clamped if configured)
///     next = latents · x + denoised · x0 + output · output
///            + previousDenoised · x0 of the step before + noise · noise
struct DenoisingStep: Sendable, Equatable {
    /// Weights of the latents and of the network's output in the clean latents x0.
    var denoisedFromLatents: Float = 0
    var denoisedFromOutput: Float = 0
    /// Weights in the next latents.
    var latents: Float = 0
    var denoised: Float = 0
    var output: Float = 0
    var previousDenoised: Float = 0
    var noise: Float = 0
    /// Whether the reference draws noise at this step, even if it weighs next to nothing.
    var drawsNoise = false

    /// Whether no coefficient is infinite or NaN.
    var isFinite: Bool {
        [
            denoisedFromLatents, denoisedFromOutput, latents, denoised, output, previousDenoised,
            noise,
        ].allSatisfy { $0.isFinite }
    }

    /// A step that so far only knows x0, for latents that are `root · x0 + noiseRoot · noise`.
    ///
    /// - Parameters:
    ///   - prediction: What the network's output stands for.
    ///   - root: Square root of the cumulative alpha.
    ///   - noiseRoot: Square root of 1 - alpha.
    init(prediction: PredictionType, root: Float, noiseRoot: Float) {
        switch prediction {
        case .epsilon:
            denoisedFromLatents = 1 / root
            denoisedFromOutput = -noiseRoot / root
        case .velocity:
            denoisedFromLatents = root
            denoisedFromOutput = -noiseRoot
        case .sample:
            denoisedFromOutput = 1
        }
    }
}

/// What a method computes from a configuration: where to stop on the way, and how to go on.
struct DenoisingPlan: Sendable {
    /// Timesteps for the network, falling; whole numbers except for Euler with linspace spacing.
    var timesteps: [Float]
    /// One per timestep.
    var steps: [DenoisingStep]
    /// Factors of the latents on their way into the network, one per timestep.
    var inputScales: [Float]
    /// Standard deviation of the first latents.
    var initialNoiseScale: Float = 1
    /// Limit of the absolute value of x0, if it is clamped.
    var clipRange: Float?
}
