/// What the denoising network's output stands for.
package enum PredictionType: String, Codable, Sendable {
    /// The noise in the latents.
    case epsilon
    /// `sqrt(alpha) noise - sqrt(1 - alpha) x0` (Salimans and Ho, arXiv 2202.00512).
    case velocity = "v_prediction"
    /// The clean latents x0.
    case sample
}

/// How the variances of the training steps were chosen.
package enum BetaSchedule: String, Codable, Sendable {
    /// Equal steps from the first beta to the last.
    case linear
    /// Equal steps of the square root, as in latent diffusion.
    case scaledLinear = "scaled_linear"
    /// From a squared cosine (Nichol and Dhariwal, arXiv 2102.09672), each at most 0.999.
    case squaredCosine = "squaredcos_cap_v2"
}

/// Variance of the noise that a DDPM step adds.
package enum VarianceType: String, Codable, Sendable {
    /// The posterior's variance for known x0.
    case fixedSmall = "fixed_small"
    /// The step's own beta.
    case fixedLarge = "fixed_large"
}

/// Form of the second-order term of the multistep solver.
package enum SolverType: String, Codable, Sendable {
    case midpoint
    case heun
}

/// A value of a scheduler's configuration that cannot be used.
package struct DiffusionConfigurationError: Error, Equatable {
    /// The field as the JSON file names it, or the argument.
    package let field: String
    /// What was found and what is possible.
    package let detail: String
}

/// The `scheduler_config.json` of a diffusion model, as diffusers writes it.
///
/// Absent fields have the defaults of diffusers' schedulers; fields that no scheduler here knows are
/// ignored, whatever class the file names: any method can be built from any file.
package struct DiffusionConfiguration: Sendable, Hashable {
    /// `num_train_timesteps`: steps of the training's noise schedule.
    package var trainingStepCount = 1000
    /// `beta_start` and `beta_end`.
    package var firstBeta = 0.0001
    package var lastBeta = 0.02
    /// `beta_schedule`.
    package var betaSchedule = BetaSchedule.linear
    /// `trained_betas`: the variances themselves, instead of a schedule.
    package var explicitBetas: [Float]?
    /// `prediction_type`.
    package var predictionType = PredictionType.epsilon
    /// `timestep_spacing`; nil leaves it to the method.
    package var timestepSpacing: TimestepSpacing?
    /// `steps_offset`: added to the timesteps of leading spacing.
    package var stepsOffset = 0
    /// `clip_sample` and `clip_sample_range`: DDPM and DDIM clamp x0 to ± the range.
    package var clipsSample = true
    package var clipRange: Float = 1
    /// `set_alpha_to_one`: whether DDIM's last step goes to alpha 1 instead of the first alpha.
    package var setsFinalAlphaToOne = true
    /// `variance_type`, of DDPM.
    package var varianceType = VarianceType.fixedSmall
    /// `rescale_betas_zero_snr`: whether the last training step is pure noise (arXiv 2305.08891).
    package var rescalesToZeroTerminalSNR = false
    /// `solver_type`, `lower_order_final` and `lambda_min_clipped`, of the multistep solver.
    package var solverType = SolverType.midpoint
    package var lowersFinalOrder = true
    package var minimumLambda: Float = -.infinity

    /// The defaults of diffusers.
    package init() {}

    /// Checks every value by itself.
    ///
    /// - Throws: ``DiffusionConfigurationError`` for the first value out of its range.
    package func validate() throws(DiffusionConfigurationError) {
        try Self.require(
            (1...1_000_000).contains(trainingStepCount),
            "num_train_timesteps",
            "\(trainingStepCount) is not in 1...1000000"
        )
        try Self.require(
            firstBeta > 0 && firstBeta < 1,
            "beta_start",
            "\(firstBeta) is not between 0 and 1"
        )
        try Self.require(
            lastBeta >= firstBeta && lastBeta < 1,
            "beta_end",
            "\(lastBeta) is not between beta_start \(firstBeta) and 1"
        )
        try Self.require(
            (0..<trainingStepCount).contains(stepsOffset),
            "steps_offset",
            "\(stepsOffset) is not in 0..<\(trainingStepCount)"
        )
        try Self.require(
            clipRange > 0 && clipRange.isFinite,
            "clip_sample_range",
            "\(clipRange) is not positive"
        )
        try Self.require(!minimumLambda.isNaN, "lambda_min_clipped", "is not a number")
        if let explicitBetas {
            try Self.require(
                explicitBetas.count == trainingStepCount,
                "trained_betas",
                "\(explicitBetas.count) values for \(trainingStepCount) steps"
            )
            try Self.require(
                explicitBetas.allSatisfy { $0 > 0 && $0 < 1 },
                "trained_betas",
                "a value is not between 0 and 1"
            )
        }
    }

    private static func require(
        _ holds: Bool,
        _ field: String,
        _ detail: @autoclosure () -> String
    ) throws(DiffusionConfigurationError) {
        guard holds else { throw DiffusionConfigurationError(field: field, detail: detail()) }
    }
}

// MARK: - Reading

extension DiffusionConfiguration: Codable {
    private enum CodingKeys: String, CodingKey {
        case trainingStepCount = "num_train_timesteps"
        case firstBeta = "beta_start"
        case lastBeta = "beta_end"
        case betaSchedule = "beta_schedule"
        case explicitBetas = "trained_betas"
        case predictionType = "prediction_type"
        case timestepSpacing = "timestep_spacing"
        case stepsOffset = "steps_offset"
        case clipsSample = "clip_sample"
        case clipRange = "clip_sample_range"
        case setsFinalAlphaToOne = "set_alpha_to_one"
        case varianceType = "variance_type"
        case rescalesToZeroTerminalSNR = "rescale_betas_zero_snr"
        case solverType = "solver_type"
        case lowersFinalOrder = "lower_order_final"
        case minimumLambda = "lambda_min_clipped"
        case thresholding
        case usesKarrasSigmas = "use_karras_sigmas"
        case interpolationType = "interpolation_type"
        case algorithmType = "algorithm_type"
        case solverOrder = "solver_order"
    }

    /// Reads and validates the fields.
    ///
    /// - Throws: what the decoder throws for a wrong type or an unknown choice, ``DiffusionConfigurationError``
    ///   for a value out of range or a feature that is not there.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func read<Value: Decodable>(_ key: CodingKeys, into field: inout Value) throws {
            field = try values.decodeIfPresent(Value.self, forKey: key) ?? field
        }
        self.init()
        try read(.trainingStepCount, into: &trainingStepCount)
        try read(.firstBeta, into: &firstBeta)
        try read(.lastBeta, into: &lastBeta)
        try read(.betaSchedule, into: &betaSchedule)
        explicitBetas = try values.decodeIfPresent([Float].self, forKey: .explicitBetas)
        try read(.predictionType, into: &predictionType)
        timestepSpacing = try values.decodeIfPresent(TimestepSpacing.self, forKey: .timestepSpacing)
        try read(.stepsOffset, into: &stepsOffset)
        try read(.clipsSample, into: &clipsSample)
        try read(.clipRange, into: &clipRange)
        try read(.setsFinalAlphaToOne, into: &setsFinalAlphaToOne)
        try read(.varianceType, into: &varianceType)
        try read(.rescalesToZeroTerminalSNR, into: &rescalesToZeroTerminalSNR)
        try read(.solverType, into: &solverType)
        try read(.lowersFinalOrder, into: &lowersFinalOrder)
        try read(.minimumLambda, into: &minimumLambda)
        try Self.refuseMissingFeatures(values)
        try validate()
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(trainingStepCount, forKey: .trainingStepCount)
        try values.encode(firstBeta, forKey: .firstBeta)
        try values.encode(lastBeta, forKey: .lastBeta)
        try values.encode(betaSchedule, forKey: .betaSchedule)
        try values.encodeIfPresent(explicitBetas, forKey: .explicitBetas)
        try values.encode(predictionType, forKey: .predictionType)
        try values.encodeIfPresent(timestepSpacing, forKey: .timestepSpacing)
        try values.encode(stepsOffset, forKey: .stepsOffset)
        try values.encode(clipsSample, forKey: .clipsSample)
        try values.encode(clipRange, forKey: .clipRange)
        try values.encode(setsFinalAlphaToOne, forKey: .setsFinalAlphaToOne)
        try values.encode(varianceType, forKey: .varianceType)
        try values.encode(rescalesToZeroTerminalSNR, forKey: .rescalesToZeroTerminalSNR)
        try values.encode(solverType, forKey: .solverType)
        try values.encode(lowersFinalOrder, forKey: .lowersFinalOrder)
        // JSON has no infinity; its absence means the same.
        if minimumLambda.isFinite { try values.encode(minimumLambda, forKey: .minimumLambda) }
    }

    /// Refuses what would change the result and is not implemented, rather than passing it over.
    private static func refuseMissingFeatures(
        _ values: KeyedDecodingContainer<CodingKeys>
    ) throws {
        for key in [CodingKeys.thresholding, .usesKarrasSigmas] {
            let isOn = try values.decodeIfPresent(Bool.self, forKey: key) ?? false
            try require(!isOn, key.rawValue, "is not supported")
        }
        for (key, only) in [
            (CodingKeys.interpolationType, "linear"), (.algorithmType, "dpmsolver++"),
        ] {
            let choice = try values.decodeIfPresent(String.self, forKey: key) ?? only
            try require(choice == only, key.rawValue, "\(choice) is not supported, only \(only)")
        }
        let order = try values.decodeIfPresent(Int.self, forKey: .solverOrder) ?? 2
        try require(order == 2, "solver_order", "\(order) is not supported, only 2")
    }
}
