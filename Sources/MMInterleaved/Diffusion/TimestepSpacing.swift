/// Which of the training's steps a short run of denoising steps visits.
///
/// The names are those of table 2 of arXiv 2305.08891. All lists fall.
package enum TimestepSpacing: String, Codable, Sendable {
    /// Multiples of `training steps / steps`, rounded down, plus the configured offset.
    case leading
    /// From the last training step down by `training steps / steps`.
    case trailing
    /// From the last training step to the first, both included.
    case linspace

    /// The timesteps, before rounding for linspace (Euler keeps the fractions).
    ///
    /// - Parameters:
    ///   - stepCount: Number of denoising steps, 1...trainingStepCount.
    ///   - trainingStepCount: Number of training steps.
    ///   - offset: Added to the timesteps of leading spacing.
    /// - Returns: `stepCount` timesteps.
    func timesteps(stepCount: Int, trainingStepCount: Int, offset: Int) -> [Double] {
        switch self {
        case .leading:
            let ratio = trainingStepCount / stepCount
            return (0..<stepCount).reversed().map { Double($0 * ratio + offset) }
        case .trailing:
            return Self.trailing(
                from: trainingStepCount,
                ratio: Double(trainingStepCount) / Double(stepCount),
                count: stepCount
            )
        case .linspace:
            return Self.evenSteps(to: Double(trainingStepCount - 1), count: stepCount).reversed()
        }
    }

    /// The timesteps of the multistep solver, whose spacing counts the end of the run as a step more.
    ///
    /// - Parameters:
    ///   - stepCount: Number of denoising steps.
    ///   - trainingStepCount: Number of training steps.
    ///   - usableStepCount: Number of training steps that are noisy enough not to be cut off.
    ///   - offset: Added to the timesteps of leading spacing.
    /// - Returns: Whole timesteps without repetition.
    func solverTimesteps(
        stepCount: Int,
        trainingStepCount: Int,
        usableStepCount: Int,
        offset: Int
    ) -> [Double] {
        var list: [Double]
        switch self {
        case .leading:
            let ratio = usableStepCount / (stepCount + 1)
            list = (1...stepCount).reversed().map { Double($0 * ratio + offset) }
        case .trailing:
            let ratio = Double(trainingStepCount) / Double(stepCount)
            let count = Int((Double(usableStepCount) / ratio).rounded(.up))
            list = Self.trailing(from: usableStepCount, ratio: ratio, count: min(count, stepCount))
        case .linspace:
            list = Self.evenSteps(to: Double(usableStepCount - 1), count: stepCount + 1)
                .dropFirst().reversed().map { $0.rounded(.toNearestOrEven) }
        }
        var last: Double?
        list.removeAll { timestep in
            defer { last = timestep }
            return timestep == last
        }
        return list
    }

    private static func trailing(from first: Int, ratio: Double, count: Int) -> [Double] {
        (0..<count).map { (Double(first) - Double($0) * ratio).rounded(.toNearestOrEven) - 1 }
    }

    /// `count` numbers from 0 to `last`; 0 alone if there is one.
    private static func evenSteps(to last: Double, count: Int) -> [Double] {
        guard count > 1 else { return [0] }
        return (0..<count).map { $0 == count - 1 ? last : Double($0) * (last / Double(count - 1)) }
    }
}
