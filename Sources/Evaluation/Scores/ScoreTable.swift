internal import World

/// Scores as lines of text.
package struct ScoreTable: Sendable {
    private let scores: [SuiteScore]
    private let showsDetails: Bool

    /// A table with a line per score.
    ///
    /// - Parameters:
    ///   - scores: In the order of the lines.
    ///   - showsDetails: Whether to tell the share of each thing that is looked at.
    package init(_ scores: [SuiteScore], showsDetails: Bool = false) {
        self.scores = scores
        self.showsDetails = showsDetails
    }

    /// A line per suite and split, and indented ones for its details.
    package var text: String {
        let interval = "95% interval"
        var lines = [
            Self.line(["suite", "split", "score", interval, "strict", interval, "count"])
        ]
        for score in scores {
            let fields = Self.fields(score.right) + Self.fields(score.strictlyRight)
            lines.append(
                Self.line(
                    [score.assignment.rawValue, score.split.rawValue] + fields
                        + [String(score.right.count)]
                )
            )
            if showsDetails { lines += Self.details(of: score) }
        }
        return lines.joined(separator: "\n")
    }

    /// Below the judge's column what each looks at; the offsets are no share, and stand in a line of their own.
    private static func details(of score: SuiteScore) -> [String] {
        var lines = score.details.map { detail in
            line(
                ["  \(detail.name)", ""] + fields(detail.proportion)
                    + ["", "", String(detail.proportion.count)]
            )
        }
        lines += score.strictDetails.map { detail in
            line(
                ["  \(detail.name)", "", "", ""] + fields(detail.proportion)
                    + [String(detail.proportion.count)]
            )
        }
        if let slope = score.offsets.slope, let error = score.offsets.meanError {
            let slope = "slope \(hundredths(slope))"
            let error = "error \(hundredths(error)) px"
            lines.append(
                line(["  kept offsets", "", "", slope, "", error, String(score.offsets.count)])
            )
        }
        return lines
    }

    private static func fields(_ proportion: Proportion) -> [String] {
        let interval = proportion.interval
        return [
            percent(proportion.value),
            "\(percent(interval.lowerBound)) - \(percent(interval.upperBound))",
        ]
    }

    private static func hundredths(_ number: Double) -> String {
        "\((number * 100).rounded() / 100)"
    }

    private static func line(_ fields: [String]) -> String {
        let padded = zip(fields, widths).enumerated().map { index, pair in
            let (field, width) = pair
            let space = String(repeating: " ", count: max(0, width - field.count))
            // Names stand left, numbers right.
            return index < 2 ? field + space : space + field
        }
        return padded.joined(separator: "  ")
    }

    private static let widths = [22, 8, 7, 17, 7, 17, 6]

    /// A share in percent with one decimal.
    package static func percent(_ share: Double) -> String {
        "\((share * 1000).rounded() / 10)%"
    }
}
