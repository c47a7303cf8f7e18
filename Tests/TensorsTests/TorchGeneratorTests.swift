import Foundation
import TestSupport
import Testing

@testable import Tensors

/// The folder of this target's recorded numbers.
let fixtures = Bundle.module.bundleURL.appendingPathComponent("Fixtures")

/// Largest absolute difference of two vectors, infinite if their sizes differ.
func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
    a.count == b.count ? zip(a, b).map { abs($0 - $1) }.max() ?? 0 : .infinity
}

@Suite("Torch-compatible generator")
struct TorchGeneratorTests {
    /// Rows 0..<rows of each of the 4 planes of a 64 x 64 latent picture.
    private func firstRows(_ latents: [Float], rows: Int) -> [Float] {
        (0..<4).flatMap { latents[($0 * 4096)..<($0 * 4096 + rows * 64)] }
    }

    @Test("The Mersenne Twister gives the published words")
    func twister() {
        // The 10000th word of std::mt19937 with its default seed is fixed by the C++ standard.
        var engine = MersenneTwister(seed: 5489)
        #expect(engine.next() == 3_499_211_612)
        for _ in 2..<10_000 { _ = engine.next() }
        #expect(engine.next() == 4_123_659_995)
    }

    @Test("Latents agree with torch.randn, also the second draw", arguments: [0, 42])
    func latents(seed: Int) throws {
        let recorded = try FixtureTensors("rng", in: fixtures)
        var generator = TorchGenerator(seed: UInt64(seed))
        let first = generator.normal(count: 4 * 64 * 64)
        let second = generator.normal(count: 4 * 64 * 64)
        #expect(largestDifference(first, try recorded.floats("cpu.seed\(seed).1x4x64x64")) < 1e-6)
        let rows = firstRows(second, rows: 8)
        #expect(largestDifference(rows, try recorded.floats("cpu.seed\(seed).second")) < 1e-6)
    }

    @Test("A small draw after a large one agrees with torch.randn", arguments: [0, 42])
    func smallDraw(seed: Int) throws {
        let recorded = try FixtureTensors("rng", in: fixtures)
        var generator = TorchGenerator(seed: UInt64(seed))
        let large = generator.normal(count: 256)
        #expect(largestDifference(large, try recorded.floats("cpu.seed\(seed).1x4x8x8")) < 1e-6)
        let small = generator.normal(count: 7)
        #expect(largestDifference(small, try recorded.floats("cpu.seed\(seed).7")) < 1e-6)
    }

    @Test("A ragged tail draws its last 16 elements anew", arguments: [0, 42])
    func raggedTail(seed: Int) throws {
        let recorded = try FixtureTensors("rng", in: fixtures)
        var generator = TorchGenerator(seed: UInt64(seed))
        let values = generator.normal(count: 21)
        #expect(largestDifference(values, try recorded.floats("cpu.seed\(seed).21")) < 1e-6)
    }

    @Test("Uniform numbers equal torch.rand", arguments: [0, 42])
    func uniform(seed: Int) throws {
        let recorded = try FixtureTensors("rng", in: fixtures)
        var generator = TorchGenerator(seed: UInt64(seed))
        #expect(generator.uniform(count: 10) == (try recorded.floats("cpu.seed\(seed).rand10")))
    }

    @Test("The second number of a pair is kept across draws")
    func keptAcrossDraws() {
        var together = TorchGenerator(seed: 3)
        var apart = TorchGenerator(seed: 3)
        let expected = together.normal(count: 15)
        #expect(expected == (0..<15).flatMap { _ in apart.normal(count: 1) })
        // 15 numbers leave one behind in both.
        #expect(together == apart)
        #expect(together.normal(count: 1) == apart.normal(count: 1))
    }

    @Test("An empty draw changes nothing")
    func emptyDraw() {
        var generator = TorchGenerator(seed: 1)
        let before = generator
        #expect(generator.normal(count: 0).isEmpty)
        #expect(generator == before)
    }

    private struct Record: Decodable {
        struct Case: Decodable {
            let seed: UInt64
            let exponential: [Float]
            let probabilities: [Float]
            let choices: [Int]
            let normalAfter: [Float]

            enum CodingKeys: String, CodingKey {
                case seed, exponential, probabilities, choices
                case normalAfter = "normal_after"
            }
        }

        let cases: [Case]
    }

    @Test("Exponential numbers and choices agree with torch")
    func choices() throws {
        let data = try Data(contentsOf: fixtures.appendingPathComponent("sampling_draws.json"))
        let record = try JSONDecoder().decode(Record.self, from: data)
        #expect(record.cases.count == 3)
        for recorded in record.cases {
            // torch takes the low half of a larger seed, so its stream is that of the half.
            var generator = TorchGenerator(seed: recorded.seed & 0xFFFF_FFFF)
            for value in recorded.exponential {
                #expect(abs(generator.nextExponential() - value) <= 2e-7 * value)
            }
            let chosen = recorded.choices.map { _ in
                generator.chooseIndex(probabilities: recorded.probabilities.span)
            }
            #expect(chosen == recorded.choices)
            #expect(largestDifference(generator.normal(count: 5), recorded.normalAfter) < 1e-6)
        }
    }

    @Test("Nothing of probability 0 is chosen")
    func zeroProbability() {
        var generator = TorchGenerator(seed: 5)
        #expect(generator.chooseIndex(probabilities: [Float](repeating: 0, count: 9).span) == nil)
        #expect(generator.chooseIndex(probabilities: [Float]().span) == nil)
        for _ in 0..<200 {
            #expect(generator.chooseIndex(probabilities: [0, 1e-30, 0].span) == 1)
        }
    }

    @Test("Choices follow their weights")
    func choiceFrequencies() {
        var generator = TorchGenerator(seed: 6)
        var counts = [0, 0, 0]
        for _ in 0..<20_000 {
            guard let choice = generator.chooseIndex(probabilities: [0.5, 0.3, 0.2].span) else {
                continue
            }
            counts[choice] += 1
        }
        // Five standard deviations of 20000 draws are at most 354.
        #expect(abs(counts[0] - 10_000) < 354)
        #expect(abs(counts[1] - 6000) < 354)
        #expect(abs(counts[2] - 4000) < 354)
    }
}

@Suite("Philox generator")
struct PhiloxGeneratorTests {
    @Test("Blocks equal the published test vectors")
    func knownAnswers() {
        // From the known-answer file of the authors' Random123 library.
        #expect(
            PhiloxGenerator.block(counter: SIMD4(repeating: 0), key: 0)
                == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8)
        )
        #expect(
            PhiloxGenerator.block(counter: SIMD4(repeating: .max), key: .max)
                == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd)
        )
    }

    @Test("Blocks and normal numbers agree with the recorded stream", arguments: [0, 42])
    func stream(seed: Int) throws {
        let recorded = try FixtureTensors("rng", in: fixtures)
        var generator = PhiloxGenerator(seed: UInt64(seed))
        for name in ["first", "second"] {
            let latents = generator.normal(count: 4 * 64 * 64)
            let rows = (0..<4).flatMap { latents[($0 * 4096)..<($0 * 4096 + 1024)] }
            let expected = try recorded.floats("philox_unverified.seed\(seed).\(name)")
            // The recording is of double precision, the stream rounds angles to single.
            #expect(largestDifference(rows, expected) < 2e-6)
        }
        #expect(generator.drawIndex == 2)
    }

    @Test("Raw words agree with the recorded ones")
    func words() throws {
        let recorded = try FixtureTensors("rng", in: fixtures)
        let expected = try recorded.integers("philox_words.seed0.elements0to3")
        let actual = (0..<4).flatMap { element -> [Int64] in
            let block = PhiloxGenerator.block(
                counter: SIMD4(0, 0, UInt32(element), 0),
                key: 0
            )
            return (0..<4).map { Int64(block[$0]) }
        }
        #expect(actual == expected)
    }

    @Test("All 64 bits of a seed count")
    func usesWholeSeed() {
        let seeds: [UInt64] = [5, 1 << 32 + 5, 2 << 32 + 5, 1 << 63 + 5, 5 << 32, .max]
        let words = seeds.map { seed -> [Float] in
            var generator = TorchGenerator(seed: seed)
            return generator.uniform(count: 4)
        }
        #expect(Set(words).count == seeds.count)
    }

    @Test("A key of several words gives the published numbers")
    func keyedTwister() {
        var twister = MersenneTwister(key: [0x123, 0x234, 0x345, 0x456])
        // The first of mt19937ar.out (Matsumoto, Nishimura, 2002).
        #expect((0..<3).map { _ in twister.next() } == [1_067_595_299, 955_945_823, 477_289_528])
    }
}
