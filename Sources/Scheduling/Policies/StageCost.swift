/// How long a batch of one stage takes, as fixed + perUnit x units, fitted while running.
///
/// A weighted least-squares line over recent steps: every step moves the means and the covariance by a
/// fixed share, so that old ones fade. A step that took far longer than predicted counts only as a few
/// times the prediction: one stall of the machine does not spoil the estimate, and a lasting change is
/// still learned within some steps. While all batches had the same size, time is taken to be proportional.
///
/// Units: seconds and units of the stage (see ``Stage``).
package struct StageCost: Hashable, Sendable {
    private static let memory = 0.02
    private static let trustedCount = 8
    private static let outlierFactor = 4.0

    /// Steps measured so far.
    package private(set) var observationCount = 0
    private var meanUnits = 0.0
    private var meanSeconds = 0.0
    private var unitVariance = 0.0
    private var covariance = 0.0

    package init() {}

    /// Adds a measured step.
    package mutating func observe(unitCount: Int, duration: Duration) {
        let units = Double(unitCount)
        var seconds = max(0, duration.inSeconds)
        if observationCount >= Self.trustedCount {
            seconds = min(seconds, Self.outlierFactor * predictedSeconds(units))
        }
        let share = max(1 / Double(observationCount + 1), Self.memory)
        let unitChange = units - meanUnits
        let secondChange = seconds - meanSeconds
        meanUnits += share * unitChange
        meanSeconds += share * secondChange
        unitVariance = (1 - share) * (unitVariance + share * unitChange * unitChange)
        covariance = (1 - share) * (covariance + share * unitChange * secondChange)
        observationCount += 1
    }

    /// Time that does not depend on the batch.
    package var fixed: Duration { .seconds(fixedSeconds) }

    /// Time of one more unit.
    package var perUnit: Duration { .seconds(secondsPerUnit) }

    /// Expected time of a batch, or nil before the first measurement.
    package func prediction(unitCount: Int) -> Duration? {
        observationCount == 0 ? nil : .seconds(predictedSeconds(Double(unitCount)))
    }

    /// Units of the largest batch that is expected to take at most `duration`, or nil before the first
    /// measurement.
    package func unitCount(within duration: Duration) -> Int? {
        guard observationCount > 0 else { return nil }
        let rest = duration.inSeconds - fixedSeconds
        guard rest > 0 else { return 0 }
        guard secondsPerUnit > 0 else { return Int.max }
        return Int(min(rest / secondsPerUnit, 1e9))
    }

    private func predictedSeconds(_ units: Double) -> Double {
        fixedSeconds + secondsPerUnit * units
    }

    private var fixedSeconds: Double { max(0, meanSeconds - secondsPerUnit * meanUnits) }

    /// Between 0 and proportional: neither part of the time is negative.
    private var secondsPerUnit: Double {
        guard meanUnits > 0 else { return 0 }
        let proportional = meanSeconds / meanUnits
        guard unitVariance > 1e-4 * meanUnits * meanUnits else { return proportional }
        return min(max(covariance / unitVariance, 0), proportional)
    }
}
