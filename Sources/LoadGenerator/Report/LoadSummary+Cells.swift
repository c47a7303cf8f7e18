internal import Foundation
internal import Simulation

// The rows of tables for people, whether they are text or a page.

extension LoadSummary {
    /// What the cells of ``countCells`` are.
    package static let countColumns = [
        "kind", "answered", "refused", "failed", "requests/s", "goodput/s", "tokens/s",
        "pictures/s",
    ]

    /// The kind, how its requests ended, and rates.
    package var countCells: [String] {
        let counts = [completedCount, refusedCount, failedCount].map { "\($0)" }
        let rates = [requestsPerSecond, goodput, tokensPerSecond, picturesPerSecond]
        return [kind] + counts + rates.map { String(format: "%.2f", $0) }
    }

    /// What the cells of ``timeRows`` are.
    package static let timeColumns = ["mean", "p50", "p90", "p95", "p99", "largest"]

    /// Times in milliseconds by what was waited for; those that were never measured are left out.
    package var timeRows: [(name: String, cells: [String])] {
        let times: [(String, Percentiles?)] = [
            ("queue", queueTime), ("first output", firstOutput), ("between words", interToken),
            ("end to end", latency),
        ]
        return times.compactMap { name, times in
            guard let times else { return nil }
            let values = [times.mean, times.p50, times.p90, times.p95, times.p99, times.maximum]
            return (name, values.map { String(format: "%.1f", $0) })
        }
    }
}
