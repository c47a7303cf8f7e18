import Foundation
import Images
import LoadGenerator
import Simulation

/// What a run against a daemon measured, as one HTML page: what failed first.
struct LoadPage {
    private let title: String
    private let report: LoadReport
    private let plot: RGBImage

    /// Shows a report.
    ///
    /// - Parameters:
    ///   - title: What was measured.
    ///   - report: The numbers.
    ///   - plot: The same drawn.
    init(_ title: String, _ report: LoadReport, _ plot: RGBImage) {
        self.title = title
        self.report = report
        self.plot = plot
    }

    /// The page as UTF-8.
    ///
    /// - Throws: `ImageError` if the plot cannot be encoded.
    func bytes() throws -> [UInt8] {
        var notes = [String(format: "%.1f s.", report.seconds)]
        if report.lateCount > 0 { notes.append("\(report.lateCount) requests were sent late.") }
        if report.failures.isEmpty { notes.append("No request failed.") }
        var page = ReportPage(title, notes: notes)
        if !report.failures.isEmpty { page.add(failures) }
        page.add(rates)
        page.add(times)
        let drawn = try ReportPage.figure(plot, "Distributions of the times, and throughput")
            .replacing("<figure>", with: "<figure class=\"plot\">")
        page.addSection("Distributions", html: drawn)
        return page.bytes
    }

    private var failures: ReportTable {
        ReportTable(
            title: "Failures",
            columns: ["reason", "requests"],
            rows: report.failures.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
                .map { [$0.key, String($0.value)] },
            numberColumns: [1]
        )
    }

    private var rates: ReportTable {
        let rows = report.summaries.map { summary in
            [
                summary.kind, "\(summary.completedCount)", "\(summary.refusedCount)",
                "\(summary.failedCount)",
            ]
                + [
                    summary.requestsPerSecond, summary.goodput, summary.tokensPerSecond,
                    summary.picturesPerSecond,
                ].map { String(format: "%.2f", $0) }
        }
        return ReportTable(
            title: "Requests",
            columns: [
                "kind", "answered", "refused", "failed", "a second", "good ones a second",
                "tokens a second", "pictures a second",
            ],
            rows: rows,
            numberColumns: Set(1...7)
        )
    }

    private var times: ReportTable {
        var rows: [[String]] = []
        for summary in report.summaries {
            let kinds: [(String, Percentiles?)] = [
                ("queue", summary.queueTime), ("first output", summary.firstOutput),
                ("between words", summary.interToken), ("end to end", summary.latency),
            ]
            for (name, times) in kinds {
                guard let times else { continue }
                let values = [
                    times.mean, times.p50, times.p90, times.p95, times.p99, times.maximum,
                ]
                let cells = values.map { String(format: "%.1f", $0) }
                rows.append(["\(summary.kind), \(name)"] + cells)
            }
        }
        return ReportTable(
            title: "Milliseconds",
            columns: ["", "mean", "p50", "p90", "p95", "p99", "largest"],
            rows: rows,
            numberColumns: Set(1...6)
        )
    }
}
