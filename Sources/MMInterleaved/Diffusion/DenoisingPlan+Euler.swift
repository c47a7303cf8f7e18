extension DenoisingPlan {
    /// Euler's method on the probability flow (Karras et al., arXiv 2206.00364, algorithm 2 without
    /// churn).
    ///
    /// Latents are `x0 + sigma · noise`: large, and scaled down for the network. No step draws noise.
    /// A schedule of zero terminal SNR has its last alpha raised to 2^-24.
    ///
    /// - Parameters:
    ///   - configuration: A valid configuration.
    ///   - stepCount: 1...training steps.
    /// - Returns: The plan; its timesteps may lie outside of the training's.
    static func euler(_ configuration: DiffusionConfiguration, stepCount: Int) -> DenoisingPlan {
        let levels = NoiseSchedule(configuration, keepsSignal: true).sigmas
        let spacing = configuration.timestepSpacing ?? .linspace
        let timesteps = spacing.timesteps(
            stepCount: stepCount,
            trainingStepCount: configuration.trainingStepCount,
            offset: configuration.stepsOffset
        )
        let sigmas = timesteps.map { interpolate(levels, at: $0) }
        let steps = sigmas.indices.map { index -> DenoisingStep in
            let sigma = sigmas[index]
            let next = index + 1 < sigmas.count ? sigmas[index + 1] : 0
            let length = (sigma * sigma + 1).squareRoot()
            // In terms of the scaled latents: x0 + sigma · noise = length · (root · x0 + ...).
            var step = DenoisingStep(
                prediction: configuration.predictionType,
                root: 1 / length,
                noiseRoot: sigma / length
            )
            step.denoisedFromLatents /= length
            if configuration.predictionType == .epsilon {
                step.denoisedFromLatents = 1
                step.denoisedFromOutput = -sigma
            }
            step.latents = next / sigma
            step.denoised = (sigma - next) / sigma
            return step
        }
        let largest = sigmas.max() ?? 0
        return DenoisingPlan(
            timesteps: timesteps.map(Float.init),
            steps: steps,
            inputScales: sigmas.map { 1 / ($0 * $0 + 1).squareRoot() },
            initialNoiseScale: spacing == .leading
                ? (largest * largest + 1).squareRoot() : largest
        )
    }

    /// The level at a fractional timestep, NaN outside of the training's.
    private static func interpolate(_ levels: [Float], at timestep: Double) -> Float {
        let low = Int(timestep.rounded(.down))
        guard levels.indices.contains(low), timestep <= Double(levels.count - 1) else {
            return .nan
        }
        let share = timestep - Double(low)
        guard share > 0 else { return levels[low] }
        let before = Double(levels[low])
        return Float(before + (Double(levels[low + 1]) - before) * share)
    }
}
