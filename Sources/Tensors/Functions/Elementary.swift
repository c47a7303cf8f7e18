/// Exponential, logarithm, sine, cosine and relatives whose bits no machine and no library changes.
///
/// IEEE 754 fixes addition, subtraction, multiplication, division and square root to the last bit, but none of these
/// functions: two C libraries, or two versions of one, round them differently. So whatever reaches an answer takes these,
/// which are made of the fixed operations alone; Swift never joins a multiplication and an addition by itself.
///
/// In double precision the error is below one unit in the last place (ulp). The single-precision versions round results
/// of double precision, so they give the nearest number for all but about one argument in 2^28.
///
/// Polynomials are Taylor's, long enough that what they leave out is below 2^-56 of the result.
package enum Elementary {
    /// Upper 32 bits of ln 2, so that its products with whole numbers below 2^21 are exact, and the rest.
    private static let ln2 = (high: 0x1.62e42feep-1, low: 0x1.a39ef35793c76p-33)
    /// Adding it leaves the nearest whole number in the low bits.
    private static let shift = 0x1.8p52

    // MARK: - Exponential and logarithm

    /// e^x, with an error below 1 ulp where the result is normal, else of one step.
    ///
    /// x = n ln 2 + r with |r| <= ln 2 / 2.
    package static func exp(_ x: Double) -> Double {
        // Written so that NaN passes.
        if x > 710 { return .infinity }
        if x < -746 { return 0 }
        if x.isNaN { return x }
        let shifted = x * 0x1.71547652b82fep0 + shift
        let whole = shifted - shift
        // Exact, since both are close or `whole` is 0.
        let near = x - whole * ln2.high
        let rest = whole * ln2.low
        let r = near - rest
        let lost = (near - r) - rest
        // (e^r - 1 - r) / r^2
        var q: Double = 1 / 87_178_291_200
        q = q * r + 1 / 6_227_020_800
        q = q * r + 1 / 479_001_600
        q = q * r + 1 / 39_916_800
        q = q * r + 1 / 3_628_800
        q = q * r + 1 / 362_880
        q = q * r + 1 / 40_320
        q = q * r + 1 / 5040
        q = q * r + 1 / 720
        q = q * r + 1 / 120
        q = q * r + 1 / 24
        q = q * r + 1 / 6
        q = q * r + 0.5
        let y = 1 + (r + (r * r * q + lost))
        // Two factors, as n runs from -1076 to 1024.
        let n = Int(whole)
        return y * power(ofTwo: n >> 1) * power(ofTwo: n - n >> 1)
    }

    /// ln x, with an error below 1 ulp; -infinity of 0, NaN below.
    ///
    /// x = 2^n m with sqrt(1/2) <= m < sqrt 2; with f = m - 1 and s = f / (2 + f), ln m = 2 artanh s = f - s (f - p).
    package static func log(_ x: Double) -> Double {
        guard x > 0 else { return x == 0 ? -.infinity : .nan }
        guard x < .infinity else { return x }
        let isSubnormal = x < .leastNormalMagnitude
        let x = isSubnormal ? x * 0x1p54 : x
        let steps = Int64(bitPattern: x.bitPattern &- 0.5.squareRoot().bitPattern) >> 52
        let f = Double(bitPattern: x.bitPattern &- UInt64(bitPattern: steps << 52)) - 1
        let s = f / (2 + f)
        let z = s * s
        // 2 artanh(s) / s - 2
        var p: Double = 2 / 21
        p = p * z + 2 / 19
        p = p * z + 2 / 17
        p = p * z + 2 / 15
        p = p * z + 2 / 13
        p = p * z + 2 / 11
        p = p * z + 2 / 9
        p = p * z + 2 / 7
        p = p * z + 2 / 5
        p = p * z + 2 / 3
        p *= z
        let n = Double(isSubnormal ? steps - 54 : steps)
        return n * ln2.high - ((s * (f - p) - n * ln2.low) - f)
    }

    /// The nearest number to e^x.
    package static func exp(_ x: Float) -> Float { Float(exp(Double(x))) }

    /// The nearest number to ln x.
    package static func log(_ x: Float) -> Float { Float(log(Double(x))) }

    /// The nearest number to x^y of x >= 0; NaN below.
    package static func pow(_ x: Float, _ y: Float) -> Float {
        y == 0 ? 1 : Float(exp(Double(y) * log(Double(x))))
    }

    /// The nearest number to the hyperbolic tangent.
    package static func tanh(_ x: Float) -> Float {
        let x = Double(x)
        let square = x * x
        // 1 - e^(-2 |x|) has lost its digits here.
        if square < 1e-4 {
            return Float(x - x * square * (1 / 3 - square * (2 / 15 - square * (17 / 315))))
        }
        let power = exp(-2 * x.magnitude)
        let tangent = (1 - power) / (1 + power)
        return Float(x < 0 ? -tangent : tangent)
    }

    private static func power(ofTwo exponent: Int) -> Double {
        Double(bitPattern: UInt64(1023 + exponent) << 52)
    }
}

// MARK: - Sine and cosine

extension Elementary {
    /// Beyond it, sines and cosines are NaN.
    package static let largestAngle = 0x1p24

    /// sin x, with an error below 1 ulp; NaN where |x| > 2^24.
    package static func sin(_ x: Double) -> Double {
        let angle = Angle(x)
        return angle.isSwapped ? angle.cosine : angle.sine
    }

    /// cos x, with an error below 1 ulp; NaN where |x| > 2^24.
    package static func cos(_ x: Double) -> Double {
        let angle = Angle(x, quarters: 1)
        return angle.isSwapped ? angle.cosine : angle.sine
    }

    /// The nearest number to sin x; NaN where |x| > 2^24.
    package static func sin(_ x: Float) -> Float { Float(sin(Double(x))) }

    /// The nearest number to cos x; NaN where |x| > 2^24.
    package static func cos(_ x: Float) -> Float { Float(cos(Double(x))) }
}

/// An angle as a number of quarter turns and what is left, at most an eighth of a turn, to 2^-110.
private struct Angle {
    private let high: Double
    /// What `high` is short of.
    private let low: Double
    private let quadrant: UInt64

    /// Pieces of pi/2: the products of the first three with whole numbers below 2^24 are exact.
    private static let pieces = (
        0x1.921fb54p0, 0x1.10b4611p-30, 0x1.4c4c662p-59, 0x1.1701b839a252p-88
    )

    /// Takes `x` plus a number of quarter turns.
    init(_ x: Double, quarters: UInt64 = 0) {
        guard x.magnitude <= Elementary.largestAngle else {
            (high, low, quadrant) = (.nan, 0, 0)
            return
        }
        let shift = 0x1.8p52
        let shifted = x * 0x1.45f306dc9c883p-1 + shift
        let whole = shifted - shift
        quadrant = (shifted.bitPattern &+ quarters) & 3
        // The first difference is exact, since both terms are close or `whole` is 0.
        let (first, firstRest) = Self.difference(x - whole * Self.pieces.0, whole * Self.pieces.1)
        let (second, secondRest) = Self.difference(first, whole * Self.pieces.2)
        let rest = firstRest + secondRest - whole * Self.pieces.3
        high = second + rest
        low = (second - high) + rest
    }

    /// Whether the sine of the angle is the cosine of what is left.
    var isSwapped: Bool { quadrant & 1 == 1 }

    /// sin(left), with the quadrant's sign.
    var sine: Double {
        let z = high * high
        // (sin r / r - 1) / r^2
        var p: Double = 1 / 355_687_428_096_000
        p = p * z - 1 / 1_307_674_368_000
        p = p * z + 1 / 6_227_020_800
        p = p * z - 1 / 39_916_800
        p = p * z + 1 / 362_880
        p = p * z - 1 / 5040
        p = p * z + 1 / 120
        p = p * z - 1 / 6
        return signed(high + (high * z * p + low * (1 - 0.5 * z)))
    }

    /// cos(left), with the quadrant's sign.
    var cosine: Double {
        let z = high * high
        // (cos r - 1 + r^2 / 2) / r^4
        var q: Double = -1 / 6_402_373_705_728_000
        q = q * z + 1 / 20_922_789_888_000
        q = q * z - 1 / 87_178_291_200
        q = q * z + 1 / 479_001_600
        q = q * z - 1 / 3_628_800
        q = q * z + 1 / 40_320
        q = q * z - 1 / 720
        q = q * z + 1 / 24
        let half = 0.5 * z
        let near = 1 - half
        return signed(near + (((1 - near) - half) + (z * z * q - high * low)))
    }

    private func signed(_ value: Double) -> Double { quadrant & 2 == 0 ? value : -value }

    /// a - b as the nearest number and what that is short of.
    private static func difference(_ a: Double, _ b: Double) -> (nearest: Double, rest: Double) {
        let nearest = a - b
        let taken = a - nearest
        return (nearest, (taken - b) + (a - (nearest + taken)))
    }
}
