extension DenoisingPlan {
    /// Deterministic implicit sampling (Song, Meng, Ermon, arXiv 2010.02502, equation 12, eta 0).
    ///
    /// No step draws noise.
    ///
    /// - Parameters:
    ///   - configuration: A valid configuration.
    ///   - stepCount: 1...training steps.
    /// - Returns: The plan; its timesteps may lie outside of the training's.
    static func ddim(_ configuration: DiffusionConfiguration, stepCount: Int) -> DenoisingPlan {
        let alphas = NoiseSchedule(configuration).alphasCumulative
        let final = configuration.setsFinalAlphaToOne ? 1 : alphas[0]
        let timesteps = wholeTimesteps(configuration, stepCount: stepCount)
        let stride = configuration.trainingStepCount / stepCount
        let steps = timesteps.map { timestep -> DenoisingStep in
            guard alphas.indices.contains(timestep) else { return .outside }
            let alpha = alphas[timestep]
            let previous = timestep >= stride ? alphas[timestep - stride] : final
            let root = alpha.squareRoot()
            let noiseRoot = (1 - alpha).squareRoot()
            let direction = (1 - previous).squareRoot()
            var step = DenoisingStep(
                prediction: configuration.predictionType,
                root: root,
                noiseRoot: noiseRoot
            )
            step.denoised = previous.squareRoot()
            // The noise in the latents, from what the network said before x0 was clamped.
            switch configuration.predictionType {
            case .epsilon:
                step.output = direction
            case .velocity:
                step.output = direction * root
                step.latents = direction * noiseRoot
            case .sample:
                step.output = -direction * root / noiseRoot
                step.latents = direction / noiseRoot
            }
            return step
        }
        return DenoisingPlan(
            timesteps: timesteps.map(Float.init),
            steps: steps,
            inputScales: [Float](repeating: 1, count: steps.count),
            clipRange: configuration.clipsSample ? configuration.clipRange : nil
        )
    }
}
