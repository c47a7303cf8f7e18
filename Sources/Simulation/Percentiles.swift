/// A summary of times.
package struct Percentiles: Hashable, Sendable, Codable {
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

    /// Summarises times by nearest rank; nil if there are none.
    ///
    /// - Parameters:
    ///   - durations: The times.
    ///   - unit: What one stands for.
    package init?(_ durations: [Duration], in unit: Duration = .seconds(1)) {
        let sorted = durations.map { $0 / unit }.sorted()
        guard let last = sorted.last else { return nil }
        count = sorted.count
        mean = sorted.reduce(0, +) / Double(sorted.count)
        p50 = Self.nearestRank(sorted, 0.5)
        p90 = Self.nearestRank(sorted, 0.9)
        p95 = Self.nearestRank(sorted, 0.95)
        p99 = Self.nearestRank(sorted, 0.99)
        maximum = last
    }

    /// The smallest value that is not below the given share of all values.
    ///
    /// - Precondition: `sorted` is sorted and not empty.
    package static func nearestRank(_ sorted: [Double], _ share: Double) -> Double {
        let rank = Int((share * Double(sorted.count)).rounded(.up))
        return sorted[min(max(rank, 1), sorted.count) - 1]
    }
}
