import Images
import JSON

/// A report as one HTML page that needs nothing else: tables, and pictures side by side.
struct ComparisonPage {
    private let report: ComparisonReport

    /// Shows a report.
    init(_ report: ComparisonReport) {
        self.report = report
    }

    /// The page as UTF-8.
    ///
    /// - Throws: `ImageError` if a picture cannot be encoded.
    func bytes() throws -> [UInt8] {
        let title = "\(report.second.name) beside \(report.first.name)".escapedForHTML
        var html = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
            <title>\(title)</title>
            <style>
            \(Self.style)
            </style>
            </head>
            <body>
            <main>
            <h1>\(title)</h1>
            <p>\(Self.explanation)</p>

            """
        html += report.notes.map { "<p>\($0.escapedForHTML)</p>\n" }.joined()
        html += report.tables.map(\.html).joined()
        html += texts
        html += try pictures()
        html += "</main>\n</body>\n</html>\n"
        return Array(html.utf8)
    }

    private static let explanation = """
        A is what B is measured against. NMSE is the sum of squared differences of weights over the sum of A's squares; KL \
        the divergence of B's probabilities of the next token from A's, in nats, at every position of A's own texts; PSNR \
        the peak signal-to-noise ratio of B's pixels to A's, drawn from the same words and noise. Weights that are combined \
        with others before they are rounded are compared as they are stored.
        """

    private static let style = """
        :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
        body { margin: 0; background: Canvas; color: CanvasText; }
        main { max-width: 72rem; margin: 0 auto; padding: 1rem; }
        h1, h3 { overflow-wrap: anywhere; }
        .table { overflow-x: auto; }
        table { border-collapse: collapse; }
        th, td { padding: 0.25rem 0.75rem; border-bottom: 1px solid #8888; text-align: left; vertical-align: top; }
        tbody th { font-weight: normal; }
        .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        .pair { display: flex; flex-wrap: wrap; gap: 1rem; }
        figure { margin: 0; }
        img { width: 16rem; max-width: 100%; height: auto; image-rendering: pixelated; }
        """

    /// What A goes on with after each prompt.
    private var texts: String {
        guard let words = report.words else { return "" }
        let rows = words.texts.map { [$0.prompt, $0.continuation] }
        return ComparisonTable(
            title: "A's texts",
            columns: ["prompt", "goes on"],
            rows: rows,
            numberColumns: []
        ).html
    }

    private func pictures() throws -> String {
        guard let pictures = report.pictures else { return "" }
        var html = "<section>\n<h2>Pictures side by side</h2>\n"
        for pair in pictures.pairs {
            let prompt = pair.prompt.escapedForHTML
            html += "<h3>\(prompt), seed \(pair.seed): \(ComparisonNumber.ratio(pair.ratio))</h3>\n"
            html += "<div class=\"pair\">\n"
            for (side, image) in [("A", pair.first), ("B", pair.second)] {
                var source: [UInt8] = []
                Base64.encode(try ImageFileEncoder.encodePNG(image), to: &source)
                html += """
                    <figure><img width="\(image.width)" height="\(image.height)" \
                    alt="Drawn by \(side): \(prompt)" \
                    src="data:image/png;base64,\(String(decoding: source, as: UTF8.self))">\
                    <figcaption>\(side)</figcaption></figure>

                    """
            }
            html += "</div>\n"
        }
        return html + "</section>\n"
    }
}

extension ComparisonTable {
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

extension String {
    /// The text as it stands in HTML, between tags and in quoted attributes.
    var escapedForHTML: String {
        var escaped = ""
        for character in unicodeScalars {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
