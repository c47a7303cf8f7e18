import Foundation

/// A table of a report, for text and page alike.
struct ComparisonTable {
    let title: String
    let columns: [String]
    /// As many cells each as there are columns.
    let rows: [[String]]
    /// Columns of numbers, which stand to the right.
    let numberColumns: Set<Int>
}

extension ComparisonTable {
    /// The longest cell that is written in full, which names of parameters are.
    private static let widest = 100

    /// Title, columns and rows, a line each.
    var text: String {
        let lines = ([columns] + rows).map { cells in
            cells.map { $0.count > Self.widest ? "\($0.prefix(Self.widest - 1))…" : $0 }
        }
        let widths = columns.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        func line(_ cells: [String]) -> String {
            let filled = cells.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return numberColumns.contains(column) ? space + cell : cell + space
            }
            return String(filled.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
        }
        return ([title] + lines.map(line)).joined(separator: "\n")
    }
}

/// Numbers of a report as people read them.
enum ComparisonNumber {
    /// An error or a divergence: `1.23e-04`, `0`, `inf`.
    static func error(_ value: Double) -> String {
        value == 0 ? "0" : String(format: "%.2e", value)
    }

    /// A share: `98.44%`.
    static func share(_ value: Double) -> String { String(format: "%.2f%%", 100 * value) }

    /// A ratio in decibels; `equal` where it is infinite.
    static func ratio(_ value: Double) -> String {
        value == .infinity ? "equal" : String(format: "%.1f dB", value)
    }
}
