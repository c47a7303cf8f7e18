import Foundation
import TestSupport
import Testing

@testable import MMInterleaved

/// A language of four tokens: 0 begins, 1 ends.
private struct Language {
    let seed: UInt64

    /// Logits after a text, a function of its last token and length.
    func logits(after tokens: [Int]) -> [Float] {
        var random = SeededRandom(seed: seed &+ UInt64(tokens.count * 16 + (tokens.last ?? 0)))
        return random.floats(4, in: -2...2)
    }

    func logProbabilities(after tokens: [Int]) -> [Float] {
        var values = logits(after: tokens)
        LogitsProcessing.logSoftmax(&values)
        return values
    }
}

@Suite("Beam search")
struct BeamSearchTests {
    private func search(
        _ language: Language,
        _ change: (inout TextParameters) -> Void
    ) -> [BeamSearch.Hypothesis] {
        var parameters = TextParameters()
        change(&parameters)
        var search = BeamSearch(start: 0, endTokens: [1], parameters: parameters)
        while !search.isDone && !search.isExhausted {
            search.advance(logits: search.beams.map { language.logits(after: $0.tokens) })
        }
        return search.results(count: parameters.sequenceCount)
    }

    /// Scores of all texts of at most `limit` new tokens.
    private func allTexts(
        _ language: Language,
        limit: Int,
        lengthPenalty: Float
    ) -> [(tokens: [Int], score: Float)] {
        var finished: [(tokens: [Int], score: Float)] = []
        func extend(_ tokens: [Int], _ sum: Float) {
            let divisor = powf(Float(tokens.count), lengthPenalty)
            if tokens.count == limit + 1 { return finished.append((tokens, sum / divisor)) }
            for (token, probability) in language.logProbabilities(after: tokens).enumerated() {
                if token == 1 {
                    finished.append((tokens, (sum + probability) / divisor))
                } else {
                    extend(tokens + [token], sum + probability)
                }
            }
        }
        extend([0], 0)
        return finished.sorted { $0.score > $1.score }
    }

    @Test("With room for every text, the best texts of all are found in order", arguments: 0..<10)
    func exhaustive(seed: UInt64) {
        let language = Language(seed: seed * 1000)
        let results = search(language) {
            $0.beamCount = 48
            $0.sequenceCount = 3
            $0.maximumTokenCount = 3
        }
        let expected = allTexts(language, limit: 3, lengthPenalty: 1).prefix(3)
        #expect(results.map(\.tokens) == expected.map(\.tokens))
        for (result, expected) in zip(results, expected) {
            #expect(abs(result.score - expected.score) < 1e-5)
        }
    }

    @Test("No text ends before the minimum")
    func minimum() {
        let results = search(Language(seed: 2)) {
            $0.beamCount = 4
            $0.sequenceCount = 4
            $0.minimumTokenCount = 3
            $0.maximumTokenCount = 5
        }
        #expect(results.count == 4)
        #expect(results.allSatisfy { $0.tokens.count - 1 >= 3 })
    }

    @Test("A text tells the token that ended it, and one that reached the limit tells none")
    func ends() {
        var parameters = TextParameters()
        parameters.beamCount = 2
        parameters.sequenceCount = 2
        parameters.maximumTokenCount = 1
        var search = BeamSearch(start: 0, endTokens: [1], parameters: parameters)
        search.advance(logits: [[0, 5, 4, -9], [0, 0, 0, 0]])
        #expect(search.isExhausted)
        let results = search.results(count: 2)
        // The ended text is divided by its length of 1, the other by 2.
        #expect(Set(results.map(\.end)) == [1, nil])
        #expect(results.contains { $0.tokens == [0] && $0.end == 1 })
        #expect(results.contains { $0.tokens == [0, 2] && $0.end == nil })
    }

    @Test("The penalty makes the log-probability of a repeated token more negative")
    func repetition() {
        let language = Language(seed: 11)
        func repeats(_ penalty: Float) -> Int {
            let best = search(language) {
                $0.beamCount = 2
                $0.minimumTokenCount = 8
                $0.maximumTokenCount = 8
                $0.repetitionPenalty = penalty
            }
            let tokens = best[0].tokens
            return tokens.count - Set(tokens).count
        }
        #expect(repeats(50) <= repeats(1))
        #expect(
            search(language) {
                $0.beamCount = 1; $0.maximumTokenCount = 1
            }.count == 1
        )
    }

    @Test("Beams name the beam they continue")
    func parents() {
        var parameters = TextParameters()
        parameters.beamCount = 2
        parameters.maximumTokenCount = 5
        var search = BeamSearch(start: 0, endTokens: [1], parameters: parameters)
        // Only the first beam counts at first.
        search.advance(logits: [[-9, -9, 2, 1], [9, 9, 9, 9]])
        #expect(search.beams.map(\.parent) == [0, 0])
        #expect(search.beams.map(\.tokens) == [[0, 2], [0, 3]])
        // Then the second beam's continuations win.
        search.advance(logits: [[0, -9, 0, 0], [-20, -20, 20, -20]])
        #expect(search.beams[0].tokens == [0, 3, 2])
        #expect(search.beams[0].parent == 1)
    }
}
