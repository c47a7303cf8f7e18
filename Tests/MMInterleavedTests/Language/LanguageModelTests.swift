import ModelTestSupport
import Tensors
import Testing

@testable import MMInterleaved

@Suite("Language model")
struct LanguageModelTests {
    private let model: InterleavedModel
    private let compute = Compute(workerCount: 1)

    init() throws {
        model = try TinyModel.make()
    }

    private func image(seed: UInt64) -> SequenceElement {
        .image(model.encode([TinyModel.pixels(seed: seed)], compute)[0])
    }

    private func tokens(_ ids: Int...) -> [SequenceElement] { ids.map { .token($0) } }

    private func run(_ elements: [SequenceElement]) -> LanguageSequence {
        let sequence = model.language.makeSequence()
        model.language.extend(sequence, with: elements, compute)
        return sequence
    }

    private func hidden(_ sequence: LanguageSequence) -> [Float] {
        model.language.hidden(of: sequence).toArray()
    }

    private func keys(_ sequence: LanguageSequence, layer: Int, count: Int) -> [Float] {
        let width = model.configuration.language.hiddenSize
        let place = sequence.pool.layer(layer)
        return (0..<count).flatMap { position in
            let block = sequence.blocks[position / KeyValuePool.blockSize]
            let slot = position % KeyValuePool.blockSize
            return (0..<width).map { channel in
                place.blocks[block, place.firstColumn + channel * KeyValuePool.blockSize + slot]
            }
        }
    }

    @Test("A prompt at once equals the same prompt piece by piece and token by token")
    func prefillEqualsSteps() {
        let soi = model.configuration.vocabulary.beginOfImage
        let picture = image(seed: 1)
        let elements = tokens(1, 20, 30, soi) + [picture] + tokens(40, 50, 60)
        let whole = run(elements)
        let pieces = model.language.makeSequence()
        model.language.extend(pieces, with: Array(elements[..<3]), compute)
        model.language.extend(pieces, with: Array(elements[3...4]), compute)
        for token in [40, 50, 60] { model.language.extend(pieces, with: [.token(token)], compute) }
        #expect(pieces.computedCount == whole.computedCount)
        #expect(hidden(pieces) == hidden(whole))
        for layer in 0..<2 {
            let count = whole.computedCount
            #expect(
                keys(pieces, layer: layer, count: count)
                    == keys(whole, layer: layer, count: count)
            )
        }
    }

    @Test("What follows changes nothing of the positions before it")
    func prefixes() {
        let soi = model.configuration.vocabulary.beginOfImage
        let prefix = tokens(1, 20, 30, soi)
        let alone = run(prefix)
        let first = run(prefix + [image(seed: 1)] + tokens(40))
        let second = run(prefix + [image(seed: 2)] + tokens(50, 60, 70))
        for layer in 0..<2 {
            let expected = keys(alone, layer: layer, count: 4)
            #expect(keys(first, layer: layer, count: 4) == expected)
            #expect(keys(second, layer: layer, count: 4) == expected)
        }
        #expect(hidden(first)[64..<80] != hidden(second)[64..<80])
    }

    @Test("A begin-of-sequence token hides the images before it, and only from the synchronizer")
    func beginOfSequenceHidesImages() {
        let soi = model.configuration.vocabulary.beginOfImage
        let bos = model.configuration.vocabulary.beginOfSequence
        let elements =
            tokens(bos, 20, soi) + [image(seed: 1)] + tokens(30, bos, 40, soi) + [image(seed: 2)]
        let sequence = model.language.makeSequence()
        for element in elements { sequence.append(element) }
        let visible = model.language.visibleImages(of: sequence)
        let positions = visible.map { $0.count }
        // bos text soi | two image positions | text | bos text soi | two image positions
        #expect(positions == [0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1])
        #expect(visible[10] == 1..<2)
    }

    @Test("A prompt without pictures still hears the synchronizer's ignore token")
    func noImages() throws {
        let silent = try InterleavedModel(
            Parameters(from: SilentIgnoreToken()),
            TinyModel.configuration
        )
        let other = silent.language.makeSequence()
        silent.language.extend(other, with: tokens(1, 20, 30), compute)
        let own = run(tokens(1, 20, 30))
        #expect(hidden(own) != hidden(other))
        // And text before the first picture gets the same whether a picture follows or not.
        let soi = model.configuration.vocabulary.beginOfImage
        let followed = run(tokens(1, 20, 30, soi) + [image(seed: 1)])
        #expect(hidden(own) == Array(hidden(followed).prefix(48)))
    }

    @Test("The last tokens of a sequence are as likely as the logits before each say")
    func logProbabilities() {
        let whole = run(tokens(1, 20, 30, 40, 50))
        let scores = model.language.logProbabilities(ofLast: [40, 50], in: whole, compute)
        #expect(scores.count == 2)
        #expect(model.language.logProbabilities(ofLast: [], in: whole, compute) == [])
        let logits = Matrix(rows: 1, columns: model.language.vocabularySize)
        for (position, token, score) in [(2, 40, scores[0]), (3, 50, scores[1])] {
            model.language.logits(
                of: whole,
                positions: position..<position + 1,
                compute,
                into: logits
            )
            var expected = logits.toArray()
            LogitsProcessing.logSoftmax(&expected)
            #expect(abs(score - expected[token]) < 1e-4)
        }
    }
}

/// Random parameters whose ignore tokens are silent.
private struct SilentIgnoreToken: ParameterSource {
    func read(_ parameter: ParameterDescription, into matrix: Matrix) throws {
        try RandomParameters(seed: 1).read(parameter, into: matrix)
        if parameter.name.hasSuffix("ignore_token") { matrix.fill(0) }
    }
}
