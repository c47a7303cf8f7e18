import Images

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
        var page = ReportPage(
            "\(report.second.name) beside \(report.first.name)",
            notes: [Self.explanation] + report.notes
        )
        for table in report.tables { page.add(table) }
        if let texts { page.add(texts) }
        if let pictures = report.pictures {
            page.addSection("Pictures side by side", html: try html(pictures))
        }
        return page.bytes
    }

    private static let explanation = """
        A is what B is measured against. NMSE is the sum of squared differences of weights over the sum of A's squares; KL \
        the divergence of B's probabilities of the next token from A's, in nats, at every position of A's own texts; PSNR \
        the peak signal-to-noise ratio of B's pixels to A's, drawn from the same words and noise. Weights that are combined \
        with others before they are rounded are compared as they are stored.
        """

    /// What A goes on with after each prompt.
    private var texts: ReportTable? {
        guard let words = report.words else { return nil }
        return ReportTable(
            title: "A's texts",
            columns: ["prompt", "goes on"],
            rows: words.texts.map { [$0.prompt, $0.continuation] },
            numberColumns: []
        )
    }

    private func html(_ pictures: PictureComparison) throws -> String {
        var html = ""
        for pair in pictures.pairs {
            let title = "\(pair.prompt), seed \(pair.seed): \(ComparisonNumber.ratio(pair.ratio))"
            html += "<h3>\(title.escapedForHTML)</h3>\n<div class=\"pictures\">\n"
            for (side, image) in [("A", pair.first), ("B", pair.second)] {
                html += try ReportPage.figure(
                    image,
                    "Drawn by \(side): \(pair.prompt)",
                    caption: side
                )
            }
            html += "</div>\n"
        }
        return html
    }
}
