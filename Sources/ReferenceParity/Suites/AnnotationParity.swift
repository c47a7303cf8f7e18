import Engine
import Images
import MMInterleaved
import Tokenization

/// The rounds of annotation files, as the inference script runs them.
struct AnnotationParity {
    let subject: Subject
    let report: Report

    private static let imageTolerance = 2e-2

    func run(_ fixture: Fixture) throws {
        let keywords: [String: Any] = try fixture.value("generation_kwargs")
        var settings = AnnotationSettings()
        settings.text = GenerationKeywords.text(keywords)
        settings.picture = GenerationKeywords.picture(keywords)
        settings.opensPictureAfterText = try fixture.value("force_gen_image_next")
        // The seed stands with the noise that every picture starts from.
        if let diffusion = try Fixture("diffusion", in: fixture.directory) {
            settings.seed = UInt64(try diffusion.value("seed", as: Int.self))
        }
        let flows: [[String: Any]] = try fixture.value("flows")
        for (index, flow) in flows.enumerated() {
            try compare(fixture, "flow\(index)", flow, settings)
        }
    }

    private func compare(
        _ fixture: Fixture,
        _ name: String,
        _ flow: [String: Any],
        _ settings: AnnotationSettings
    ) throws {
        let recorded: [[String: Any]] = try member(flow, "rounds")
        let rounds = try AnnotationRounds(
            annotation(try member(flow, "annotation")),
            settings,
            subject.engine
        )
        var count = 0
        while let round = try rounds.next() {
            guard recorded.indices.contains(count) else {
                return report.fail(name, "more than \(recorded.count) rounds")
            }
            try compare(fixture, "\(name).iter\(count)", round, recorded[count])
            count += 1
        }
        report.compareExactly("\(name): rounds", count, recorded.count)
    }

    private func compare(
        _ fixture: Fixture,
        _ name: String,
        _ round: AnnotationRound,
        _ recorded: [String: Any]
    ) throws {
        report.compareExactly(
            "\(name): input_ids",
            round.promptTokens,
            try member(recorded, "input_ids")
        )
        switch round.output {
        case .text(let text, let generated):
            report.compareExactly("\(name): mode", "generate_texts", try member(recorded, "mode"))
            report.compareExactly(
                "\(name): output_ids",
                generated,
                try member(recorded, "output_ids")
            )
            report.compareExactly(
                "\(name): text",
                Array(text.unicodeScalars),
                Array(try member(recorded, "text", as: String.self).unicodeScalars)
            )
            report.compareExactly(
                "\(name): next_input_ids",
                round.nextTokens,
                try member(recorded, "next_input_ids")
            )
            report.compareExactly(
                "\(name): opens picture, stopped",
                [round.opensPicture, round.isStopped],
                [try member(recorded, "gen_image_next"), try member(recorded, "stopped")]
            )
        case .pictures(let pictures, let modelInput):
            report.compareExactly("\(name): mode", "generate_images", try member(recorded, "mode"))
            try compare(fixture, name, pictures[0].image, modelInput)
        }
    }

    private func compare(
        _ fixture: Fixture,
        _ name: String,
        _ picture: RGBImage,
        _ modelInput: RGBImage
    ) throws {
        // 8-bit pixels stand for the picture: a session keeps nothing else of it.
        let image = try fixture.tensor("\(name).image_s4")[0]
        report.compare(
            "\(name).image_s4",
            strided(picture.unit, channels: 3, by: picture.width / image.shape[1]),
            image.channelsLast,
            tolerance: Self.imageTolerance
        )
        for (kind, pixels) in [
            ("image_u8_s2", picture), ("reencoded_u8", modelInput),
        ] where fixture.has("\(name).\(kind)") {
            var recorded = try fixture.tensor("\(name).\(kind)")
            if recorded.shape.count == 4 { recorded = recorded[0] }
            report.compare(
                "\(name).\(kind) / 255",
                strided(pixels.unit, channels: 3, by: pixels.width / recorded.shape[1]),
                recorded.channelsLast.map { $0 / 255 },
                tolerance: Self.imageTolerance
            )
        }
        report.skip("\(name).final_latents", "a session hands out pictures; `diffusion` covers it")
    }

    /// The annotation as the file has it: the script has written the pictures' places into the recorded
    /// sentences.
    private func annotation(_ recorded: [String: Any]) throws -> Annotation {
        let places =
            SpecialTokens.imageStartText
            + String(
                repeating: SpecialTokens.imageText,
                count: subject.model.configuration.imageTokenCount
            )
        let sentences: [String] = try member(recorded, "sentences")
        let modes: [String: Annotation.Mode] = [
            "generate_texts": .texts, "generate_images": .pictures,
        ]
        guard let mode = modes[try member(recorded, "generate_mode", as: String.self)] else {
            throw ParityError("generate_mode is unknown")
        }
        return Annotation(
            sentences: sentences.map { $0.replacing(places, with: "") },
            images: try member(recorded, "images", as: [String].self).map(subject.bytes(ofImage:)),
            sentenceIndexes: try member(recorded, "sentence_ixs"),
            isImageFirst: try member(recorded, "image_first"),
            mode: mode,
            roundCount: try member(recorded, "num_iter")
        )
    }
}

extension RGBImage {
    /// The pixels in [0, 1].
    fileprivate var unit: [Float] { pixels.map { Float($0) / 255 } }
}
