import Foundation
import Images
import LoadGenerator

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
        ReportTable(
            title: "Requests",
            columns: LoadSummary.countColumns,
            rows: report.summaries.map(\.countCells),
            numberColumns: Set(1..<LoadSummary.countColumns.count)
        )
    }

    private var times: ReportTable {
        let rows = report.summaries.flatMap { summary in
            summary.timeRows.map { ["\(summary.kind), \($0.name)"] + $0.cells }
        }
        return ReportTable(
            title: "Milliseconds",
            columns: [""] + LoadSummary.timeColumns,
            rows: rows,
            numberColumns: Set(1...LoadSummary.timeColumns.count)
        )
    }
}
