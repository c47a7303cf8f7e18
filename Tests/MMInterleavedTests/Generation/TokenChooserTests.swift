import Tensors
import Testing

@testable import MMInterleaved

@Suite("Token chooser")
struct TokenChooserTests {
    private func chooser(seed: UInt64 = 0, _ change: (inout TextParameters) -> Void) -> TokenChooser
    {
        var parameters = TextParameters()
        change(&parameters)
        return TokenChooser(
            start: 0,
            endTokens: [1],
            parameters: parameters,
            generator: TorchGenerator(seed: seed)
        )
    }

    private func choose(_ chooser: inout TokenChooser, _ logits: [Float]) -> Int {
        var logits = logits
        return chooser.choose(from: &logits)
    }

    @Test("Temperature 0 takes the most likely token")
    func greedy() {
        var chooser = chooser { $0.temperature = 0 }
        #expect(choose(&chooser, [0, 1, 3, 2]) == 2)
    }

    @Test("No text ends before its minimum, and any may after it")
    func minimum() {
        var chooser = chooser {
            $0.temperature = 0
            $0.minimumTokenCount = 2
        }
        let logits: [Float] = [0, 9, 1, 2]
        #expect((0..<3).map { _ in choose(&chooser, logits) } == [3, 3, 1])
    }

    @Test("The penalty sees the start token and what was chosen since the text began")
    func penalty() {
        var chooser = chooser {
            $0.temperature = 0
            $0.repetitionPenalty = 4
        }
        let logits: [Float] = [8, 0, 3, 4]
        // 0 is penalised from the start: 8 / 4 = 2.
        #expect((0..<3).map { _ in choose(&chooser, logits) } == [3, 2, 0])
        chooser.restart(at: 1)
        #expect(choose(&chooser, logits) == 0)
    }

    @Test("The same seed chooses the same tokens, another seed others")
    func seeds() {
        func text(_ seed: UInt64) -> [Int] {
            var chooser = chooser(seed: seed) { $0.topP = 1 }
            return (0..<32).map { _ in choose(&chooser, [0, 0.5, 1, 0.2]) }
        }
        #expect(text(7) == text(7))
        #expect(text(7) != text(8))
    }

    @Test("Tokens are drawn about as often as they are likely")
    func frequencies() {
        var chooser = chooser(seed: 3) { $0.topP = 1 }
        var counts = [0, 0, 0]
        for _ in 0..<4000 { counts[choose(&chooser, [0, 0.6931472, -50])] += 1 }
        // 1/3 and 2/3 of 4000; four standard deviations are 120.
        #expect(abs(counts[0] - 1333) < 120)
        #expect(counts[2] == 0)
    }

    @Test("Log-probabilities are those of the unchanged logits, alternatives in order")
    func logProbabilities() {
        let logits: [Float] = [0, 1.0986123, -100]
        let result = TokenLogProbability(of: 0, logits: logits, alternatives: 2)
        #expect(abs(result.logProbability - -1.3862944) < 1e-5)
        #expect(result.alternatives.map(\.token) == [1, 0])
        #expect(abs(result.alternatives[0].logProbability - -0.2876821) < 1e-5)
    }
}
