import Foundation
import TestSupport
import Testing

@testable import MMInterleaved
@testable import Tensors

/// `nano.safetensors` is what `Training/export_fixture.py` recorded: an editing sequence (a picture, words,
/// the beginning of the next picture) through every part of the training code, with the same f16 weights.
@Suite("nano computes what its training code computes")
struct NanoTests {
    private static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Models/nano").path
    private static let loaded = Result { try ModelDirectory(path: path).load() }

    private let model: InterleavedModel
    private let recorded: FixtureTensors
    private let compute = Compute(workerCount: 2)

    init() throws {
        model = try Self.loaded.get()
        recorded = try FixtureTensors("nano", in: RecordedSchedulers.folder)
    }

    @Test("A picture becomes the same tokens and feature maps")
    func vision() throws {
        let image = try encodePicture()
        #expect(error(image.tokens.toArray(), try recorded.floats("image_tokens")) < 2e-5)
        for level in 1..<4 {
            let side = model.configuration.vision.pyramidSides[level]
            let map = try channelsLast("map\(level)", pixelCount: side * side)
            #expect(error(image.pyramid[level].toArray(), map) < 2e-5, "level \(level)")
        }
    }

    @Test("Picture and words become the same logits")
    func language() throws {
        let sequence = try makeSequence()
        let hidden = model.language.hidden(of: sequence)
        #expect(error(hidden.toArray(), try recorded.floats("hidden")) < 2e-5)
        let logits = Matrix(rows: hidden.rows, columns: model.language.vocabularySize)
        model.language.logits(of: sequence, positions: 0..<hidden.rows, compute, into: logits)
        #expect(error(logits.toArray(), try recorded.floats("logits")) < 2e-5)
    }

    @Test("Noise becomes the same velocity, at the noisiest time and later", arguments: [999, 199])
    func prediction(time: Int) throws {
        let decoder = model.imageDecoder
        let noise = Matrix(
            rows: 256,
            columns: 4,
            values: try channelsLast("noise", pixelCount: 256)
        )
        let velocity = Matrix(rows: noise.rows, columns: noise.columns)
        decoder.unet.predict(
            noise,
            times: [Float(time)],
            conditionings: [try conditioning()],
            sources: [decoder.unet.source(of: try encodePicture().pyramid, compute)],
            compute,
            into: velocity
        )
        let expected = try channelsLast("velocity\(time)", pixelCount: 256)
        #expect(error(velocity.toArray(), expected) < 2e-5)
    }

    @Test("Five guided steps end in the same picture")
    func drawing() throws {
        let decoder = model.imageDecoder
        var parameters = PictureParameters()
        parameters.stepCount = 5
        parameters.guidanceScale = 2.5
        parameters.method = .ddim
        let drawing = try Drawing(
            decoder,
            conditioning: try conditioning(),
            source: decoder.unet.source(of: try encodePicture().pyramid, compute),
            parameters: parameters,
            schedulerConfiguration: model.configuration.imageDecoder.scheduler,
            seed: 0
        )
        while !drawing.isFinished { drawing.step(compute) }
        let latents = try channelsLast("latents", pixelCount: 256)
        #expect(error(drawing.latents.toArray(), latents) < 2e-5)
        let picture = Matrix(rows: 64 * 64, columns: 3)
        decoder.render([drawing.latents], compute, into: [picture])
        let expected = try channelsLast("picture", pixelCount: 64 * 64).map {
            min(max($0 / 2 + 0.5, 0), 1)
        }
        #expect(error(picture.toArray(), expected) < 0.5 / 255)
    }

    // MARK: - The recorded sequence

    private func encodePicture() throws -> EncodedImage {
        let pixels = try channelsLast("pixels", pixelCount: 64 * 64)
        return model.encode([Matrix(rows: 64 * 64, columns: 3, values: pixels)], compute)[0]
    }

    private func makeSequence() throws -> LanguageSequence {
        let image = try encodePicture()
        let marker = model.configuration.vocabulary.image
        let ids = try recorded.integers("ids").map { Int($0) }
        var elements: [SequenceElement] = []
        var index = 0
        while index < ids.count {
            let isImage = ids[index] == marker
            elements.append(isImage ? .image(image) : .token(ids[index]))
            index += isImage ? model.configuration.imageTokenCount : 1
        }
        let sequence = model.language.makeSequence()
        model.language.extend(sequence, with: elements, compute)
        return sequence
    }

    /// The conditioning of the picture to draw, which is compared on the way.
    private func conditioning() throws -> UNet.Conditioning {
        let hidden = model.language.hidden(of: try makeSequence())
        let tokens = model.imageDecoder.conditioningTokens(of: hidden, compute)
        #expect(error(tokens.toArray(), try recorded.floats("conditioning")) < 2e-5)
        return model.imageDecoder.unet.conditioning(of: tokens, compute)
    }

    /// A recorded [1, channels, height, width] as rows x channels.
    private func channelsLast(_ name: String, pixelCount: Int) throws -> [Float] {
        let values = try recorded.floats(name)
        let channels = values.count / pixelCount
        return (0..<values.count).map { values[$0 % channels * pixelCount + $0 / channels] }
    }

    /// The largest difference, as a share of the largest value.
    private func error(_ actual: [Float], _ expected: [Float]) -> Float {
        guard actual.count == expected.count else { return .infinity }
        // Not max(), which drops a NaN.
        let worst = zip(actual, expected).reduce(Float(0)) { worst, pair in
            let difference = abs(pair.0 - pair.1)
            return difference <= worst ? worst : difference
        }
        return worst / (expected.map(abs).max() ?? 0)
    }
}
