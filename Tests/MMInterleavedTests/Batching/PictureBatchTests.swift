import ModelTestSupport
import Tensors
import Testing

@testable import MMInterleaved

/// Pictures that are encoded, drawn or rendered together have the bits that they have alone.
@Suite("Batches of pictures")
struct PictureBatchTests {
    private let model: InterleavedModel

    init() throws {
        model = try TinyModel.make()
    }

    private func numbers(_ image: EncodedImage) -> [Float] {
        ([image.tokens] + image.pyramid + image.values.layers).flatMap { $0.toArray() }
    }

    @Test("Pictures encoded together equal those encoded alone", arguments: 1...5, [1, 3])
    func encoding(count: Int, workers: Int) {
        let pixels = (0..<count).map { TinyModel.pixels(seed: UInt64($0)) }
        let together = model.encode(pixels, Compute(workerCount: workers))
        #expect(together.count == count)
        for (image, pixels) in zip(together, pixels) {
            let alone = model.encode([pixels], Compute(workerCount: 1))[0]
            #expect(numbers(image) == numbers(alone))
            #expect(!numbers(image).contains { !$0.isFinite })
        }
    }

    @Test("No pictures are encoded to none")
    func nothing() {
        #expect(model.encode([], Compute(workerCount: 1)).isEmpty)
    }

    /// Drawings of different guidance, sources, schedulers and lengths.
    private func drawings(_ compute: Compute) throws -> [Drawing] {
        let decoder = model.imageDecoder
        let images = model.encode([TinyModel.pixels(seed: 1), TinyModel.pixels(seed: 2)], compute)
        let settings: [(guidance: Float, source: Int?, steps: Int)] = [
            (7.5, 0, 3), (1, nil, 2), (2, 1, 4), (1, 1, 3), (3, nil, 2),
        ]
        return try settings.enumerated().map { index, setting in
            var generator = TorchGenerator(seed: UInt64(index))
            let hidden = Matrix(
                rows: 5 + index,
                columns: 16,
                values: generator.normal(count: 16 * (5 + index))
            )
            let tokens = decoder.conditioningTokens(of: hidden, compute)
            var parameters = PictureParameters()
            parameters.stepCount = setting.steps
            parameters.guidanceScale = setting.guidance
            return try Drawing(
                decoder,
                conditioning: decoder.unet.conditioning(of: tokens, compute),
                source: setting.source.map {
                    decoder.unet.source(of: images[$0].pyramid, compute)
                },
                parameters: parameters,
                schedulerConfiguration: model.configuration.imageDecoder.scheduler,
                seed: 40 + UInt64(index)
            )
        }
    }

    @Test(
        "Drawings that step together equal those that step alone, whoever joins or leaves",
        arguments: [1, 3]
    )
    func drawing(workers: Int) throws {
        let compute = Compute(workerCount: workers)
        let together = try drawings(compute)
        #expect(together.map(\.sampleCount) == [2, 1, 2, 1, 2])
        // The first one is ahead by a step; later ones join, finished ones leave.
        Drawing.step([together[0]], compute)
        Drawing.step([together[2], together[0], together[1]], compute)
        while together.contains(where: { !$0.isFinished }) {
            Drawing.step(together.filter { !$0.isFinished }, compute)
        }
        let alone = try drawings(Compute(workerCount: 1))
        for (one, other) in zip(alone, together) {
            while !one.isFinished { one.step(compute) }
            #expect(one.latents.toArray() == other.latents.toArray())
            #expect(one.latents.isFinite)
            #expect(one.stepIndex == other.stepIndex)
        }
    }

    @Test("What a drawing keeps is known in bytes before there is one")
    func drawingByteCount() {
        let (decoder, compute) = (model.imageDecoder, Compute(workerCount: 1))
        let conditioning = decoder.unet.conditioning(of: decoder.negativeTokens, compute)
        let image = model.encode([TinyModel.pixels(seed: 1)], compute)[0]
        let source = decoder.unet.source(of: image.pyramid, compute)
        let kept = (conditioning.keyValues + source.blocks).reduce(0) { $0 + $1.count }
        // Latents, noise in two orders, and the prediction; red, green and blue of the picture.
        let latents = 4 * decoder.latentSide * decoder.latentSide * decoder.latentChannels
        let pixels = 3 * decoder.pictureSide * decoder.pictureSide
        #expect(Drawing.byteCount(of: model.configuration) == 4 * (kept + latents + pixels))
    }

    @Test("Pictures rendered together equal those rendered alone", arguments: 1...4, [1, 3])
    func rendering(count: Int, workers: Int) {
        let decoder = model.imageDecoder
        let latents = (0..<count).map { index in
            var generator = TorchGenerator(seed: UInt64(index))
            let pixels = decoder.latentSide * decoder.latentSide
            return Matrix(
                rows: pixels,
                columns: decoder.latentChannels,
                values: generator.normal(count: pixels * decoder.latentChannels)
            )
        }
        func picture() -> Matrix {
            Matrix(rows: decoder.pictureSide * decoder.pictureSide, columns: 3)
        }
        let together = latents.map { _ in picture() }
        decoder.render(latents, Compute(workerCount: workers), into: together)
        for (own, rendered) in zip(latents, together) {
            let alone = picture()
            decoder.render([own], Compute(workerCount: 1), into: [alone])
            #expect(rendered.toArray() == alone.toArray())
            #expect(rendered.isFinite)
        }
    }
}
