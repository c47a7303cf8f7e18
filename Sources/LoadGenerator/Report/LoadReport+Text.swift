internal import Foundation

extension LoadReport {
    /// The report as a table for people.
    package var text: String {
        var lines = [String(format: "%.1f s", seconds)]
        lines[0] += lateCount > 0 ? ", \(lateCount) requests sent late" : ""
        lines.append(row(LoadSummary.countColumns))
        lines += summaries.map { row($0.countCells) }
        lines.append("")
        lines.append(row(["kind", "milliseconds"] + LoadSummary.timeColumns))
        for summary in summaries {
            lines += summary.timeRows.map { row([summary.kind, $0.name] + $0.cells) }
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
