import MMInterleaved
import Tensors
import Tokenization

/// Pictures from noise, step by step.
struct DiffusionParity {
    let subject: Subject
    let report: Report

    /// Of the latents' standard deviation, for trajectories of up to 5 and of more steps.
    private static let tolerances = (short: 1e-3, long: 1e-2)
    private static let imageTolerance = 1.0 / 255

    func run(_ fixture: Fixture) throws {
        let seed = UInt64(try fixture.value("seed", as: Int.self))
        try compareNoise(fixture, seed: seed)
        let images = try fixture.value("images", as: [String].self).map(
            subject.features(ofImage:)
        )
        let ids = try subject.tokenizer.encode(
            fixture.value("text"),
            parsesSpecialTokens: true,
            addsBeginning: true
        )
        for (name, value) in fixture.manifest.sorted(by: { $0.key < $1.key }) {
            guard let run = value as? [String: Any], run["kwargs"] != nil else { continue }
            try compareTrajectory(fixture, name, run, ids: ids, images: images, seed: seed)
        }
    }

    /// The stream that first latents and noise come from.
    private func compareNoise(_ fixture: Fixture, seed: UInt64) throws {
        let recorded = try fixture.tensor("noise_stream")
        var generator = TorchGenerator(seed: seed)
        let draws = (0..<recorded.shape[0]).flatMap { draw in
            generator.normal(count: recorded[draw].values.count)
        }
        report.compare("noise_stream", draws, recorded.values, tolerance: 1e-6)
    }

    private func compareTrajectory(
        _ fixture: Fixture,
        _ name: String,
        _ run: [String: Any],
        ids: [Int],
        images: [EncodedImage],
        seed: UInt64
    ) throws {
        let target: Int = try member(run, "target_image_idx")
        let deviations: [Double] = try member(run, "latent_std")
        let parameters = GenerationKeywords.picture(try member(run, "kwargs"))
        let relative =
            parameters.stepCount <= 5 ? Self.tolerances.short : Self.tolerances.long
        let drawing = try drawing(
            of: target,
            ids: ids,
            images: images,
            parameters: parameters,
            seed: seed
        )
        let latents =
            fixture.has("\(name).latents") ? try fixture.tensor("\(name).latents") : nil
        // Not every step is recorded of long trajectories.
        let every = latents.map { parameters.stepCount / $0.shape[0] } ?? 0
        let predictions = fixture.has("\(name).eps") ? try fixture.tensor("\(name).eps") : nil
        while !drawing.isFinished {
            drawing.step(subject.compute)
            let step = drawing.stepIndex
            if let predictions {
                report.compareToDeviation(
                    "\(name).eps[\(step)]",
                    drawing.guidedPrediction.toArray(),
                    predictions[step - 1].channelsLast,
                    relative
                )
            }
            if let latents, step % every == 0 {
                report.compare(
                    "\(name).latents[\(step)]",
                    drawing.latents.toArray(),
                    latents[step / every - 1].channelsLast,
                    tolerance: relative,
                    relativeTo: deviations[step - 1]
                )
            }
        }
        if fixture.has("\(name).final_latents") {
            report.compareToDeviation(
                "\(name).final_latents",
                drawing.latents.toArray(),
                try fixture.tensor("\(name).final_latents")[0].channelsLast,
                relative
            )
        }
        try compareImage(fixture, "\(name).image_s4", drawing.latents)
    }

    private func drawing(
        of target: Int,
        ids: [Int],
        images: [EncodedImage],
        parameters: PictureParameters,
        seed: UInt64
    ) throws -> Drawing {
        let model = subject.model
        let decoder = model.imageDecoder
        let soi = model.configuration.vocabulary.beginOfImage
        let position = ids.indices.filter { ids[$0] == soi }[target]
        let sequence = model.language.makeSequence()
        model.language.extend(
            sequence,
            with: try subject.elements(ids: Array(ids[...position]), images: images),
            subject.compute
        )
        let tokens = decoder.conditioningTokens(
            of: model.language.hidden(of: sequence),
            subject.compute
        )
        return try Drawing(
            decoder,
            conditioning: decoder.unet.conditioning(of: tokens, subject.compute),
            source: target > 0
                ? decoder.unet.source(of: images[target - 1].pyramid, subject.compute) : nil,
            parameters: parameters,
            schedulerConfiguration: model.configuration.imageDecoder.scheduler,
            seed: seed
        )
    }

    private func compareImage(_ fixture: Fixture, _ name: String, _ latents: Matrix) throws {
        let side = subject.model.imageDecoder.pictureSide
        let picture = Matrix(rows: side * side, columns: 3)
        subject.model.imageDecoder.render([latents], subject.compute, into: [picture])
        let recorded = try fixture.tensor(name)[0]
        report.compare(
            name,
            strided(picture.toArray(), channels: 3, by: side / recorded.shape[1]),
            recorded.channelsLast,
            tolerance: Self.imageTolerance
        )
    }
}
