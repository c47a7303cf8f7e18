import MMInterleaved
import Tensors

/// The language model's prefill: embeddings, visibility, every layer, logits.
struct LanguageParity {
    let subject: Subject
    let report: Report

    private static let tolerance = 1e-4
    private static let logitTolerance = 5e-4

    func run(_ fixture: Fixture) throws {
        try comparePrompt(fixture)
        try compareBatch(fixture)
    }

    private func comparePrompt(_ fixture: Fixture) throws {
        let two: [String: Any] = try fixture.value("two")
        let images = try (member(two, "images") as [String]).map(subject.features(ofImage:))
        let ids = try fixture.tensor("two.text_ids")[0].integers
        let language = subject.model.language
        let features = try fixture.tensor("two.mmfs_features")[0]
        for (index, image) in images.enumerated() {
            let maps = subject.model.pyramidBySide(image.pyramid)
            let stacked = language.configuration.synchronizerSides.flatMap {
                maps[$0]?.toArray() ?? []
            }
            report.compare(
                "two.mmfs_features[\(index)]",
                stacked,
                features[index].values,
                tolerance: Self.tolerance
            )
        }
        let sequence = language.makeSequence()
        let elements = try subject.elements(ids: ids, images: images)
        var inputs: [[Float]] = []
        language.extend(sequence, with: elements, subject.compute) { _, input in
            inputs.append(input.toArray())
        }
        report.compare(
            "two.mm_embeds",
            inputs[0],
            try fixture.tensor("two.mm_embeds").values,
            tolerance: Self.tolerance
        )
        report.compareExactly(
            "two.cross_attention_mask",
            visibility(elements, imageCount: images.count),
            try fixture.tensor("two.cross_attention_mask").values
        )
        for (layer, input) in inputs.enumerated() {
            report.compare(
                "two.hidden\(layer)",
                input,
                try fixture.tensor("two.hidden\(layer)").values,
                tolerance: Self.tolerance
            )
        }
        let hidden = language.hidden(of: sequence)
        report.compare(
            "two.last_hidden_state",
            hidden.toArray(),
            try fixture.tensor("two.last_hidden_state").values,
            tolerance: Self.tolerance
        )
        let logits = Matrix(rows: hidden.rows, columns: language.vocabularySize)
        language.logits(
            of: sequence,
            positions: 0..<hidden.rows,
            subject.compute,
            into: logits
        )
        report.compare(
            "two.logits",
            logits.toArray(),
            try fixture.tensor("two.logits").values,
            tolerance: Self.logitTolerance
        )
    }

    private func compareBatch(_ fixture: Fixture) throws {
        let pad: [String: Any] = try fixture.value("pad")
        let images = try (member(pad, "images") as [String]).map(subject.features(ofImage:))
        let counts: [Int] = try member(pad, "num_image_per_seq")
        let language = subject.model.language
        let ids = try fixture.tensor("pad.text_ids")
        let mask = try fixture.tensor("pad.attention_mask")
        let expected = try fixture.tensor("pad.last_hidden_state")
        let expectedMask = try fixture.tensor("pad.cross_attention_mask")
        let expectedLogits = try fixture.tensor("pad.logits_last4")
        var firstImage = 0
        for row in 0..<ids.shape[0] {
            let count = mask[row].integers.reduce(0, +)
            let own = Array(images[firstImage..<firstImage + counts[row]])
            firstImage += counts[row]
            let elements = try subject.elements(
                ids: Array(ids[row].integers.prefix(count)),
                images: own
            )
            let sequence = language.makeSequence()
            language.extend(sequence, with: elements, subject.compute)
            let slots = expectedMask.shape[2]
            report.compareExactly(
                "pad.cross_attention_mask[\(row)]",
                visibility(elements, imageCount: slots),
                Array(expectedMask[row].values.prefix(count * slots))
            )
            let hidden = language.hidden(of: sequence)
            report.compare(
                "pad.last_hidden_state[\(row)], unpadded",
                hidden.toArray(),
                Array(expected[row].values.prefix(hidden.count)),
                tolerance: Self.tolerance
            )
            let logits = Matrix(rows: 4, columns: language.vocabularySize)
            language.logits(
                of: sequence,
                positions: count - 4..<count,
                subject.compute,
                into: logits
            )
            report.compare(
                "pad.logits_last4[\(row)]",
                logits.toArray(),
                expectedLogits[row].values,
                tolerance: Self.logitTolerance
            )
        }
        report.skip("padded positions", "sequences are not padded here; nothing reads them")
    }

    /// [positions, imageCount] with 1 where a position sees an image.
    private func visibility(_ elements: [SequenceElement], imageCount: Int) -> [Float] {
        let language = subject.model.language
        let sequence = language.makeSequence()
        for element in elements { sequence.append(element) }
        return language.visibleImages(of: sequence).flatMap { visible in
            (0..<imageCount).map { visible.contains($0) ? 1 : 0 }
        }
    }
}
