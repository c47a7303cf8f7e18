import Engine
import MMInterleaved

/// Generated texts, greedy and by beam search, as the engine answers requests.
struct TextGenerationParity {
    let subject: Subject
    let report: Report

    private var vocabulary: VocabularyConfiguration { subject.model.configuration.vocabulary }

    func run(_ fixture: Fixture) throws {
        let cases: [[String: Any]] = try fixture.value("cases")
        for (index, recorded) in cases.enumerated() { try compare(recorded, index) }
        if let batch = fixture.manifest["batch"] as? [String: Any] { try compareBatch(batch) }
    }

    private func compare(_ recorded: [String: Any], _ index: Int) throws {
        let keywords: [String: Any] = try member(recorded, "kwargs")
        let prompt: String = try member(recorded, "prompt")
        let beams = keywords["num_beams"] as? Int ?? 5
        let name = "\(index) \(prompt), \(beams) beams"
        guard recorded["stable_under_1e-4_logit_noise"] as? Bool ?? true else {
            report.skip(name, "the reference's own answer changes with logit noise of 1e-4")
            return
        }
        let answers = try generate(
            ids: try member(recorded, "input_ids"),
            images: try member(recorded, "images"),
            text: recorded["text"] as? String,
            keywords
        )
        guard let answers else { return report.fail(name, "its text gives other ids") }
        let expected: [[Int]] = try member(recorded, "output_ids")
        report.compareExactly("\(name): ids", padded(answers.map(\.ids), like: expected), expected)
        let texts: [String] = try member(recorded, "decoded_skip_special")
        report.compareExactly(
            "\(name): text",
            answers.map { Array($0.text.unicodeScalars) },
            texts.map { Array($0.unicodeScalars) }
        )
    }

    /// Sequences of a batch one by one, without their padding.
    private func compareBatch(_ recorded: [String: Any]) throws {
        let ids: [[Int]] = try member(recorded, "input_ids")
        let masks: [[Int]] = try member(recorded, "attention_mask")
        let counts: [Int] = try member(recorded, "num_image_per_seq")
        let expected: [[Int]] = try member(recorded, "output_ids")
        var images: ArraySlice<String> = try member(recorded, "images", as: [String].self)[...]
        for row in ids.indices {
            let own = Array(images.prefix(counts[row]))
            images = images.dropFirst(counts[row])
            let unpadded = zip(ids[row], masks[row]).filter { $1 != 0 }.map(\.0)
            let answers = try generate(ids: unpadded, images: own, member(recorded, "kwargs"))
            guard let answers else {
                report.fail("batch[\(row)]", "its text gives other ids")
                continue
            }
            report.compareExactly(
                "batch[\(row)]: ids",
                padded(answers.map(\.ids), like: [expected[row]]),
                [expected[row]]
            )
        }
    }

    /// Generates with the engine; nil if the prompt cannot be said in words and pictures.
    private func generate(
        ids: [Int],
        images: [String],
        text: String? = nil,
        _ keywords: [String: Any]
    ) throws -> [(ids: [Int], text: String)]? {
        guard let parts = try subject.parts(ids: ids, images: images, text: text) else {
            return nil
        }
        var request = InterleaveRequest()
        request.input = parts
        request.text = GenerationKeywords.text(keywords)
        let isSearch = request.text.beamCount > 1
        // In an interleaved answer a text tells whether it ended because a picture begins.
        request.mode = isSearch ? .text : .interleave
        request.maximumSegmentCount = 1
        request.picture.stepCount = 1
        guard case .text(let segment)? = try subject.answer(request).first else {
            return [([vocabulary.beginOfSequence, vocabulary.beginOfImage], "")]
        }
        return segment.choices.map { choice in
            var ids = [vocabulary.beginOfSequence] + choice.tokens
            switch choice.finishReason {
            case .length: break
            // The reference ends texts of a beam search in one way only.
            case .stop: ids.append(vocabulary.endOfSequence)
            case .image:
                ids.append(isSearch ? vocabulary.endOfSequence : vocabulary.beginOfImage)
            }
            return (ids, choice.text)
        }
    }

    /// Rows filled up with the padding token, as in a batch.
    private func padded(_ rows: [[Int]], like expected: [[Int]]) -> [[Int]] {
        let count = expected.map(\.count).max() ?? 0
        return rows.map {
            $0 + Array(repeating: vocabulary.padding, count: max(0, count - $0.count))
        }
    }
}
