import Foundation
import Simulation

/// A simulation's report as tables for people.
struct SimulationTable {
    private let report: SimulationReport

    init(_ report: SimulationReport) { self.report = report }

    /// The tables, without a last line end.
    var text: String {
        var lines = [
            String(
                format: """
                    %.1f s simulated: %.2f requests/s, %.1f tokens/s, %.2f pictures/s; %.0f%% of the time for \
                    requests that were completed
                    """,
                report.seconds,
                report.requestsPerSecond,
                report.tokensPerSecond,
                report.picturesPerSecond,
                report.usefulShare * 100
            ),
            "",
            row("kind", "", ["requests", "mean", "p50", "p90", "p95", "p99", "max"]),
        ]
        for kind in report.kinds { lines += self.lines(kind) }
        lines += ["", row("stage", "", ["steps", "batch", "busy", "longest"])]
        for stage in report.stages {
            let cells = [
                "\(stage.stepCount)", String(format: "%.1f", stage.meanUnitCount),
                String(format: "%.1f%%", stage.utilisation * 100),
                time(stage.longestStepSeconds),
            ]
            lines.append(row(stage.stage, "", cells))
        }
        for (reason, count) in report.refusals.sorted(by: { $0.key < $1.key }) {
            lines.append("refused, \(reason): \(count)")
        }
        if report.interruptionCount > 0 {
            lines.append("steps interrupted for words: \(report.interruptionCount)")
        }
        if report.preemptionCount > 0 {
            lines.append("sequences preempted: \(report.preemptionCount)")
        }
        return lines.joined(separator: "\n")
    }

    private func lines(_ kind: SimulationReport.Kind) -> [String] {
        let name = kind.kind.rawValue
        var counts = "\(kind.completedCount)"
        if kind.refusedCount > 0 { counts += " -\(kind.refusedCount)" }
        if kind.expiredCount > 0 { counts += " !\(kind.expiredCount)" }
        let rows: [(String, Percentiles?)] = [
            ("queue", kind.queueTime), ("first output", kind.timeToFirst),
            ("between tokens", kind.interToken), ("end to end", kind.endToEnd),
        ]
        return rows.enumerated().compactMap { index, entry in
            guard let values = entry.1 else { return index == 0 ? row(name, "", [counts]) : nil }
            let times = [
                values.mean, values.p50, values.p90, values.p95, values.p99, values.maximum,
            ]
            return row(
                index == 0 ? name : "",
                entry.0,
                [index == 0 ? counts : ""] + times.map(time)
            )
        }
    }

    private func time(_ seconds: Double) -> String {
        seconds < 10
            ? String(format: "%.1f ms", seconds * 1e3) : String(format: "%.1f s", seconds)
    }

    private func row(_ first: String, _ second: String, _ cells: [String]) -> String {
        func left(_ text: String, _ width: Int) -> String {
            text.padding(toLength: max(width, text.count), withPad: " ", startingAt: 0)
        }
        func right(_ text: String) -> String {
            String(repeating: " ", count: max(1, 12 - text.count)) + text
        }
        return left(first, 11) + left(second, 15) + cells.map(right).joined()
    }
}
