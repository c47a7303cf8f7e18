import Evaluation
import Images
import World

/// Scores with examples and their answers as one HTML page: wrong ones first.
struct EvaluationPage {
    private let title: String
    private let outcome: EvaluationRun.Outcome

    /// Shows what came of a run.
    init(_ title: String, _ outcome: EvaluationRun.Outcome) {
        self.title = title
        self.outcome = outcome
    }

    /// The page as UTF-8.
    ///
    /// - Throws: `ImageError` if a picture cannot be encoded.
    func bytes() throws -> [UInt8] {
        var page = ReportPage(title, notes: ["Intervals are 95% (Wilson)."])
        page.add(scores)
        for score in outcome.scores {
            let exhibits = outcome.exhibits.filter {
                $0.example.assignment == score.assignment && $0.split == score.split
            }
            let sorted =
                exhibits.filter { !$0.verdict.isRight } + exhibits.filter(\.verdict.isRight)
            guard !sorted.isEmpty else { continue }
            let name = score.assignment.rawValue.replacing("_", with: " ")
            page.addSection("\(name), \(score.split.rawValue)", html: try sorted.map(html).joined())
        }
        return page.bytes
    }

    private var scores: ReportTable {
        func row(_ name: String, _ split: String, _ proportion: Proportion) -> [String] {
            let interval = proportion.interval
            return [
                name, split, ScoreTable.percent(proportion.value),
                "\(ScoreTable.percent(interval.lowerBound)) to \(ScoreTable.percent(interval.upperBound))",
                String(proportion.count),
            ]
        }
        let rows = outcome.scores.flatMap { score in
            [row(score.assignment.rawValue, score.split.rawValue, score.right)]
                + score.details.map { row("- \($0.name)", "", $0.proportion) }
                + [row("- by the stricter judge", "", score.strictlyRight)]
                + score.strictDetails.map { row("-- \($0.name)", "", $0.proportion) }
        }
        return ReportTable(
            title: "Scores",
            columns: ["suite", "split", "right", "95% interval", "examples"],
            rows: rows,
            numberColumns: [2, 3, 4]
        )
    }

    private func html(_ exhibit: Exhibit) throws -> String {
        let isRight = exhibit.verdict.isRight
        let missed = exhibit.verdict.checks.filter { !$0.passes }.map(\.name)
        let verdict = isRight ? "right" : (["wrong"] + missed).joined(separator: ": ")
        var html = "<div class=\"example\">\n"
        let style = isRight ? "right" : "wrong"
        html += "<p class=\"verdict \(style)\">\(verdict.escapedForHTML)</p>\n"
        var drawn = exhibit.answers.compactMap { segment -> RGBImage? in
            if case .picture(let picture) = segment { picture.image } else { nil }
        }[...]
        for part in exhibit.example.parts { html += try self.html(part, exhibit, &drawn) }
        for case .text(let text, _) in exhibit.answers {
            html += "<p class=\"words answered\">said: \(text.escapedForHTML)</p>\n"
        }
        return html + "</div>\n"
    }

    private func html(
        _ part: Example.Part,
        _ exhibit: Exhibit,
        _ drawn: inout ArraySlice<RGBImage>
    ) throws -> String {
        switch part {
        case .text(let text, let isSaid):
            let words = (isSaid ? "to be said: " : "") + text
            return "<p class=\"words given\">\(words.escapedForHTML)</p>\n"
        case .segmentationMap(let scene):
            return try ReportPage.figure(scene.segmentationMap, "The map that was given")
        case .picture(let scene, false):
            return try ReportPage.figure(scene.picture, "The picture that was given")
        case .picture(let scene, true):
            var html = "<div class=\"pictures\">\n"
            if let picture = drawn.popFirst() {
                html += try ReportPage.figure(picture, "The answer's picture", caption: "drawn")
            }
            // What the model says decides what an interleaved picture must show.
            if exhibit.example.assignment != .interleaved {
                html += try ReportPage.figure(scene.picture, "The true picture", caption: "true")
            }
            return html + "</div>\n"
        }
    }
}
