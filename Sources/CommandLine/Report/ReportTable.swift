/// A table of a report, for text and page alike.
struct ReportTable {
    let title: String
    let columns: [String]
    /// As many cells each as there are columns.
    let rows: [[String]]
    /// Columns of numbers, which stand to the right.
    let numberColumns: Set<Int>
}

extension ReportTable {
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

extension ReportTable {
    /// The table under a heading; the first cell of a row is what the row is about.
    var html: String {
        let name = title.escapedForHTML
        func cell(_ tag: String, _ scope: String, _ column: Int, _ text: String) -> String {
            let style = numberColumns.contains(column) ? " class=\"number\"" : ""
            return "<\(tag)\(scope)\(style)>\(text.escapedForHTML)</\(tag)>"
        }
        func row(_ cells: [String], _ cell: (Int, String) -> String) -> String {
            "<tr>\(cells.enumerated().map { cell($0.offset, $0.element) }.joined())</tr>\n"
        }
        let head = row(columns) { column, text in
            // A cell above the names of rows, which has no name of its own, is no header.
            text.isEmpty ? "<td></td>" : cell("th", " scope=\"col\"", column, text)
        }
        let body = rows.map { cells in
            row(cells) { column, text in
                column == 0
                    ? cell("th", " scope=\"row\"", column, text) : cell("td", "", column, text)
            }
        }.joined()
        return """
            <section>
            <h2>\(name)</h2>
            <div class="table" role="region" aria-label="\(name)" tabindex="0">
            <table>
            <thead>
            \(head)</thead>
            <tbody>
            \(body)</tbody>
            </table>
            </div>
            </section>

            """
    }
}
