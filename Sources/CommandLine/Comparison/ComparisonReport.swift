import MMInterleaved

/// What a comparison of two models found.
struct ComparisonReport: Encodable {
    /// One of the models.
    struct Model: Encodable {
        /// As it was named.
        let name: String
        /// What its weights are rounded to: `w8a8, fc2.weight=f32`.
        let formats: String
        /// Of its directory or file.
        let path: String

        init(_ model: ComparedModel) {
            name = model.name
            path = model.stored.path
            formats = ([model.formats.profile.rawValue] + model.formats.overrides.map(\.text))
                .joined(separator: ", ")
        }
    }

    /// What all differences are measured against.
    let first: Model
    let second: Model
    let weights: WeightComparison
    /// Nil if no prompts were given.
    let words: WordComparison?
    /// Nil if nothing was drawn.
    let pictures: PictureComparison?

    private enum CodingKeys: String, CodingKey {
        case first = "a"
        case second = "b"
        case weights, words, pictures
    }

    init(
        _ first: ComparedModel,
        _ second: ComparedModel,
        _ weights: WeightComparison,
        words: WordComparison? = nil,
        pictures: PictureComparison? = nil
    ) {
        self.first = Model(first)
        self.second = Model(second)
        self.weights = weights
        self.words = words
        self.pictures = pictures
    }
}

// MARK: - Tables

extension ComparisonReport {
    /// All tables, in the order in which they are told.
    var tables: [ReportTable] {
        [models, parts, worst, divergences, ratios].compactMap(\.self)
    }

    private var models: ReportTable {
        ReportTable(
            title: "Models",
            columns: ["", "model", "formats", "path"],
            rows: [("A", first), ("B", second)].map { [$0, $1.name, $1.formats, $1.path] },
            numberColumns: []
        )
    }

    private var parts: ReportTable {
        let rows = (weights.parts + [weights.all]).map {
            [$0.name, "\($0.parameterCount)", ComparisonNumber.error($0.error.normalized)]
        }
        let (count, all) = (weights.differing.count, weights.all.parameterCount)
        return ReportTable(
            title: "Weights: \(count) of \(all) parameters differ",
            columns: ["part", "parameters", "NMSE"],
            rows: rows,
            numberColumns: [1, 2]
        )
    }

    private var worst: ReportTable? {
        let worst = weights.worst
        guard !worst.isEmpty else { return nil }
        return ReportTable(
            title: "Weights that differ most",
            columns: ["parameter", "A", "B", "NMSE"],
            rows: worst.map {
                [$0.name, $0.first, $0.second, ComparisonNumber.error($0.error.normalized)]
            },
            numberColumns: [3]
        )
    }

    private var divergences: ReportTable? {
        guard let words else { return nil }
        func row(_ name: String, _ summary: DivergenceSummary) -> [String] {
            [
                name, "\(summary.positionCount)", ComparisonNumber.error(summary.mean),
                ComparisonNumber.error(summary.p99), ComparisonNumber.error(summary.largest),
                ComparisonNumber.share(summary.agreement),
            ]
        }
        return ReportTable(
            title: "Words: divergence of B's next tokens from A's",
            columns: ["prompt", "positions", "mean KL", "p99 KL", "largest KL", "same token"],
            rows: words.texts.map { row($0.prompt, $0.divergence) } + [row("all", words.all)],
            numberColumns: [1, 2, 3, 4, 5]
        )
    }

    private var ratios: ReportTable? {
        guard let pictures else { return nil }
        var rows = pictures.pairs.map {
            [$0.prompt, "\($0.seed)", ComparisonNumber.ratio($0.ratio)]
        }
        rows.append(["median", "", ComparisonNumber.ratio(pictures.median)])
        rows.append(["smallest", "", ComparisonNumber.ratio(pictures.smallest)])
        return ReportTable(
            title: "Pictures: B's pixels beside A's",
            columns: ["prompt", "seed", "PSNR"],
            rows: rows,
            numberColumns: [1, 2]
        )
    }

    /// What was not compared, a sentence each.
    var notes: [String] {
        var notes: [String] = []
        if words == nil {
            notes.append("Words were not compared: there were no prompts (--prompts).")
        }
        if pictures == nil {
            notes.append("Pictures were not compared: there were no drawings (--drawings).")
        }
        return notes
    }

    // MARK: - Text

    /// The report as tables for people.
    var text: String { (tables.map(\.text) + notes).joined(separator: "\n\n") }
}
