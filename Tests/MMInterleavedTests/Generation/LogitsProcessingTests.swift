import Foundation
import TestSupport
import Testing

@testable import MMInterleaved

/// Logits of given probabilities.
private func logits(_ probabilities: [Float]) -> [Float] { probabilities.map { log($0) } }

/// Indices that were not excluded.
private func kept(_ logits: [Float]) -> [Int] {
    logits.indices.filter { logits[$0] > LogitsProcessing.excluded }
}

@Suite("Logits processing")
struct LogitsProcessingTests {
    @Test(
        "A temperature too low for its quotients to be numbers leaves the most likely token alone",
        arguments: [Float.leastNormalMagnitude, Float.leastNonzeroMagnitude]
    )
    func takesTinyTemperatures(_ temperature: Float) {
        for sign: Float in [1, -1] {
            var logits = [3, 5, 4].map { sign * $0 }
            let best = LogitsProcessing.mostLikely(logits)
            LogitsProcessing.scale(&logits, temperature: temperature)
            LogitsProcessing.softmax(&logits)
            #expect(logits.indices.map { logits[$0] } == (0..<3).map { $0 == best ? 1 : 0 })
        }
    }

    @Test("The repetition penalty multiplies negative logits and divides others, each token once")
    func repetitionPenalty() {
        var values: [Float] = [2, -2, 0, 5]
        LogitsProcessing.penalizeRepetition(&values, of: [0, 1, 2], penalty: 2)
        #expect(values == [1, -4, 0, 5])
    }

    @Test("Ids outside of the vocabulary are no reason to fail")
    func strangeTokens() {
        var values: [Float] = [1, 2]
        LogitsProcessing.penalizeRepetition(&values, of: [7, -1, 1], penalty: 2)
        LogitsProcessing.exclude([9, 0], from: &values)
        #expect(values == [LogitsProcessing.excluded, 1])
    }

    @Test("Top-k keeps the most likely tokens and those as likely as the last of them")
    func topK() {
        var values: [Float] = [1, 3, 2, 3, 2]
        LogitsProcessing.keepMostLikely(&values, count: 3)
        #expect(kept(values) == [1, 2, 3, 4])
        LogitsProcessing.keepMostLikely(&values, count: 1)
        #expect(kept(values) == [1, 3])
    }

    @Test("Top-k of 0 or of the whole vocabulary keeps all", arguments: [0, 3, 9])
    func topKOfAll(count: Int) {
        var values: [Float] = [1, 3, 2]
        LogitsProcessing.keepMostLikely(&values, count: count)
        #expect(values == [1, 3, 2])
    }

    @Test(
        "The nucleus is the smallest set whose mass exceeds p",
        arguments: [
            (0.4, [1]), (0.6, [1, 3]), (0.75, [1, 3]), (0.9, [0, 1, 3]), (0.99, [0, 1, 2, 3]),
            (1, [0, 1, 2, 3]), (0, [1]),
        ] as [(Float, [Int])]
    )
    func nucleus(mass: Float, expected: [Int]) {
        var values = logits([0.15, 0.5, 0.05, 0.3])
        LogitsProcessing.keepNucleus(&values, mass: mass)
        #expect(kept(values) == expected)
    }

    @Test("The nucleus counts only what is left after top-k")
    func nucleusAfterTopK() {
        var values = logits([0.4, 0.2, 0.2, 0.1, 0.1])
        LogitsProcessing.keepMostLikely(&values, count: 1)
        LogitsProcessing.keepNucleus(&values, mass: 0.9)
        #expect(kept(values) == [0])
    }

    @Test("Min-p keeps what is at least a share as likely as the best")
    func minP() {
        var values = logits([0.5, 0.3, 0.15, 0.05])
        LogitsProcessing.keepRelativelyLikely(&values, share: 0.29)
        #expect(kept(values) == [0, 1, 2])
    }

    @Test("Softmax gives probabilities, excluded tokens none, however large the logits")
    func softmax() {
        var values: [Float] = [1000, 1000, LogitsProcessing.excluded, 999]
        LogitsProcessing.softmax(&values)
        let expected: [Float] = [0.42231882, 0.42231882, 0, 0.15536241]
        for (value, expected) in zip(values, expected) {
            #expect(abs(value - expected) < 1e-6)
        }
    }

    @Test("Log-softmax of large logits is as exact as of small ones")
    func logSoftmax() {
        var values: [Float] = [1000, 1000]
        LogitsProcessing.logSoftmax(&values)
        #expect(values.allSatisfy { abs($0 + log(2)) < 1e-6 })
    }

    @Test("The first of several most likely tokens is taken")
    func mostLikely() {
        #expect(LogitsProcessing.mostLikely([1, 4, 4, 2]) == 1)
    }

    @Test("The largest values are those of a full sort, ties by index", arguments: 0..<20)
    func largest(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let count = Int.random(in: 0...40, using: &random)
        // Few distinct values, so that there are ties.
        let values = (0..<Int.random(in: 1...60, using: &random)).map { _ in
            Float(Int.random(in: 0...9, using: &random))
        }
        let sorted = values.indices.sorted {
            values[$0] != values[$1] ? values[$0] > values[$1] : $0 < $1
        }
        #expect(
            LogitsProcessing.largest(count, of: values).map(\.index) == Array(sorted.prefix(count))
        )
    }
}
