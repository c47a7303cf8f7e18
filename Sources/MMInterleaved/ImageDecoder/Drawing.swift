package import Tensors

/// One picture on its way from noise to latents that can be rendered.
///
/// Everything that does not change between steps is computed before: the conditioning's keys and
/// values, the source picture's projected features, the scheduler's coefficients. A step allocates
/// nothing once the workspace has grown.
package struct Drawing {
    /// Steps taken so far.
    package private(set) var stepIndex = 0
    /// Current latents, [side², channels].
    package let latents: Matrix

    private let decoder: PictureDecoder
    private let conditioning: UNet.Conditioning
    private let source: PictureSynchronizer.Values?
    private let guidanceScale: Float
    private var scheduler: DiffusionScheduler
    private var generator: TorchGenerator
    /// One draw of random numbers in torch's order, [channels, side²].
    private let streamOrder: Matrix
    private let noise: Matrix  // the same as rows x channels
    private let prediction: Matrix  // [1 or 2 samples · side², channels]

    /// Prepares a picture.
    ///
    /// - `conditioning`: What to draw, from ``PictureDecoder/conditioningTokens(of:_:)``.
    /// - `source`: The picture before this one, if there is any.
    /// - `seed`: Of the generator that latents and noise come from, in the reference's order.
    /// - Throws: `SchedulerConfigurationError` if the number of steps is not possible.
    package init(
        _ decoder: PictureDecoder,
        conditioning: UNet.Conditioning,
        source: PictureSynchronizer.Values?,
        parameters: PictureParameters,
        schedulerConfiguration: SchedulerConfiguration,
        seed: UInt64
    ) throws {
        self.decoder = decoder
        self.conditioning = conditioning
        self.source = source
        guidanceScale = parameters.guidanceScale
        let pixels = decoder.latentSide * decoder.latentSide
        let channels = decoder.latentChannels
        scheduler = try DiffusionScheduler(
            configuration: schedulerConfiguration,
            method: parameters.method,
            stepCount: parameters.stepCount,
            elementCount: pixels * channels
        )
        generator = TorchGenerator(seed: seed)
        latents = Matrix(rows: pixels, columns: channels)
        noise = Matrix(rows: pixels, columns: channels)
        streamOrder = Matrix(rows: channels, columns: pixels)
        prediction = Matrix(rows: guidanceScale > 1 ? 2 * pixels : pixels, columns: channels)
        drawNoise()
        for row in 0..<pixels {
            for channel in 0..<channels {
                latents[row, channel] = noise[row, channel] * scheduler.initialNoiseScale
            }
        }
    }

    /// What the network predicted at the last step, after guidance, [side², channels].
    package var guidedPrediction: Matrix { prediction.rows(0..<latents.rows) }

    /// Number of steps in all.
    package var stepCount: Int { scheduler.stepCount }

    /// Whether all steps have been taken.
    package var isFinished: Bool { stepIndex == stepCount }

    /// Takes one step.
    ///
    /// - Precondition: the drawing is not finished.
    package mutating func step(_ compute: Compute) {
        precondition(!isFinished, "a step beyond the last")
        let samples = prediction.rows / latents.rows
        compute.scope {
            let input = compute.scratch(prediction.rows, latents.columns)
            for sample in 0..<samples {
                let rows = input.rows(sample * latents.rows..<(sample + 1) * latents.rows)
                rows.fill(0)
                compute.add(latents, scaledBy: scheduler.inputScale(atStep: stepIndex), to: rows)
            }
            let time = scheduler.timesteps[stepIndex]
            decoder.unet.predict(
                input,
                times: [Float](repeating: time, count: samples),
                conditionings: samples == 2
                    ? [decoder.unconditional, conditioning] : [conditioning],
                sources: [PictureSynchronizer.Values?](repeating: source, count: samples),
                compute,
                into: prediction
            )
        }
        if samples == 2 { guide() }
        if scheduler.drawsNoise(atStep: stepIndex) { drawNoise() }
        advance()
        stepIndex += 1
    }

    /// Classifier-free guidance, into the first half of the prediction.
    ///
    /// Computes `unconditional + scale · (conditional - unconditional)`. Source: arXiv 2207.12598.
    private func guide() {
        for row in 0..<latents.rows {
            for channel in 0..<latents.columns {
                let unconditional = prediction[row, channel]
                let conditional = prediction[latents.rows + row, channel]
                prediction[row, channel] =
                    unconditional + guidanceScale * (conditional - unconditional)
            }
        }
    }

    private mutating func advance() {
        let index = stepIndex
        let count = latents.count
        let output = prediction.rows(0..<latents.rows).reshaped(rows: 1, columns: count)
        let numbers = noise.reshaped(rows: 1, columns: count)
        latents.reshaped(rows: 1, columns: count).withMutableRow(0) { latents in
            output.withRow(0) { output in
                numbers.withRow(0) { noise in
                    scheduler.step(
                        latents: &latents,
                        modelOutput: output,
                        stepIndex: index,
                        noise: noise
                    )
                }
            }
        }
    }

    /// Draws one tensor of standard normal numbers in torch's order, channels first.
    private mutating func drawNoise() {
        streamOrder.reshaped(rows: 1, columns: streamOrder.count).withMutableRow(0) { row in
            generator.fillNormal(&row)
        }
        for channel in 0..<noise.columns {
            for pixel in 0..<noise.rows { noise[pixel, channel] = streamOrder[channel, pixel] }
        }
    }
}
