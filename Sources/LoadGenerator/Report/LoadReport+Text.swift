internal import Foundation
internal import Simulation

extension LoadReport {
    /// The report as a table for people.
    package var text: String {
        var lines = [String(format: "%.1f s", seconds)]
        lines[0] += lateCount > 0 ? ", \(lateCount) requests sent late" : ""
        lines.append(
            row(["kind", "ok", "refused", "failed", "req/s", "goodput/s", "tokens/s", "pictures/s"])
        )
        for summary in summaries {
            lines.append(
                row(
                    [
                        summary.kind, "\(summary.completedCount)", "\(summary.refusedCount)",
                        "\(summary.failedCount)",
                    ]
                        + [
                            summary.requestsPerSecond, summary.goodput, summary.tokensPerSecond,
                            summary.picturesPerSecond,
                        ].map { String(format: "%.2f", $0) }
                )
            )
        }
        lines.append("")
        lines.append(row(["kind", "milliseconds", "mean", "p50", "p90", "p95", "p99", "max"]))
        for summary in summaries {
            let rows: [(String, Percentiles?)] = [
                ("queue", summary.queueTime), ("first output", summary.firstOutput),
                ("inter-token", summary.interToken), ("end to end", summary.latency),
            ]
            for (name, times) in rows {
                guard let times else { continue }
                let values = [
                    times.mean, times.p50, times.p90, times.p95, times.p99, times.maximum,
                ]
                lines.append(row([summary.kind, name] + values.map { String(format: "%.1f", $0) }))
            }
        }
        for (reason, count) in failures.sorted(by: { $0.key < $1.key }) {
            lines.append("failed \(count) x: \(reason)")
        }
        return lines.joined(separator: "\n")
    }

    private func row(_ cells: [String]) -> String {
        let widths = [12, 14, 10, 10, 10, 10, 10, 10]
        let padded = zip(cells, widths).map { cell, width in
            cell + String(repeating: " ", count: max(1, width - cell.count))
        }.joined()
        return String(padded.reversed().drop { $0 == " " }.reversed())
    }
}
