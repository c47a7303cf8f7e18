internal import Images
internal import Locking
internal import MMInterleaved
internal import Scheduling
internal import Tensors

/// Draws the pictures of one segment from a sequence that ends with a begin-of-image token.
struct PictureRound {
    let request: ActiveRequest
    let parameters: PictureParameters
    /// Seeds of the pictures, as many as the parameters ask for.
    let seeds: [UInt64]

    /// What happens on the way.
    enum Progress {
        case step(picture: Int, step: Int, stepCount: Int, rest: Duration)
        case preview(picture: Int, step: Int, RGBImage)
    }

    /// Draws all pictures, one step of each at a time.
    func draw(
        _ running: RunningSequence,
        _ timings: inout Timings,
        on core: isolated EngineCore,
        report: (Progress) -> Void
    ) async throws -> [Picture] {
        let clock = ContinuousClock()
        var start = clock.now
        let context = try await core.drawingContext(after: running, for: request)
        timings.prefilled += start.duration(to: clock.now)
        start = clock.now
        let drawings = seeds.map { seed in
            core.makeDrawing(context, parameters, seed: seed, for: request)
        }
        defer { drawings.forEach(core.remove) }
        let pace = DenoisingPace(from: core.now)
        var step = 0
        while !drawings.allSatisfy(\.isFinished) {
            try await core.denoise(drawings, for: request)
            step += 1
            let rest = rest(after: step, of: drawings, pace, on: core)
            for (index, drawing) in drawings.enumerated() {
                report(
                    .step(
                        picture: index,
                        step: step,
                        stepCount: drawing.stepCount,
                        rest: rest
                    )
                )
            }
            guard !drawings.allSatisfy(\.isFinished),
                parameters.previews.isDue(after: step, of: drawings[0].stepCount)
            else { continue }
            let previews = try await core.render(drawings, for: request)
            for (index, preview) in previews.enumerated() {
                report(.preview(picture: index, step: step, preview))
            }
        }
        timings.denoised += start.duration(to: clock.now)
        start = clock.now
        let images = try await core.render(drawings, for: request)
        timings.rendered += start.duration(to: clock.now)
        return zip(images, drawings).map { Picture(image: $0, seed: $1.seed) }
    }

    /// Expected time until the last step is taken.
    private func rest(
        after step: Int,
        of drawings: [RunningDrawing],
        _ pace: DenoisingPace,
        on core: isolated EngineCore
    ) -> Duration {
        let stepCount = drawings[0].stepCount
        var work = RequestWork()
        work.denoiseStepCount = stepCount - step
        work.sampleCount = drawings.count * parameters.sampleCount
        let previewCount = (step..<stepCount).count {
            parameters.previews.isDue(after: $0, of: stepCount)
        }
        work.renderCount = previewCount * drawings.count
        return pace.rest(
            after: step,
            of: stepCount,
            now: core.now,
            expected: core.scheduler.withLock { $0.expectedTime(of: work, for: request.identifier) }
        )
    }
}
