internal import Simulation

/// A summary of measured times, in milliseconds.
package struct Distribution: Hashable, Sendable, Encodable {
    /// Number of values.
    package let count: Int
    /// Arithmetic mean.
    package let mean: Double
    /// Half of the values are not above it.
    package let p50: Double
    /// 90 of 100 values are not above it.
    package let p90: Double
    /// 95 of 100 values are not above it.
    package let p95: Double
    /// 99 of 100 values are not above it.
    package let p99: Double
    /// The largest value.
    package let maximum: Double

    private enum CodingKeys: String, CodingKey {
        case count, mean, p50, p90, p95, p99
        case maximum = "max"
    }

    /// Summarises times; nil if there are none.
    package init?(_ times: [Duration]) {
        let sorted = times.map { $0 / .milliseconds(1) }.sorted()
        guard let last = sorted.last else { return nil }
        count = sorted.count
        mean = sorted.reduce(0, +) / Double(sorted.count)
        p50 = Percentiles.nearestRank(sorted, 0.50)
        p90 = Percentiles.nearestRank(sorted, 0.90)
        p95 = Percentiles.nearestRank(sorted, 0.95)
        p99 = Percentiles.nearestRank(sorted, 0.99)
        maximum = last
    }
}
