import MMInterleaved
import Tensors

/// The way to a picture: context, perceiver, UNet with its synchronizers, autoencoder.
struct ImageDecoderParity {
    let subject: Subject
    let report: Report

    private static let tolerance = 1e-4

    func run(_ fixture: Fixture) throws {
        let decoder = subject.model.imageDecoder
        let names: [String] = try fixture.value("images")
        let images = try names.map(subject.features(ofImage:))
        let ids = try fixture.tensor("text_ids")[0].integers
        let tokens = try compareContext(fixture, ids: ids, images: images)
        report.compare(
            "negative",
            decoder.negativeTokens.toArray(),
            try fixture.tensor("negative").values,
            tolerance: 0
        )
        let source = images[1]
        for level in 0..<4 {
            report.compare(
                "mmfs_features\(level)_img2",
                source.pyramid[level].toArray(),
                try fixture.tensor("mmfs_features\(level)_img2")[0][0].channelsLast,
                tolerance: Self.tolerance
            )
        }
        let conditioning = decoder.unet.conditioning(of: tokens, subject.compute)
        let values = decoder.unet.source(of: source.pyramid, subject.compute)
        for (name, time, values) in [
            ("ctx.t981", Float(981), values as PictureSynchronizer.Values?),
            ("noctx.t981", 981, nil), ("ctx.t1", 1, values),
        ] {
            try comparePrediction(
                fixture,
                name,
                time: time,
                conditioning: conditioning,
                source: values
            )
        }
        try compareRendering(fixture)
    }

    /// Compares the context of every image; returns the tokens of the last.
    private func compareContext(
        _ fixture: Fixture,
        ids: [Int],
        images: [EncodedImage]
    ) throws -> Matrix {
        let (model, compute) = (subject.model, subject.compute)
        let sequence = model.language.makeSequence()
        model.language.extend(
            sequence,
            with: try subject.elements(ids: ids, images: images),
            compute
        )
        let soi = model.configuration.vocabulary.beginOfImage
        let positions = ids.indices.filter { ids[$0] == soi }
        let expectedContext = try fixture.tensor("context_features")
        let expectedTokens = try fixture.tensor("context")
        var tokens = Matrix(rows: 1, columns: 1)
        for (index, position) in positions.enumerated() {
            let hidden = model.language.hidden(of: sequence, count: position + 1)
            let context = Matrix(rows: hidden.rows, columns: hidden.columns)
            model.imageDecoder.projectContext(hidden, compute, into: context)
            report.compare(
                "context_features[\(index)], unpadded",
                context.toArray(),
                Array(expectedContext[index].values.prefix(context.count)),
                tolerance: Self.tolerance
            )
            tokens = model.imageDecoder.conditioningTokens(of: hidden, compute)
            report.compare(
                "context[\(index)]",
                tokens.toArray(),
                expectedTokens[index].values,
                tolerance: Self.tolerance
            )
        }
        return tokens
    }

    private func comparePrediction(
        _ fixture: Fixture,
        _ name: String,
        time: Float,
        conditioning: UNet.Conditioning,
        source: PictureSynchronizer.Values?
    ) throws {
        let decoder = subject.model.imageDecoder
        let recorded = try fixture.tensor("latents")[0]
        let one = Matrix(
            rows: decoder.latentSide * decoder.latentSide,
            columns: decoder.latentChannels,
            values: recorded.channelsLast
        )
        let both = Matrix(rows: 2 * one.rows, columns: one.columns)
        both.rows(0..<one.rows).copy(from: one)
        both.rows(one.rows..<2 * one.rows).copy(from: one)
        let out = Matrix(rows: both.rows, columns: both.columns)
        var observed: [String: Matrix] = [:]
        decoder.unet.predict(
            both,
            times: [time, time],
            conditionings: [decoder.unconditional, conditioning],
            sources: [source, source],
            subject.compute,
            into: out
        ) { key, value in
            let copy = Matrix(rows: value.rows, columns: value.columns)
            copy.copy(from: value)
            observed[key] = copy
        }
        for (key, value) in observed.sorted(by: { $0.key < $1.key })
        where fixture.has("\(name).\(key)") {
            compareObserved("\(name).\(key)", value, try fixture.tensor("\(name).\(key)"))
        }
        let expected = try fixture.tensor("eps.\(name)")
        for sample in 0..<2 {
            report.compare(
                "eps.\(name)[\(sample)]",
                out.rows(sample * one.rows..<(sample + 1) * one.rows).toArray(),
                expected[sample].channelsLast,
                tolerance: Self.tolerance
            )
        }
    }

    /// An embedding of both samples is recorded whole, a map only of the conditional sample, and of every so many pixels.
    private func compareObserved(_ name: String, _ value: Matrix, _ expected: Recording) {
        guard expected.shape.count != 2 else {
            report.compare(name, value.toArray(), expected.values, tolerance: Self.tolerance)
            return
        }
        let map = value.rows(value.rows / 2..<value.rows)
        let side = Int(Double(map.rows).squareRoot().rounded())
        report.compare(
            name,
            strided(map.toArray(), channels: map.columns, by: max(1, side / expected.shape[2])),
            expected[0].channelsLast,
            tolerance: Self.tolerance
        )
    }

    private func compareRendering(_ fixture: Fixture) throws {
        let decoder = subject.model.imageDecoder
        let latents = Matrix(
            rows: decoder.latentSide * decoder.latentSide,
            columns: decoder.latentChannels,
            values: try fixture.tensor("vae.latents")[0].channelsLast
        )
        let side = decoder.pictureSide
        let raw = Matrix(rows: side * side, columns: 3)
        decoder.autoencoder.decode(latents, side: decoder.latentSide, subject.compute, into: raw)
        report.compare(
            "vae.raw_s4",
            strided(raw.toArray(), channels: 3, by: 4),
            try fixture.tensor("vae.raw_s4")[0].channelsLast,
            tolerance: 2e-4
        )
        let picture = Matrix(rows: side * side, columns: 3)
        decoder.render([latents], subject.compute, into: [picture])
        let values = picture.toArray()
        report.compare(
            "vae.image",
            strided(values, channels: 3, by: 2),
            try fixture.tensor("vae.image")[0].channelsLast,
            tolerance: 0.5 / 255
        )
        // Where the crop lies is part of its description: "rows 192..255, cols 320..383".
        let tensors: [String: Any] = try fixture.value("tensors")
        let place = numbers(in: try member(try member(tensors, "vae.image_crop"), "meaning"))
        guard place.count >= 4 else {
            throw ParityError("the place of vae.image_crop is not told")
        }
        var crop: [Float] = []
        for y in place[0]...place[1] {
            crop += values[(y * side + place[2]) * 3..<(y * side + place[3] + 1) * 3]
        }
        report.compare(
            "vae.image_crop",
            crop,
            try fixture.tensor("vae.image_crop")[0].channelsLast,
            tolerance: 0.5 / 255
        )
    }
}
