import Engine
import MMInterleaved

/// How a text round becomes part of the prompt.
struct AnnotationSequenceParity {
    let subject: Subject
    let report: Report

    func run(_ fixture: Fixture) throws {
        let base: [Int] = try fixture.value("base_ids")
        let imageTokenCount: Int = try fixture.value("num_img_token")
        let cases: [[String: Any]] = try fixture.value("cases")
        for (index, recorded) in cases.enumerated() {
            let generated: [Int] = try member(recorded, "generated")
            let forces: Bool = try member(recorded, "force_gen_image_next")
            if let error = recorded["error"] {
                report.skip("case \(index)", "the reference fails (\(error)) on \(generated)")
                continue
            }
            var sequence = AnnotationSequence(
                tokens: base,
                vocabulary: subject.model.configuration.vocabulary,
                imageTokenCount: imageTokenCount
            )
            let outcome = sequence.append(generated: generated, opensPicture: forces)
            report.compareExactly(
                "case \(index): ids",
                sequence.tokens,
                try member(recorded, "next_ids")
            )
            report.compareExactly(
                "case \(index): positions, images, image to draw",
                [sequence.tokens.count, sequence.imageCount, sequence.imageCount - 1],
                [
                    try member(recorded, "attention_len"), try member(recorded, "num_images"),
                    try member(recorded, "target_image_idx"),
                ]
            )
            report.compareExactly(
                "case \(index): opens picture, stopped",
                [outcome.opensPicture, outcome.isStopped],
                [try member(recorded, "gen_image_next"), try member(recorded, "stopped")]
            )
        }
    }
}
