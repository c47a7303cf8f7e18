import Foundation
import Images
import JSON
import Tensors
import Testing

@testable import CommandLine

@Suite("Numbers of a comparison")
struct ComparisonNumberTests {
    private func error(_ numbers: [Float], _ reference: [Float]) -> Double {
        var error = SquaredError()
        error.add(
            Matrix(rows: 1, columns: numbers.count, values: numbers),
            reference: Matrix(rows: 1, columns: reference.count, values: reference)
        )
        return error.normalized
    }

    @Test("A weight's error is the sum of squared differences over the sum of squares")
    func squaredError() {
        #expect(error([3, 5], [3, 4]) == 1.0 / 25)
        #expect(error([0, 0], [3, 4]) == 1)
        #expect(error([3, 4], [3, 4]) == 0)
        #expect(error([0, 0], [0, 0]) == 0)
        #expect(error([1, 0], [0, 0]) == .infinity)
        #expect(error([.nan, 0], [3, 4]).isNaN)
    }

    @Test("Errors of parts add up, and are of double precision")
    func sums() {
        var sum = SquaredError()
        let one = Matrix(rows: 2, columns: 2, values: [3, 5, 1, 1])
        sum.add(one, reference: Matrix(rows: 2, columns: 2, values: [3, 4, 1, 1]))
        var other = SquaredError()
        let tiny = Matrix(rows: 1, columns: 1, values: [1e-30])
        other.add(tiny, reference: Matrix(rows: 1, columns: 1, values: [0]))
        // Its square is no number of single precision.
        #expect(other.difference > 0)
        sum += sum
        #expect(sum.normalized == 2.0 / 54)
    }

    @Test("A divergence is that of the second model's probabilities from the first's")
    func divergence() {
        let half: [Float] = [0, 0]
        let quarter: [Float] = [0, Float(log(3.0))]
        let distance = TokenDivergence(from: half, of: quarter)
        // ½ log(½ / ¼) + ½ log(½ / ¾)
        #expect(abs(distance.divergence - 0.143_841_036) < 1e-7)
        #expect(!distance.agrees)
        // ¼ log(¼ / ½) + ¾ log(¾ / ½)
        let back = TokenDivergence(from: quarter, of: half)
        #expect(abs(back.divergence - 0.130_812_035) < 1e-7)
        #expect(TokenDivergence(from: quarter, of: [5, 5.5]).agrees)
    }

    @Test(
        "Equal opinions have no divergence, whatever their logits are moved by; what is no number has an infinite one"
    )
    func extremeDivergences() {
        let logits: [Float] = [-3, 80, 2.5, -1000]
        let equal = TokenDivergence(from: logits, of: logits)
        #expect(equal.divergence == 0 && equal.agrees)
        let moved = TokenDivergence(from: logits, of: logits.map { $0 + 64 })
        #expect(moved.divergence < 1e-12 && moved.agrees)
        #expect(TokenDivergence(from: logits, of: [0, .nan, 0, 0]).divergence == .infinity)
    }

    @Test("Divergences are summed up by mean, nearest rank and share")
    func summary() throws {
        #expect(DivergenceSummary([]) == nil)
        let logits = (0..<200).map { Float($0) / 100 }
        let distances = logits.map { TokenDivergence(from: [0, 0], of: [$0, 0]) }
        let summary = try #require(DivergenceSummary(distances.reversed()))
        #expect(summary.positionCount == 200)
        #expect(summary.largest == distances[199].divergence)
        #expect(summary.p99 == distances[197].divergence)
        #expect(summary.agreement == 1)
        let mixed = try #require(
            DivergenceSummary([
                TokenDivergence(from: [0, 1], of: [0, 1]),
                TokenDivergence(from: [0, 1], of: [1, 0]),
            ])
        )
        #expect(mixed.agreement == 0.5)
        #expect(abs(mixed.mean - mixed.largest / 2) < 1e-15)
    }

    @Test("Pictures are compared by full scale over mean squared difference")
    func pictures() throws {
        typealias Comparison = PictureComparison
        let black = [UInt8](repeating: 0, count: 12)
        let white = [UInt8](repeating: 255, count: 12)
        #expect(Comparison.peakSignalToNoiseRatio(black, white) == 0)
        #expect(Comparison.peakSignalToNoiseRatio(black, black) == .infinity)
        let ratio = Comparison.peakSignalToNoiseRatio([0, 0, 0, 0], [0, 1, 0, 0])
        // 10 log10(255² / ¼)
        #expect(abs(ratio - 54.151_403_522) < 1e-8)

        func pair(_ second: [UInt8]) -> Comparison.Pair {
            Comparison.Pair(
                prompt: "a",
                seed: 3,
                RGBImage(width: 2, height: 2, pixels: black),
                RGBImage(width: 2, height: 2, pixels: second)
            )
        }
        #expect(Comparison([]) == nil)
        let several = try #require(Comparison([pair(black), pair(white), pair(black)]))
        #expect(several.smallest == 0 && several.median == .infinity)
    }

    @Test("An infinite ratio is the word equal, and null beside true in JSON")
    func equalPictures() throws {
        let image = RGBImage(width: 1, height: 1, pixels: [1, 2, 3])
        let pair = PictureComparison.Pair(prompt: "a", seed: 3, image, image)
        #expect(ComparisonNumber.ratio(pair.ratio) == "equal")
        let text = String(decoding: try JSON(encoding: pair).encoded, as: UTF8.self)
        #expect(text == #"{"prompt":"a","seed":3,"psnr_db":null,"equal":true}"#)
    }

    @Test("Numbers are written short, and equal ones plainly")
    func words() {
        #expect(ComparisonNumber.error(0) == "0")
        #expect(ComparisonNumber.error(0.000123456) == "1.23e-04")
        #expect(ComparisonNumber.error(.infinity) == "inf")
        #expect(ComparisonNumber.share(1) == "100.00%")
        #expect(ComparisonNumber.ratio(38.25) == "38.2 dB")
    }
}
