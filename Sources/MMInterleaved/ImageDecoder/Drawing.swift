package import Tensors

/// One picture on its way from noise to latents that can be rendered.
///
/// Everything that does not change between steps is computed before: the conditioning's keys and
/// values, the source picture's projected features, the scheduler's coefficients.
///
/// Threads: confined to the thread that computes.
package final class Drawing {
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
    /// What the network predicted at the last step, after guidance, [side², channels].
    package let guidedPrediction: Matrix

    /// Prepares a picture.
    ///
    /// - Parameters:
    ///   - decoder: What draws.
    ///   - conditioning: What to draw, from ``PictureDecoder/conditioningTokens(of:_:)``.
    ///   - source: The picture before this one, if there is any.
    ///   - parameters: Steps, guidance and method.
    ///   - schedulerConfiguration: The model's noise schedule.
    ///   - seed: Of the generator that latents and noise come from, in the reference's order.
    /// - Throws: `DiffusionConfigurationError` if the number of steps is not possible.
    package init(
        _ decoder: PictureDecoder,
        conditioning: UNet.Conditioning,
        source: PictureSynchronizer.Values?,
        parameters: PictureParameters,
        schedulerConfiguration: DiffusionConfiguration,
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
        guidedPrediction = Matrix(rows: pixels, columns: channels)
        drawNoise()
        for row in 0..<pixels {
            for channel in 0..<channels {
                latents[row, channel] = noise[row, channel] * scheduler.initialNoiseScale
            }
        }
    }

    /// Samples that a step passes through the network: with guidance two, the unconditional one first.
    package var sampleCount: Int { guidanceScale > 1 ? 2 : 1 }

    /// Number of steps in all.
    package var stepCount: Int { scheduler.stepCount }

    /// Whether all steps have been taken.
    package var isFinished: Bool { stepIndex == stepCount }

    /// Takes one step of every drawing: all samples pass the network together.
    ///
    /// Each drawing is at a step of its own, with its own guidance, conditioning and source; its bits
    /// are the same alone and among others. Scratch memory grows with the number of samples and is
    /// never given back, so the caller bounds them.
    ///
    /// - Precondition: no drawing is finished or there twice, and all are of the same model.
    package static func step(_ drawings: [Drawing], _ compute: Compute) {
        guard let first = drawings.first else { return }
        precondition(drawings.allSatisfy { !$0.isFinished }, "a step beyond the last")
        precondition(
            Set(drawings.map(ObjectIdentifier.init)).count == drawings.count,
            "a drawing twice in a step"
        )
        let pixels = first.latents.rows
        let samples = drawings.reduce(0) { $0 + $1.sampleCount }
        compute.scope {
            let input = compute.scratch(samples * pixels, first.latents.columns)
            let prediction = compute.scratch(samples * pixels, first.latents.columns)
            var times: [Float] = []
            var conditionings: [UNet.Conditioning] = []
            var sources: [PictureSynchronizer.Values?] = []
            for drawing in drawings {
                drawing.prepareInput(input.rows(times.count * pixels..<input.rows), compute)
                for _ in 0..<drawing.sampleCount {
                    times.append(drawing.scheduler.timesteps[drawing.stepIndex])
                    sources.append(drawing.source)
                }
                if drawing.sampleCount == 2 {
                    conditionings.append(drawing.decoder.unconditional)
                }
                conditionings.append(drawing.conditioning)
            }
            first.decoder.unet.predict(
                input,
                times: times,
                conditionings: conditionings,
                sources: sources,
                compute,
                into: prediction
            )
            var row = 0
            for drawing in drawings {
                let rows = row..<row + drawing.sampleCount * pixels
                drawing.take(prediction.rows(rows))
                row = rows.upperBound
            }
        }
    }

    /// Takes one step of this drawing alone.
    ///
    /// - Precondition: the drawing is not finished.
    package func step(_ compute: Compute) { Drawing.step([self], compute) }

    /// Writes the scaled latents to the first rows, once per sample.
    private func prepareInput(_ input: Matrix, _ compute: Compute) {
        let scale = scheduler.inputScale(atStep: stepIndex)
        for sample in 0..<sampleCount {
            let rows = input.rows(sample * latents.rows..<(sample + 1) * latents.rows)
            rows.fill(0)
            compute.add(latents, scaledBy: scale, to: rows)
        }
    }

    /// Moves the latents on by what the network predicted, [1 or 2 samples · side², channels].
    private func take(_ prediction: Matrix) {
        guide(prediction)
        if scheduler.drawsNoise(atStep: stepIndex) { drawNoise() }
        advance()
        stepIndex += 1
    }

    /// Classifier-free guidance.
    ///
    /// Computes `unconditional + scale · (conditional - unconditional)`. Source: arXiv 2207.12598.
    private func guide(_ prediction: Matrix) {
        guard sampleCount == 2 else { return guidedPrediction.copy(from: prediction) }
        for row in 0..<latents.rows {
            for channel in 0..<latents.columns {
                let unconditional = prediction[row, channel]
                let conditional = prediction[latents.rows + row, channel]
                guidedPrediction[row, channel] =
                    unconditional + guidanceScale * (conditional - unconditional)
            }
        }
    }

    private func advance() {
        let index = stepIndex
        let count = latents.count
        let output = guidedPrediction.reshaped(rows: 1, columns: count)
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
    private func drawNoise() {
        streamOrder.reshaped(rows: 1, columns: streamOrder.count).withMutableRow(0) { row in
            generator.fillNormal(&row)
        }
        for channel in 0..<noise.columns {
            for pixel in 0..<noise.rows { noise[pixel, channel] = streamOrder[channel, pixel] }
        }
    }
}
