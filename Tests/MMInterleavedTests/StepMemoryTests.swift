import Foundation
import ModelTestSupport
import Tensors
import Testing

@testable import MMInterleaved

/// What a process reserves is counted for all of it, so that each count needs a process of its own.
@Suite("Memory of steps")
struct StepMemoryTests {
    private static func model(_ profile: FormatPolicy.Profile) throws -> InterleavedModel {
        let parameters = Parameters(
            from: RandomParameters(seed: 1),
            formats: FormatPolicy(profile)
        )
        return try InterleavedModel(parameters, TinyModel.configuration)
    }

    @Test("Decoding reserves no memory once it is warm, whatever the format of weights")
    func decoding() async {
        await #expect(processExitsWith: .success) {
            for profile in FormatPolicy.Profile.allCases {
                let model = try StepMemoryTests.model(profile)
                let compute = Compute(workerCount: 2)
                let sequence = model.language.makeSequence()
                let logits = Matrix(rows: 1, columns: model.language.vocabularySize)
                func step() {
                    model.language.extend(sequence, with: [.token(5)], compute)
                    model.language.logits(after: [sequence], compute, into: logits)
                }
                for _ in 0..<3 { step() }
                let before = TensorStorage.reservationCount
                for _ in 0..<20 { step() }
                guard TensorStorage.reservationCount == before else { exit(1) }
            }
        }
    }

    @Test("Denoising reserves no memory once it is warm, whatever the format of weights")
    func denoising() async {
        await #expect(processExitsWith: .success) {
            for profile in FormatPolicy.Profile.allCases {
                let model = try StepMemoryTests.model(profile)
                let compute = Compute(workerCount: 2)
                let decoder = model.imageDecoder
                let image = model.encode([TinyModel.pixels(seed: 1)], compute)[0]
                let hidden = Matrix(rows: 5, columns: model.configuration.language.hiddenSize)
                hidden.fill(0.5)
                let tokens = decoder.conditioningTokens(of: hidden, compute)
                var parameters = PictureParameters()
                parameters.stepCount = 12
                parameters.guidanceScale = 7.5
                let drawing = try Drawing(
                    decoder,
                    conditioning: decoder.unet.conditioning(of: tokens, compute),
                    source: decoder.unet.source(of: image.pyramid, compute),
                    parameters: parameters,
                    schedulerConfiguration: model.configuration.imageDecoder.scheduler,
                    seed: 1
                )
                for _ in 0..<2 { drawing.step(compute) }
                let before = TensorStorage.reservationCount
                while !drawing.isFinished { drawing.step(compute) }
                guard TensorStorage.reservationCount == before else { exit(1) }
            }
        }
    }
}
