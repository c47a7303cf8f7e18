/// Counts of measured values in fixed ranges, with their sum.
///
/// A value belongs to the first range whose upper bound is not below it, and to a last range without
/// a bound if there is none. Values that are no numbers are left out.
/// Cost: one search among the bounds per value; memory does not grow.
package struct Histogram: Hashable, Sendable {
    /// Upper bounds of the ranges, increasing; the last range has none.
    package let bounds: [Double]
    /// Values in each range; one more than there are bounds.
    package private(set) var counts: [Int]
    /// Sum of all values.
    package private(set) var sum = 0.0

    /// An empty histogram.
    ///
    /// - Precondition: `bounds` are numbers and increase.
    package init(bounds: [Double]) {
        precondition(
            zip(bounds, bounds.dropFirst()).allSatisfy(<) && bounds.allSatisfy(\.isFinite),
            "bounds must increase: \(bounds)"
        )
        self.bounds = bounds
        counts = [Int](repeating: 0, count: bounds.count + 1)
    }

    /// Values so far.
    package var count: Int { counts.reduce(0, +) }

    /// Adds a value.
    package mutating func record(_ value: Double) {
        guard value.isFinite else { return }
        var (low, high) = (0, bounds.count)
        while low < high {
            let middle = (low + high) / 2
            if bounds[middle] < value { low = middle + 1 } else { high = middle }
        }
        counts[low] += 1
        sum += value
    }

    /// Adds a time, in seconds.
    package mutating func record(_ duration: Duration) {
        record(duration / .seconds(1))
    }
}

extension Histogram {
    /// Seconds until the first words: vLLM's `time_to_first_token_seconds`.
    static let firstTokenBounds: [Double] = [
        0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20,
        40, 80, 160, 640, 2560,
    ]
    /// Seconds between words: vLLM's `inter_token_latency_seconds`, and three more below for small models.
    static let interTokenBounds: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5,
        5, 7.5, 10, 20, 40, 80,
    ]
    /// Seconds of whole requests: vLLM's `e2e_request_latency_seconds`, and four more below.
    static let requestBounds: [Double] = [
        0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120,
        240, 480, 960, 1920, 7680,
    ]
    /// Seconds of one batch of a stage.
    static let stageBounds: [Double] = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]
    /// Items of one batch of a stage.
    static let batchBounds: [Double] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048]
}
