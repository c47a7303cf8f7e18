import ModelTestSupport
import Tensors
import Testing

@testable import MMInterleaved

/// A sequence computed alone and at once is the yardstick: whatever else happens, its bits stay.
@Suite("Language steps of many sequences")
struct LanguageBatchTests {
    private let model: InterleavedModel
    private let compute = Compute(workerCount: 2)
    private let prompts: [[SequenceElement]]

    init() throws {
        model = try TinyModel.make()
        let vocabulary = model.configuration.vocabulary
        let images = model.encode((1...3).map { TinyModel.pixels(seed: $0) }, compute)
        func text(_ ids: some Sequence<Int>) -> [SequenceElement] { ids.map { .token($0) } }
        func picture(_ index: Int) -> [SequenceElement] {
            [.token(vocabulary.beginOfImage), .image(images[index])]
        }
        let begin = [vocabulary.beginOfSequence]
        prompts = [
            text(begin + [20, 30, 40]),
            text(begin) + picture(0) + text(50..<80) + picture(1) + text([90]),
            text(begin + (100..<171)),
            text(begin) + picture(2) + text([60] + begin + [61]) + picture(0) + text(70..<90),
            text(begin),
            text(begin + [7, 8]) + picture(1) + picture(2) + picture(0),
        ]
    }

    private struct Outcome: Equatable {
        var hidden: [Float]
        var logits: [Float]
        var isFinite: Bool { (hidden + logits).allSatisfy(\.isFinite) }
    }

    private func outcome(_ sequence: LanguageSequence) -> Outcome {
        let logits = Matrix(rows: sequence.computedCount, columns: model.language.vocabularySize)
        model.language.logits(
            of: sequence,
            positions: 0..<sequence.computedCount,
            compute,
            into: logits
        )
        return Outcome(
            hidden: model.language.hidden(of: sequence).toArray(),
            logits: logits.toArray()
        )
    }

    private func alone(_ elements: [SequenceElement]) -> Outcome {
        let sequence = model.language.makeSequence()
        model.language.extend(sequence, with: elements, compute)
        let outcome = outcome(sequence)
        #expect(outcome.isFinite)
        return outcome
    }

    private func sequence(
        _ pool: KeyValuePool,
        _ elements: [SequenceElement],
        blocks: [Int]
    ) -> LanguageSequence {
        let sequence = LanguageSequence(pool)
        for element in elements { sequence.append(element) }
        sequence.assign(blocks: blocks, computedCount: 0)
        return sequence
    }

    /// Computes all positions in steps of at most `chunk` positions per sequence.
    private func finish(
        _ sequences: [LanguageSequence],
        chunk: (_ index: Int) -> Int,
        _ compute: Compute
    ) {
        while true {
            let work = sequences.enumerated().compactMap { index, sequence -> LanguageWork? in
                let rest = sequence.totalCount - sequence.computedCount
                return rest == 0
                    ? nil : LanguageWork(sequence: sequence, count: min(rest, chunk(index)))
            }
            guard !work.isEmpty else { return }
            model.language.advance(work, compute)
        }
    }

    @Test(
        "A prompt in pieces of any size gives the bits of the prompt at once",
        arguments: [1, 2, 3, 7, 16, 17, 64]
    )
    func chunks(size: Int) {
        for prompt in prompts {
            let sequence = model.language.makeSequence()
            for element in prompt { sequence.append(element) }
            finish([sequence], chunk: { _ in size }, compute)
            #expect(outcome(sequence) == alone(prompt))
        }
    }

    @Test(
        "Sequences of a step get the bits that they get alone, with any number of workers",
        arguments: [1, 3]
    )
    func together(workers: Int) {
        let pool = KeyValuePool(model.configuration.language, blockCount: 36)
        // Blocks out of order, and interleaved between the sequences.
        let sequences = prompts.enumerated().map { index, prompt in
            sequence(pool, prompt, blocks: (0..<6).map { 35 - index - 6 * (($0 * 5) % 6) })
        }
        // Some are computed at once beside others that go token by token.
        finish(
            sequences,
            chunk: { [40, 1, 17, 3, 1, 16][$0] },
            Compute(workerCount: workers)
        )
        for (sequence, prompt) in zip(sequences, prompts) {
            #expect(outcome(sequence) == alone(prompt))
        }
    }

    @Test("Logits after several sequences are those after each")
    func logits() {
        let pool = KeyValuePool(model.configuration.language, blockCount: 36)
        let sequences = prompts.enumerated().map { index, prompt in
            sequence(pool, prompt, blocks: Array(6 * index..<6 * index + 6))
        }
        finish(sequences, chunk: { _ in 96 }, compute)
        let width = model.language.vocabularySize
        let all = Matrix(rows: sequences.count, columns: width)
        model.language.logits(after: sequences, compute, into: all)
        for (index, prompt) in prompts.enumerated() {
            #expect(all.row(index).toArray() == Array(alone(prompt).logits.suffix(width)))
        }
    }

    @Test("A fork with a copy of the last block goes on apart from its original")
    func forks() {
        let pool = KeyValuePool(model.configuration.language, blockCount: 8)
        let prompt = prompts[1]
        let original = sequence(pool, prompt, blocks: [0, 1, 2, 3])
        finish([original], chunk: { _ in 96 }, compute)
        let written = original.computedCount / KeyValuePool.blockSize
        #expect(original.computedCount % KeyValuePool.blockSize != 0)
        var blocks = original.blocks
        for index in written..<blocks.count { blocks[index] += 4 }
        pool.copyBlock(original.blocks[written], to: blocks[written])
        let fork = original.fork(blocks: blocks)
        let other: [SequenceElement] = (150..<160).map { .token($0) }
        let own: [SequenceElement] = (200..<212).map { .token($0) }
        for element in other { fork.append(element) }
        for element in own { original.append(element) }
        finish([original, fork], chunk: { $0 + 1 }, compute)
        #expect(outcome(original) == alone(prompt + own))
        #expect(outcome(fork) == alone(prompt + other))
    }

    @Test("A sequence that lost its blocks is computed anew, in other blocks and pieces")
    func preemption() {
        let pool = KeyValuePool(model.configuration.language, blockCount: 12)
        let victim = sequence(pool, prompts[3], blocks: [0, 1, 2, 3])
        finish([victim], chunk: { _ in 5 }, compute)
        victim.assign(blocks: [], computedCount: 0)
        // Another one writes where it was.
        let usurper = sequence(pool, prompts[2], blocks: [2, 1, 0, 3, 4])
        finish([usurper], chunk: { _ in 96 }, compute)
        victim.append(token: 33)
        victim.assign(blocks: [7, 5, 6, 8], computedCount: 0)
        finish([victim], chunk: { _ in 9 }, compute)
        #expect(outcome(victim) == alone(prompts[3] + [.token(33)]))
        #expect(outcome(usurper) == alone(prompts[2]))
    }

    @Test("Blocks of the same prefix serve another sequence")
    func prefix() {
        let pool = KeyValuePool(model.configuration.language, blockCount: 12)
        let first = sequence(pool, prompts[1], blocks: [0, 1, 2, 3])
        finish([first], chunk: { _ in 96 }, compute)
        // The first 32 positions are the same: the beginning, a picture, 28 tokens.
        var elements = prompts[1]
        elements.removeLast(elements.count - (3 + 28))
        elements += [.token(300), .token(301)]
        let second = sequence(pool, elements, blocks: [0, 1, 9])
        #expect(second.totalCount == 34)
        second.assign(blocks: [0, 1, 9], computedCount: 32)
        finish([second], chunk: { _ in 1 }, compute)
        #expect(outcome(second) == alone(elements))
        #expect(outcome(first) == alone(prompts[1]))
    }

    @Test("A neighbour that computes no numbers harms no one, nor does what it leaves in a block")
    func sickNeighbour() {
        let pool = KeyValuePool(model.configuration.language, blockCount: 8)
        let image = model.encode([TinyModel.pixels(seed: 4)], compute)[0]
        image.tokens.fill(.nan)
        for values in image.values.layers { values.fill(.nan) }
        let soi = model.configuration.vocabulary.beginOfImage
        let elements = [.token(1), .token(soi), .image(image)] + prompts[0]
        let sick = sequence(pool, elements, blocks: [0, 1])
        let sound = sequence(pool, prompts[1], blocks: [2, 3, 4])
        finish([sick, sound], chunk: { _ in 4 }, compute)
        #expect(!outcome(sick).isFinite)
        #expect(outcome(sound) == alone(prompts[1]))
        let heir = sequence(pool, prompts[0], blocks: [0])
        finish([heir], chunk: { _ in 2 }, compute)
        #expect(outcome(heir) == alone(prompts[0]))
    }

    @Test("A truncated sequence continues as if what was cut had never been")
    func truncation() {
        let sequence = model.language.makeSequence()
        model.language.extend(sequence, with: prompts[1], compute)
        // Cut between the two pictures, and at the begin of the second picture's positions.
        for kept in [20, 34] {
            sequence.truncate(to: kept)
            #expect(sequence.images.count == 1)
            let rest: [SequenceElement] = [.token(44), prompts[3][2], .token(45)]
            model.language.extend(sequence, with: rest, compute)
            let elements = Array(prompts[1].prefix(kept - 1)) + rest
            #expect(outcome(sequence) == alone(elements))
            sequence.truncate(to: 20)
            model.language.extend(sequence, with: Array(prompts[1][19...]), compute)
        }
        #expect(outcome(sequence) == alone(prompts[1]))
    }

    @Test("A picture's context is gathered from the blocks")
    func context() {
        let pool = KeyValuePool(model.configuration.language, blockCount: 6)
        let sequence = sequence(pool, prompts[1], blocks: [4, 0, 2])
        finish([sequence], chunk: { _ in 96 }, compute)
        let width = model.configuration.language.hiddenSize
        let part = Matrix(rows: 20, columns: width)
        model.language.copyHidden(of: sequence, into: part)
        #expect(part.toArray() == Array(alone(prompts[1]).hidden.prefix(20 * width)))
    }

    @Test("A step with a sequence twice, or with positions without a block, is refused")
    func refusals() async {
        await #expect(processExitsWith: .failure) {
            let model = try TinyModel.make()
            let sequence = model.language.makeSequence()
            for token in 1..<5 { sequence.append(token: token) }
            let work = LanguageWork(sequence: sequence, count: 2)
            model.language.advance([work, work], Compute(workerCount: 1))
        }
        await #expect(processExitsWith: .failure) {
            let model = try TinyModel.make()
            let pool = KeyValuePool(model.configuration.language, blockCount: 2)
            let sequence = LanguageSequence(pool)
            for token in 1..<19 { sequence.append(token: token) }
            sequence.assign(blocks: [0], computedCount: 0)
            let work = LanguageWork(sequence: sequence, count: 17)
            model.language.advance([work], Compute(workerCount: 1))
        }
        await #expect(processExitsWith: .failure) {
            let model = try TinyModel.make()
            let pool = KeyValuePool(model.configuration.language, blockCount: 2)
            LanguageSequence(pool).assign(blocks: [2], computedCount: 0)
        }
    }

    @Test("Sizes in bytes are known before anything is computed")
    func byteCounts() {
        let configuration = model.configuration
        let image = model.encode([TinyModel.pixels(seed: 1)], compute)[0]
        let matrices = [image.tokens] + image.pyramid + image.values.layers
        let elementCount = matrices.reduce(0) { $0 + $1.count }
        #expect(EncodedImage.byteCount(of: configuration) == 4 * elementCount)
        // Two layers' keys and values and one hidden state of 16 channels per position.
        #expect(KeyValuePool.byteCount(perBlockOf: configuration.language) == 16 * 5 * 16 * 4)
        // As bytes, with a scale of four bytes per head.
        let heads = configuration.language.headCount
        #expect(
            KeyValuePool.byteCount(perBlockOf: configuration.language, .int8)
                == 16 * (4 * (16 + 4 * heads) + 16 * 4)
        )
    }
}
