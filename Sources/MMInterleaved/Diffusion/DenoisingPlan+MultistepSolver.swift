internal import Tensors

extension DenoisingPlan {
    /// DPM-Solver++ of second order with two steps' memory (Lu et al., arXiv 2211.01095).
    ///
    /// The first step is of first order, and so is the last of a run of fewer than 15 steps if the
    /// configuration says so. No step draws noise. A schedule of zero terminal SNR has its last
    /// alpha raised to 2^-24. The run ends at training step 0.
    ///
    /// - Parameters:
    ///   - configuration: A valid configuration.
    ///   - stepCount: 1...training steps.
    /// - Returns: The plan; repeated timesteps are dropped, others may lie outside of the training's.
    static func multistepSolver(
        _ configuration: DiffusionConfiguration,
        stepCount: Int
    ) -> DenoisingPlan {
        let schedule = NoiseSchedule(configuration, keepsSignal: true)
        let points = schedule.alphasCumulative.map(SolverPoint.init)
        let usable = points.count { $0.lambda >= configuration.minimumLambda }
        let timesteps = (configuration.timestepSpacing ?? .linspace).solverTimesteps(
            stepCount: stepCount,
            trainingStepCount: configuration.trainingStepCount,
            usableStepCount: usable,
            offset: configuration.stepsOffset
        ).map { Int($0) }
        let lowersLast = configuration.lowersFinalOrder && timesteps.count < 15
        let steps = timesteps.indices.map { index -> DenoisingStep in
            guard points.indices.contains(timesteps[index]) else { return .outside }
            let isLast = index == timesteps.count - 1
            let current = points[timesteps[index]]
            let next = points[isLast ? 0 : timesteps[index + 1]]
            var step = DenoisingStep(
                prediction: configuration.predictionType,
                root: current.root,
                noiseRoot: current.noiseRoot
            )
            let width = next.lambda - current.lambda
            let decay = next.root * (Elementary.exp(-width) - 1)
            step.latents = next.noiseRoot / current.noiseRoot
            step.denoised = -decay
            if index > 0 && !(isLast && lowersLast) {
                let before = points[timesteps[index - 1]]
                let ratio = (current.lambda - before.lambda) / width
                let slope =
                    switch configuration.solverType {
                    case .midpoint: -0.5 * decay
                    case .heun: next.root * ((Elementary.exp(-width) - 1) / width + 1)
                    }
                step.denoised += slope / ratio
                step.previousDenoised = -slope / ratio
            }
            return step
        }
        return DenoisingPlan(
            timesteps: timesteps.map(Float.init),
            steps: steps,
            inputScales: [Float](repeating: 1, count: steps.count)
        )
    }
}

/// The roots of one training step's alpha, and half the logarithm of its signal-to-noise ratio.
private struct SolverPoint {
    let root: Float
    let noiseRoot: Float
    let lambda: Float

    init(alpha: Float) {
        root = alpha.squareRoot()
        noiseRoot = (1 - alpha).squareRoot()
        lambda = Elementary.log(root) - Elementary.log(noiseRoot)
    }
}
