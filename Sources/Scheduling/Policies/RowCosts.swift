/// How long language steps of few rows take, by the number of rows.
///
/// Where reading the weights is what costs, some rows take hardly longer than one, and more of them do: no line says
/// from where on. So every number of rows has a mean of its own. What was never measured, or not for long, is taken
/// to lie between its neighbours, and to cost no more than the nearest below where there is none above: so it is tried, and
/// measured. A step that others of the machine have slowed down does not spoil the estimate for good; and where steps
/// become slower or faster than they were, those of other numbers of rows are taken to have done so, too.
package struct RowCosts: Hashable, Sendable {
    /// Rows up to which steps are told apart.
    package static let largestRowCount = 16

    private static let memory = 0.1
    private static let trustedCount = 8
    private static let outlierFactor = 4.0
    /// Part of a change that is taken to be one of the machine.
    private static let sharedPart = 0.8
    /// Steps after which a measurement is old.
    private static let validStepCount = 256

    private struct Mean: Hashable, Sendable {
        var seconds: Double
        var observationCount: Int
        var latestStep: Int
    }

    private var means: [Int: Mean] = [:]
    private var stepCount = 0

    /// Nothing measured yet.
    package init() {}

    /// Adds a measured step, unless it has too many rows.
    package mutating func observe(rowCount: Int, duration: Duration) {
        guard (1...Self.largestRowCount).contains(rowCount) else { return }
        stepCount += 1
        var seconds = max(0, duration.inSeconds)
        var mean = means[rowCount] ?? Mean(seconds: seconds, observationCount: 0, latestStep: 0)
        if !isValid(mean) { mean.observationCount = 0 }
        if mean.observationCount > 0 { seconds = min(seconds, Self.outlierFactor * mean.seconds) }
        mean.observationCount += 1
        let share = max(1 / Double(mean.observationCount), Self.memory)
        if mean.observationCount > Self.trustedCount, mean.seconds > 0 {
            let change = Self.sharedPart * share * (seconds / mean.seconds - 1)
            for other in means.keys { means[other]?.seconds *= 1 + change }
        }
        mean.seconds += share * (seconds - mean.seconds)
        mean.latestStep = stepCount
        means[rowCount] = mean
    }

    /// Expected seconds of a step; nil before a step of so many rows or fewer was measured.
    package func prediction(rowCount: Int) -> Double? {
        var below: (rows: Int, seconds: Double)?
        for rows in stride(from: min(rowCount, Self.largestRowCount), to: 0, by: -1) {
            guard let seconds = measured(rows) else { continue }
            below = (rows, seconds)
            break
        }
        guard let below, below.rows < rowCount, rowCount < Self.largestRowCount else {
            return below?.seconds
        }
        for rows in rowCount + 1...Self.largestRowCount {
            guard let seconds = measured(rows) else { continue }
            let share = Double(rowCount - below.rows) / Double(rows - below.rows)
            return below.seconds + share * (seconds - below.seconds)
        }
        return below.seconds
    }

    private func measured(_ rowCount: Int) -> Double? {
        means[rowCount].flatMap { isValid($0) ? $0.seconds : nil }
    }

    private func isValid(_ mean: Mean) -> Bool {
        mean.latestStep + Self.validStepCount > stepCount
    }
}
