internal import Images
internal import MMInterleaved
internal import Tensors

/// Draws the pictures of one segment from a sequence that ends with a begin-of-image token.
struct PictureRound {
    let model: InterleavedModel
    let compute: Compute
    let parameters: PictureParameters
    /// Seed of the first picture; the others count on from it.
    let seed: UInt64

    /// What happens on the way.
    enum Progress {
        case step(picture: Int, step: Int, stepCount: Int)
        case preview(picture: Int, step: Int, RGBImage)
    }

    /// Draws all pictures, one after the other.
    func draw(
        _ state: SequenceState,
        _ guarding: SessionGuard,
        _ timings: inout Timings,
        report: (Progress) -> Void
    ) throws -> [Picture] {
        let decoder = model.imageDecoder
        let hidden = model.language.hidden(of: state.sequence)
        let clock = ContinuousClock()
        var start = clock.now
        let tokens = decoder.conditioningTokens(of: hidden, compute)
        let conditioning = decoder.unet.conditioning(of: tokens, compute)
        let source = state.latestPyramid.map { decoder.unet.source(of: $0, compute) }
        return try (0..<parameters.count).map { index in
            let seed = seed &+ UInt64(index)
            let drawing = try makeDrawing(conditioning, source, seed: seed)
            while !drawing.isFinished {
                try guarding.check()
                drawing.step(compute)
                let step = drawing.stepIndex
                report(.step(picture: index, step: step, stepCount: drawing.stepCount))
                if parameters.previewInterval > 0 && !drawing.isFinished
                    && step % parameters.previewInterval == 0
                {
                    report(.preview(picture: index, step: step, render(drawing.latents)))
                }
            }
            guard drawing.latents.isFinite else {
                throw EngineError(
                    .notFinite,
                    "the image decoder computed latents that are not numbers"
                )
            }
            timings.denoised += start.duration(to: clock.now)
            start = clock.now
            try guarding.check()
            let image = render(drawing.latents)
            timings.rendered += start.duration(to: clock.now)
            start = clock.now
            return Picture(image: image, seed: seed)
        }
    }

    private func makeDrawing(
        _ conditioning: UNet.Conditioning,
        _ source: PictureSynchronizer.Values?,
        seed: UInt64
    ) throws -> Drawing {
        do {
            return try Drawing(
                model.imageDecoder,
                conditioning: conditioning,
                source: source,
                parameters: parameters,
                schedulerConfiguration: model.configuration.imageDecoder.scheduler,
                seed: seed
            )
        } catch let error as SchedulerConfigurationError {
            throw EngineError(
                .invalidRequest,
                field: "image.steps",
                "\(error.field): \(error.detail)"
            )
        }
    }

    /// Latents to 8-bit pixels, rounded to nearest as the reference saves and feeds them back.
    private func render(_ latents: Matrix) -> RGBImage {
        let side = model.imageDecoder.pictureSide
        let values = Matrix(rows: side * side, columns: 3)
        model.imageDecoder.render([latents], compute, into: [values])
        var pixels = [UInt8](repeating: 0, count: values.count)
        for row in 0..<values.rows {
            values.withRow(row) { pixel in
                for channel in 0..<3 {
                    pixels[row * 3 + channel] = UInt8(min(max(pixel[channel] * 255 + 0.5, 0), 255))
                }
            }
        }
        return RGBImage(width: side, height: side, pixels: pixels)
    }
}
