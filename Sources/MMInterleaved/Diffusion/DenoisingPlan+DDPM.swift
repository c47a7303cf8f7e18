extension DenoisingPlan {
    /// Ancestral sampling (Ho, Jain, Abbeel, arXiv 2006.11239, equation 7).
    ///
    /// Every step but one at timestep 0 draws noise; a run that ends at timestep 1 (steps_offset 1)
    /// draws it at its last step too, with a weight of 1e-10.
    ///
    /// - Parameters:
    ///   - configuration: A valid configuration.
    ///   - stepCount: 1...training steps.
    /// - Returns: The plan; its timesteps may lie outside of the training's.
    static func ddpm(_ configuration: DiffusionConfiguration, stepCount: Int) -> DenoisingPlan {
        let alphas = NoiseSchedule(configuration).alphasCumulative
        let timesteps = wholeTimesteps(configuration, stepCount: stepCount)
        let stride = configuration.trainingStepCount / stepCount
        let steps = timesteps.map { timestep -> DenoisingStep in
            guard alphas.indices.contains(timestep) else { return .outside }
            let alpha = alphas[timestep]
            let previous = timestep >= stride ? alphas[timestep - stride] : 1
            let stepAlpha = alpha / previous
            let stepBeta = 1 - stepAlpha
            var step = DenoisingStep(
                prediction: configuration.predictionType,
                root: alpha.squareRoot(),
                noiseRoot: (1 - alpha).squareRoot()
            )
            step.denoised = previous.squareRoot() * stepBeta / (1 - alpha)
            step.latents = stepAlpha.squareRoot() * (1 - previous) / (1 - alpha)
            let posterior = max((1 - previous) / (1 - alpha) * stepBeta, 1e-20)
            let variance = configuration.varianceType == .fixedLarge ? stepBeta : posterior
            step.drawsNoise = timestep > 0
            step.noise = step.drawsNoise ? variance.squareRoot() : 0
            return step
        }
        return DenoisingPlan(
            timesteps: timesteps.map(Float.init),
            steps: steps,
            inputScales: [Float](repeating: 1, count: steps.count),
            clipRange: configuration.clipsSample ? configuration.clipRange : nil
        )
    }

    /// Whole timesteps; leading unless configured otherwise.
    static func wholeTimesteps(
        _ configuration: DiffusionConfiguration,
        stepCount: Int
    ) -> [Int] {
        (configuration.timestepSpacing ?? .leading).timesteps(
            stepCount: stepCount,
            trainingStepCount: configuration.trainingStepCount,
            offset: configuration.stepsOffset
        ).map { Int($0.rounded(.toNearestOrEven)) }
    }
}

extension DenoisingStep {
    /// Stands for a step whose timestep the training did not have; never finite.
    static var outside: DenoisingStep {
        DenoisingStep(prediction: .epsilon, root: .nan, noiseRoot: .nan)
    }
}
