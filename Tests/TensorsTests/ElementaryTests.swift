import Glibc
import TestSupport
import Testing

@testable import Tensors

/// The yardstick has 64 bits of mantissa where the processor knows them, else it is the C library's double precision,
/// whose own error is allowed for.
#if arch(x86_64)
private typealias Wide = Float80
private let bound = 1.0
#else
private typealias Wide = Double
private let bound = 1.6
#endif

@Suite("Elementary functions of the project's own")
struct ElementaryTests {
    private func wide(_ x: Double) -> Wide { Wide(x) }

    /// The largest error over arguments, in units of the last place of the right result.
    private func worst(
        _ arguments: [Double],
        _ function: (Double) -> Double,
        _ truth: (Wide) -> Wide
    ) -> Double {
        arguments.map { argument in
            let right = truth(wide(argument))
            return Double((wide(function(argument)) - right).magnitude / wide(Double(right).ulp))
        }.max() ?? .infinity
    }

    private func numbers(_ range: ClosedRange<Double>, _ count: Int = 100_000) -> [Double] {
        var random = SeededRandom(seed: 7)
        return (0..<count).map { _ in Double.random(in: range, using: &random) }
    }

    /// Positive numbers of every exponent.
    private func patterns(_ count: Int = 100_000) -> [Double] {
        var random = SeededRandom(seed: 8)
        let last = Double.greatestFiniteMagnitude.bitPattern
        return (0..<count).map { _ in
            Double(bitPattern: UInt64.random(in: 1...last, using: &random))
        }
    }

    @Test("The error of e^x is below one unit in the last place")
    func exponential() {
        #expect(worst(numbers(-708...709.7), Elementary.exp, Glibc.exp) < bound)
        #expect(worst(numbers(-1...1), Elementary.exp, Glibc.exp) < bound)
        #expect(worst(numbers(-1e-9...1e-9, 100), Elementary.exp, Glibc.exp) < bound)
    }

    @Test("e^x is right at its limits and where the result is subnormal")
    func exponentialLimits() {
        #expect(Elementary.exp(0.0) == 1 && Elementary.exp(-0.0) == 1)
        #expect(Elementary.exp(Double.infinity) == .infinity && Elementary.exp(709.79) == .infinity)
        #expect(Elementary.exp(-Double.infinity) == 0 && Elementary.exp(-745.2) == 0)
        #expect(Elementary.exp(Double.nan).isNaN)
        for x in [-708.5, -720, -740, -745] {
            #expect(abs(Elementary.exp(x) - Glibc.exp(x)) <= .leastNonzeroMagnitude)
        }
        #expect(Elementary.exp(Float(89)) == .infinity && Elementary.exp(-Float.infinity) == 0)
    }

    @Test("The error of the logarithm is below one unit in the last place")
    func logarithm() {
        #expect(worst(numbers(1e-6...3), Elementary.log, Glibc.log) < bound)
        #expect(worst(numbers(0.7...1.5), Elementary.log, Glibc.log) < bound)
        #expect(worst(numbers(0.999999...1.000001), Elementary.log, Glibc.log) < bound)
        #expect(worst(patterns(), Elementary.log, Glibc.log) < bound)
    }

    @Test("The logarithm is right at its limits")
    func logarithmLimits() {
        #expect(Elementary.log(1.0) == 0 && Elementary.log(1.0).sign == .plus)
        #expect(Elementary.log(0.0) == -.infinity && Elementary.log(-0.0) == -.infinity)
        #expect(Elementary.log(Double.infinity) == .infinity)
        #expect(Elementary.log(-1.0).isNaN && Elementary.log(Double.nan).isNaN)
    }

    @Test(
        "The errors of sine and cosine are below one unit in the last place, up to the largest angle"
    )
    func angles() {
        let zeros = (1...200_000).map { Double($0) * (Double.pi / 2) }
        let all = [
            numbers(-0.8...0.8), numbers(-7...7), numbers(-0x1p24...0x1p24), zeros,
            numbers(-1e-9...1e-9, 100),
        ]
        for angles in all {
            #expect(worst(angles, Elementary.sin) { sine($0, quarters: 0) } < bound)
            #expect(worst(angles, Elementary.cos) { sine($0, quarters: 1) } < bound)
        }
    }

    /// The yardstick's own sine, or cosine for one quarter; where it reduces by a short pi, no better than its digits.
    private func sine(_ x: Wide, quarters: Int) -> Wide {
        quarters == 0 ? Glibc.sin(x) : Glibc.cos(x)
    }

    @Test("Sine and cosine are right at their limits")
    func angleLimits() {
        #expect(Elementary.sin(0.0) == 0 && Elementary.cos(0.0) == 1)
        for angle in [Double.nan, .infinity, -.infinity, 0x1.000002p24] {
            #expect(Elementary.sin(angle).isNaN && Elementary.cos(angle).isNaN)
        }
        #expect(Elementary.cos(Double.pi / 2) == 0x1.1a62633145c07p-54)
    }

    /// Floats of both signs and many exponents up to a limit.
    private func floats(upTo limit: Float) -> [Float] {
        stride(from: 0, through: limit.bitPattern, by: 40_013).flatMap {
            [Float(bitPattern: $0), -Float(bitPattern: $0)]
        }
    }

    @Test("Single precision is the nearest number")
    func singlePrecision() {
        for x in floats(upTo: 100) {
            #expect(Elementary.exp(x) == Float(Glibc.exp(Wide(x))))
            #expect(Elementary.tanh(x) == Float(Glibc.tanh(Wide(x))))
        }
        for x in floats(upTo: 0x1p24) {
            #expect(Elementary.sin(x) == Float(Glibc.sin(Wide(x))))
            #expect(Elementary.cos(x) == Float(Glibc.cos(Wide(x))))
        }
        for x in floats(upTo: .greatestFiniteMagnitude) where x > 0 {
            #expect(Elementary.log(x) == Float(Glibc.log(Wide(x))))
        }
    }

    @Test("Powers are the nearest numbers, and exact where they can be")
    func powers() {
        for base in [Float(2), 10, 10000, 500_000] {
            for step in 0...512 {
                let exponent = Float(step) / 256 - 1
                #expect(
                    Elementary.pow(base, exponent) == Float(Glibc.pow(Wide(base), Wide(exponent)))
                )
            }
        }
        #expect(Elementary.pow(7, 0) == 1 && Elementary.pow(0, 0) == 1 && Elementary.pow(0, 2) == 0)
        #expect(Elementary.pow(0, -2) == .infinity && Elementary.pow(31, 1) == 31)
        #expect(Elementary.pow(3, -1) == 1 / Float(3) && Elementary.pow(-1, 2).isNaN)
    }

    @Test("The hyperbolic tangent goes from -1 to 1")
    func tangent() {
        #expect(Elementary.tanh(.infinity) == 1 && Elementary.tanh(-.infinity) == -1)
        #expect(Elementary.tanh(0) == 0 && Elementary.tanh(.nan).isNaN)
    }
}
