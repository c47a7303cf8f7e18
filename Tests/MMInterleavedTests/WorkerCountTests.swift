import ModelTestSupport
import Tensors
import Testing

@testable import MMInterleaved

@Suite("Number of workers")
struct WorkerCountTests {
    private static let counts = [1, 2, 7, 64]

    /// The same computation with every number of workers.
    private func results(_ body: (Compute) throws -> [Float]) rethrows -> [[Float]] {
        try Self.counts.map { try body(Compute(workerCount: $0)) }
    }

    @Test("Vision computes the same bits with any number of workers")
    func vision() throws {
        let model = try TinyModel.make()
        let results = results { compute in
            let features = model.encode([TinyModel.pixels(seed: 1)], compute)[0]
            return features.tokens.toArray() + features.pyramid.flatMap { $0.toArray() }
        }
        #expect(results.allSatisfy { $0 == results[0] })
        #expect(!results[0].contains { !$0.isFinite })
    }

    @Test("Logits and log-probabilities are the same bits with any number of workers")
    func language() throws {
        let model = try TinyModel.make()
        let results = results { compute in
            let sequence = model.language.makeSequence()
            let elements = (1..<40).map { SequenceElement.token($0) }
            model.language.extend(sequence, with: elements, compute)
            model.language.extend(sequence, with: [.token(50)], compute)
            let logits = Matrix(rows: 1, columns: model.language.vocabularySize)
            model.language.logits(after: [sequence], compute, into: logits)
            let tokens = Array(30..<40) + [50]
            let scores = model.language.logProbabilities(ofLast: tokens, in: sequence, compute)
            return logits.toArray() + scores
        }
        #expect(results.allSatisfy { $0 == results[0] })
        #expect(!results[0].contains { !$0.isFinite })
    }

    @Test("Pictures are the same bits with any number of workers")
    func pictures() throws {
        let model = try TinyModel.make()
        let results = try results { compute in
            let decoder = model.imageDecoder
            let features = model.encode([TinyModel.pixels(seed: 1)], compute)[0]
            let hidden = Matrix(rows: 5, columns: 16, values: TinyModel.pixels(seed: 2).toArray(80))
            let tokens = decoder.conditioningTokens(of: hidden, compute)
            var parameters = PictureParameters()
            parameters.stepCount = 2
            let drawing = try Drawing(
                decoder,
                conditioning: decoder.unet.conditioning(of: tokens, compute),
                source: decoder.unet.source(of: features.pyramid, compute),
                parameters: parameters,
                schedulerConfiguration: model.configuration.imageDecoder.scheduler,
                seed: 7
            )
            while !drawing.isFinished { drawing.step(compute) }
            let picture = Matrix(rows: 256, columns: 3)
            decoder.render([drawing.latents], compute, into: [picture])
            return drawing.latents.toArray() + picture.toArray()
        }
        #expect(results.allSatisfy { $0 == results[0] })
        #expect(!results[0].contains { !$0.isFinite })
    }
}

extension Matrix {
    /// The first elements.
    fileprivate func toArray(_ count: Int) -> [Float] { Array(toArray().prefix(count)) }
}
