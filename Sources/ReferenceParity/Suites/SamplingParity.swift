import MMInterleaved
import Tensors

/// What the reference samples from along a recorded sequence of tokens.
struct SamplingParity {
    let subject: Subject
    let report: Report

    private static let tolerance = 1e-4
    private static let logitTolerance = 5e-4

    func run(_ fixture: Fixture) throws {
        let images = try fixture.value("images", as: [String].self).map(
            subject.features(ofImage:)
        )
        let elements = try subject.elements(
            ids: fixture.tensor("text_ids")[0].integers,
            images: images
        )
        for name in fixture.names where name.hasSuffix(".probs") {
            try compare(fixture, String(name.dropLast(".probs".count)), elements)
        }
    }

    private func compare(
        _ fixture: Fixture,
        _ name: String,
        _ elements: [SequenceElement]
    ) throws {
        let settings: [String: Any] = try fixture.value(name)
        let parameters = GenerationKeywords.text(try member(settings, "kwargs"))
        let language = subject.model.language
        let recorded = try fixture.tensor("\(name).raw_logits")
        let probabilities = try fixture.tensor("\(name).probs")
        let forced = try fixture.tensor("\(name).forced").integers
        var fromRecorded = chooser(parameters)
        var fromOwn = chooser(parameters)
        let sequence = language.makeSequence()
        language.extend(sequence, with: elements, subject.compute)
        let row = Matrix(rows: 1, columns: language.vocabularySize)
        for (step, token) in forced.enumerated() {
            let label = "\(name)[\(step)]"
            language.logits(after: [sequence], subject.compute, into: row)
            report.compare(
                "\(label).raw_logits",
                row.toArray(),
                recorded[step].values,
                tolerance: Self.logitTolerance
            )
            for (source, logits) in [("recorded", recorded[step].values), ("own", row.toArray())] {
                var values = logits
                source == "own" ? fromOwn.filter(&values) : fromRecorded.filter(&values)
                compare(
                    "\(label).probs from \(source) logits",
                    values,
                    probabilities[step].values,
                    mass: parameters.topP
                )
            }
            fromOwn.accept(token)
            fromRecorded.accept(token)
            if step + 1 < forced.count {
                language.extend(sequence, with: [.token(token)], subject.compute)
            }
        }
    }

    /// Compares probabilities.
    ///
    /// - Parameters:
    ///   - name: What is compared.
    ///   - logits: Filtered logits.
    ///   - expected: Recorded probabilities.
    ///   - mass: Mass of the tokens that were kept.
    private func compare(
        _ name: String,
        _ logits: [Float],
        _ expected: [Float],
        mass: Float
    ) {
        var actual = logits
        LogitsProcessing.softmax(&actual)
        if isAtEdge(actual, expected, mass: mass) {
            report.skip(name, "a token lies within 1e-5 of the nucleus' edge")
            return
        }
        report.compareExactly(
            "\(name): kept",
            actual.indices.filter { actual[$0] > 0 },
            expected.indices.filter { expected[$0] > 0 }
        )
        report.compare(name, actual, expected, tolerance: Self.tolerance)
    }

    /// Whether the larger set of tokens has one more, whose place in the nucleus rounding decides.
    private func isAtEdge(_ actual: [Float], _ expected: [Float], mass: Float) -> Bool {
        let kept = [actual, expected].map { values in values.filter { $0 > 0 }.sorted() }
        guard kept[0].count != kept[1].count else { return false }
        let larger = kept[0].count > kept[1].count ? kept[0] : kept[1]
        // Without its least likely tokens, the larger set would hold exactly the mass.
        let difference = abs(kept[0].count - kept[1].count)
        let rest = larger.dropFirst(difference).reduce(0, +)
        let total = larger.reduce(0, +)
        return difference == 1 && abs(rest / total - mass) < 1e-5
    }

    private func chooser(_ parameters: TextParameters) -> TokenChooser {
        let vocabulary = subject.model.configuration.vocabulary
        return TokenChooser(
            start: vocabulary.beginOfSequence,
            endTokens: [vocabulary.endOfSequence, vocabulary.beginOfImage],
            parameters: parameters,
            generator: TorchGenerator(seed: 0)
        )
    }
}
