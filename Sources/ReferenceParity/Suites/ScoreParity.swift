import Engine
import MMInterleaved

/// Log-probabilities of options after a context.
struct ScoreParity {
    let subject: Subject
    let report: Report

    private static let tolerance = 1e-3

    func run(_ fixture: Fixture) throws {
        for name in fixture.names where name == "scores" || name.hasSuffix(".scores") {
            let prefix = String(name.dropLast("scores".count))
            let settings =
                prefix.isEmpty
                ? fixture.manifest : try fixture.value(String(prefix.dropLast()))
            let image: String = try member(settings, "image")
            try compare(fixture, prefix, image)
            if let options = settings["options"] as? [String] {
                let ids = try fixture.tensor("\(prefix)context_ids").integers
                let parts = try subject.parts(
                    ids: ids,
                    images: [image],
                    text: settings["text"] as? String
                )
                guard let parts else {
                    report.fail("\(prefix)scores, as answered", "its text gives other ids")
                    continue
                }
                try compareAnswer(fixture, prefix, parts, options)
            }
        }
    }

    private func options(_ fixture: Fixture, _ prefix: String) throws -> [[Int]] {
        let ids = try fixture.tensor("\(prefix)options_ids")
        let mask = try fixture.tensor("\(prefix)options_mask")
        return (0..<ids.shape[0]).map { row in
            zip(ids[row].integers, mask[row].values).filter { $1 != 0 }.map(\.0)
        }
    }

    private func compare(_ fixture: Fixture, _ prefix: String, _ image: String) throws {
        let language = subject.model.language
        let context = try subject.elements(
            ids: fixture.tensor("\(prefix)context_ids").integers,
            images: [subject.features(ofImage: image)]
        )
        let scores = try options(fixture, prefix).map { option in
            let sequence = language.makeSequence()
            language.extend(
                sequence,
                with: context + option.map { .token($0) },
                subject.compute
            )
            return language.logProbabilities(ofLast: option, in: sequence, subject.compute)
        }
        report.compare(
            "\(prefix)scores",
            scores.map { $0.reduce(0, +) },
            try fixture.tensor("\(prefix)scores").values,
            tolerance: Self.tolerance
        )
    }

    private func compareAnswer(
        _ fixture: Fixture,
        _ prefix: String,
        _ parts: [InputPart],
        _ options: [String]
    ) throws {
        let scores = try subject.scores(of: options, after: parts)
        report.compareExactly(
            "\(prefix)options_ids, as answered",
            scores.options.map(\.tokens),
            try self.options(fixture, prefix)
        )
        report.compare(
            "\(prefix)scores, as answered",
            scores.options.map(\.logProbability),
            try fixture.tensor("\(prefix)scores").values,
            tolerance: Self.tolerance
        )
    }
}
