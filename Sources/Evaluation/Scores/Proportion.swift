/// A share of successes, and how far it can be trusted.
package struct Proportion: Hashable, Sendable {
    /// Successes.
    package private(set) var successCount = 0
    /// Trials.
    package private(set) var count = 0

    /// No trials.
    package init() {}

    /// Successes among trials.
    ///
    /// - Precondition: `successCount` is in 0...count.
    package init(_ successCount: Int, of count: Int) {
        precondition((0...count).contains(successCount), "\(successCount) of \(count)")
        self.successCount = successCount
        self.count = count
    }

    /// Adds a trial.
    package mutating func add(_ isSuccess: Bool) {
        count += 1
        successCount += isSuccess ? 1 : 0
    }

    /// The share, 0...1; 0 without trials.
    package var value: Double { count == 0 ? 0 : Double(successCount) / Double(count) }

    /// The Wilson score interval of 95%, which is sensible also at 0 and 1; everything without trials.
    ///
    /// - Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference"
    ///   (Journal of the American Statistical Association 22, 1927).
    package var interval: ClosedRange<Double> {
        guard count > 0 else { return 0...1 }
        let (n, p, z) = (Double(count), value, Self.normalQuantile)
        let center = p + z * z / (2 * n)
        let radius = z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
        let scale = 1 + z * z / n
        return max(0, (center - radius) / scale)...min(1, (center + radius) / scale)
    }

    /// 97.5% of the standard normal distribution lie below this.
    private static let normalQuantile = 1.959963984540054
}
