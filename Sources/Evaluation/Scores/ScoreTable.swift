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
        var lines = [Self.line(["suite", "split", "score", "95% interval", "count"])]
        for score in scores {
            lines.append(Self.line(score.assignment.rawValue, score.split.rawValue, score.right))
            for detail in showsDetails ? score.details : [] {
                lines.append(Self.line("  \(detail.name)", "", detail.proportion))
            }
        }
        return lines.joined(separator: "\n")
    }

    private static func line(_ name: String, _ split: String, _ proportion: Proportion) -> String {
        let interval = proportion.interval
        return line([
            name, split, percent(proportion.value),
            "\(percent(interval.lowerBound)) - \(percent(interval.upperBound))",
            String(proportion.count),
        ])
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

    private static let widths = [22, 6, 7, 17, 6]

    /// A share in percent with one decimal.
    package static func percent(_ share: Double) -> String {
        "\((share * 1000).rounded() / 10)%"
    }
}
