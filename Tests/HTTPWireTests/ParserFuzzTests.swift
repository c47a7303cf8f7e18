import HTTPWire
import TestSupport
import Testing

@Suite("Request parser under random input")
struct ParserFuzzTests {
    @Test("Mutated requests never trap, and splitting never changes the outcome", arguments: 0..<4)
    func survivesMutations(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let samples = Samples.valid + Samples.hostile.filter { $0.bytes.count < 2_000 }
        let deadline = ContinuousClock.now + .seconds(1)
        var count = 0
        while ContinuousClock.now < deadline, count < 20_000 {
            count += 1
            let bytes = mutated(
                samples[Int.random(in: 0..<samples.count, using: &random)].bytes,
                using: &random
            )
            let whole = outcome([bytes])
            let cuts = [
                Int.random(in: 0...bytes.count, using: &random),
                Int.random(in: 0...bytes.count, using: &random),
            ].sorted()
            let pieces = outcome([
                Array(bytes[..<cuts[0]]), Array(bytes[cuts[0]..<cuts[1]]), Array(bytes[cuts[1]...]),
            ])
            switch (whole, pieces) {
            case (.success(let first), .success(let second)):
                #expect(first == second, "seed \(seed), input \(count)")
            case (.failure(let first), .failure(let second)):
                // A line that is both too long and malformed may be refused for either.
                #expect(
                    first == second || [first.kind, second.kind].contains(.targetTooLong)
                        || [first.kind, second.kind].contains(.fieldSectionTooLarge)
                        || [first.kind, second.kind].contains(.malformedChunk),
                    "seed \(seed), input \(count): \(first) or \(second)"
                )
            default:
                Issue.record("seed \(seed), input \(count): \(whole) or \(pieces)")
            }
        }
        #expect(count > 100)
    }
}
