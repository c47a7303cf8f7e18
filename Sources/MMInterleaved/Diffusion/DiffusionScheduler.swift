/// The ways to denoise, by the names of the HTTP interface.
package enum DiffusionMethod: String, CaseIterable, Sendable {
    case ddpm
    case ddim
    case euler
    case multistepSolver = "dpmpp-2m"
}

/// Takes the latents of one picture from noise to a picture, step by step.
///
/// A value belongs to one picture: the multistep solver remembers the step before. All coefficients
/// are computed by `init`; a step is one pass over the elements and allocates nothing.
///
/// Only ``DiffusionMethod/ddpm`` draws noise, at every step including the last (unless that is at
/// timestep 0), see ``drawsNoise(atStep:)``.
///
/// Semantics: diffusers 0.20, except that trailing spacing never yields a timestep more than asked
/// for, and that zero-terminal-SNR schedules work with every method, as in later versions.
package struct DiffusionScheduler: Sendable {
    private let plan: DenoisingPlan
    /// x0 of the step before, for the multistep solver; empty for the others.
    private var previousDenoised: [Float]
    private let elementCount: Int

    /// Prepares a run.
    ///
    /// - Parameters:
    ///   - configuration: The model's `scheduler_config.json`.
    ///   - method: How to denoise.
    ///   - stepCount: Number of steps, at most the training's.
    ///   - elementCount: Number of elements of the picture's latents.
    /// - Throws: ``DiffusionConfigurationError`` if the configuration is invalid, if there are too few
    ///   or too many steps, if a timestep falls outside of the training's, or if a coefficient is
    ///   infinite (noise prediction on a schedule of zero terminal SNR).
    package init(
        configuration: DiffusionConfiguration,
        method: DiffusionMethod,
        stepCount: Int,
        elementCount: Int
    ) throws(DiffusionConfigurationError) {
        try configuration.validate()
        guard (1...configuration.trainingStepCount).contains(stepCount) else {
            throw DiffusionConfigurationError(
                field: "steps",
                detail: "\(stepCount) is not in 1...\(configuration.trainingStepCount)"
            )
        }
        plan =
            switch method {
            case .ddpm: .ddpm(configuration, stepCount: stepCount)
            case .ddim: .ddim(configuration, stepCount: stepCount)
            case .euler: .euler(configuration, stepCount: stepCount)
            case .multistepSolver: .multistepSolver(configuration, stepCount: stepCount)
            }
        if let bad = plan.steps.firstIndex(where: { !$0.isFinite }) {
            throw DiffusionConfigurationError(
                field: "steps",
                detail: "\(method.rawValue) with \(stepCount) steps has no finite coefficients at "
                    + "step \(bad), timestep \(plan.timesteps[bad])"
            )
        }
        self.elementCount = elementCount
        let needsHistory = plan.steps.contains { $0.previousDenoised != 0 }
        previousDenoised = [Float](repeating: 0, count: needsHistory ? elementCount : 0)
    }

    /// Timesteps to give to the network, one per step, falling.
    ///
    /// Whole numbers, except for Euler's method with linspace spacing.
    package var timesteps: [Float] { plan.timesteps }

    /// Number of steps: the number asked for, less repeated timesteps of the multistep solver.
    package var stepCount: Int { plan.steps.count }

    /// Standard normal numbers times this are the first latents.
    package var initialNoiseScale: Float { plan.initialNoiseScale }

    /// The latents times this are the network's input at a step.
    package func inputScale(atStep stepIndex: Int) -> Float { plan.inputScales[stepIndex] }

    /// Whether a step takes standard normal numbers from the picture's generator.
    package func drawsNoise(atStep stepIndex: Int) -> Bool { plan.steps[stepIndex].drawsNoise }

    /// Moves the latents one step on.
    ///
    /// Steps are taken in order; a new run may start with step 0 at any time.
    ///
    /// - Parameters:
    ///   - latents: The picture's latents, unscaled; replaced by the next ones.
    ///   - modelOutput: The network's output, after guidance.
    ///   - stepIndex: 0..<stepCount.
    ///   - noise: Standard normal numbers if the step draws them, else not looked at (may be empty).
    /// - Precondition: All have the count given to `init`.
    package mutating func step(
        latents: inout MutableSpan<Float>,
        modelOutput: Span<Float>,
        stepIndex: Int,
        noise: Span<Float>
    ) {
        let step = plan.steps[stepIndex]
        precondition(latents.count == elementCount, "latents of another size")
        precondition(modelOutput.count == elementCount, "model output of another size")
        precondition(!step.drawsNoise || noise.count == elementCount, "noise of another size")
        let limit = plan.clipRange ?? .infinity
        let keepsHistory = !previousDenoised.isEmpty
        for index in modelOutput.indices {
            let x = latents[index]
            let output = modelOutput[index]
            var denoised = step.denoisedFromLatents * x + step.denoisedFromOutput * output
            denoised = denoised > limit ? limit : (denoised < -limit ? -limit : denoised)
            var next = step.latents * x + step.denoised * denoised + step.output * output
            if step.previousDenoised != 0 {
                next += step.previousDenoised * previousDenoised[index]
            }
            if step.drawsNoise {
                next += step.noise * noise[index]
            }
            if keepsHistory {
                previousDenoised[index] = denoised
            }
            latents[index] = next
        }
    }
}
