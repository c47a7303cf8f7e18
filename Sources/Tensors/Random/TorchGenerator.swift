/// Random numbers as PyTorch's CPU generator draws them, so that a seed gives the same latents and
/// the same words.
///
/// The stream is MT19937. torch seeds it by the low 32 bits of a seed; so does this for seeds below 2^32, while
/// both halves of a larger one count, by the algorithm's own way to take a key of several words. A value of this type is the whole
/// state: a copy continues the same stream, with the same bits on every machine. `normal` agrees with torch within
/// 1e-6 (torch computes the logarithm, sine and cosine with vector approximations of its own), everything else bit
/// for bit up to the last place of the logarithm.
///
/// Source: the behaviour of `torch.Generator`, `torch.randn`, `torch.rand`, `Tensor.exponential_`
/// and `torch.multinomial` on float32 CPU tensors; checked against recorded draws.
package struct TorchGenerator: Sendable, Equatable {
    private var engine: MersenneTwister
    /// Second number of a Box-Muller pair of doubles, kept between draws of fewer than 16 elements.
    private var keptNormal: Double?

    /// Creates a generator, for seeds below 2^32 as `torch.Generator().manual_seed(seed)` does.
    package init(seed: UInt64) {
        let (low, high) = (UInt32(truncatingIfNeeded: seed), UInt32(seed >> 32))
        engine = high == 0 ? MersenneTwister(seed: low) : MersenneTwister(key: [low, high])
    }

    // MARK: - Words and uniform numbers

    /// One element of `torch.rand`: 24 random bits over 2^24, in [0, 1).
    package mutating func nextUniform() -> Float {
        Float(engine.next() & 0xff_ffff) * 0x1p-24
    }

    /// A uniform double of 53 random bits in [0, 1), from two words, the first one high.
    package mutating func nextUniformDouble() -> Double {
        let high = UInt64(engine.next())
        let low = UInt64(engine.next())
        return Double((high << 32 | low) & (1 << 53 - 1)) * 0x1p-53
    }

    /// `torch.rand(count)`.
    package mutating func uniform(count: Int) -> [Float] {
        (0..<count).map { _ in nextUniform() }
    }
}

// MARK: - Normal numbers

extension TorchGenerator {
    /// `torch.randn(count)`: standard normal numbers.
    package mutating func normal(count: Int) -> [Float] {
        var values = [Float](repeating: 0, count: count)
        var span = values.mutableSpan
        fillNormal(&span)
        return values
    }

    /// Fills `out` as `torch.randn` fills a contiguous float32 tensor of as many elements.
    ///
    /// From 16 elements on, blocks of 16 uniform numbers become 8 Box-Muller pairs, and a ragged
    /// tail draws the last 16 elements anew. Fewer are drawn one by one in double precision.
    package mutating func fillNormal(_ out: inout MutableSpan<Float>) {
        guard out.count >= 16 else {
            for index in out.indices {
                out[index] = Float(nextNormalDouble())
            }
            return
        }
        for index in out.indices {
            out[index] = nextUniform()
        }
        var start = 0
        while start + 16 <= out.count {
            Self.transformBlock(&out, start: start)
            start += 16
        }
        if start < out.count {
            start = out.count - 16
            for index in start..<out.count {
                out[index] = nextUniform()
            }
            Self.transformBlock(&out, start: start)
        }
    }

    /// Fills a contiguous matrix as `torch.randn` fills a tensor of as many elements, on every processor.
    ///
    /// Several matrices one after the other get the numbers of one of all their elements, where each has a multiple of 16
    /// elements, but for the last, which has at least 16.
    package mutating func fillNormal(_ out: Matrix) {
        let flat = out.reshaped(rows: 1, columns: out.count)
        guard out.count > Self.sharedCount else {
            return flat.withMutableRow(0) { fillNormal(&$0) }
        }
        flat.withMutableRow(0) { span in
            for index in span.indices { span[index] = nextUniform() }
        }
        let end = out.count / 16 * 16
        let starts = Array(stride(from: 0, to: end, by: Self.sharedCount))
        _ = concurrentMap(starts.count) { index in
            let range = starts[index]..<min(end, starts[index] + Self.sharedCount)
            flat.columns(range).withMutableRow(0) { span in
                for start in stride(from: 0, to: span.count, by: 16) {
                    Self.transformBlock(&span, start: start)
                }
            }
        }
        guard end < out.count else { return }
        flat.columns(out.count - 16..<out.count).withMutableRow(0) { span in
            for index in span.indices { span[index] = nextUniform() }
            Self.transformBlock(&span, start: 0)
        }
    }

    /// Numbers that one processor transforms at a time.
    private static let sharedCount = 1 << 16

    /// A full turn, rounded to nearest as in C; `2 * Float.pi` is an ulp less.
    private static let turn = Float(2 * Double.pi)

    /// Turns 16 uniform numbers into normal ones: element j and j + 8 are one pair.
    private static func transformBlock(_ out: inout MutableSpan<Float>, start: Int) {
        for index in start..<start + 8 {
            let radius = (-2 * Elementary.log(1 - out[index])).squareRoot()
            let angle = Self.turn * out[index + 8]
            out[index] = radius * Elementary.cos(angle)
            out[index + 8] = radius * Elementary.sin(angle)
        }
    }

    /// One normal number in double precision; every second one is the sine kept from the first.
    private mutating func nextNormalDouble() -> Double {
        if let kept = keptNormal {
            keptNormal = nil
            return kept
        }
        let turn = nextUniformDouble()
        // torch calls log1p; 1 minus a uniform number is exact, so this is the same.
        let radius = (-2 * Elementary.log(1 - nextUniformDouble())).squareRoot()
        let angle = 2 * Double.pi * turn
        keptNormal = radius * Elementary.sin(angle)
        return radius * Elementary.cos(angle)
    }
}

// MARK: - Exponential numbers and choices

extension TorchGenerator {
    /// One element of `Tensor.exponential_()` of float32: `-ln(1 - u)` of a 53-bit uniform `u`.
    ///
    /// This is torch's own path. Builds of torch 2.0 to 2.6 that use Intel's MKL seed another
    /// generator there, which is not followed.
    package mutating func nextExponential() -> Float {
        // The difference from 0 is never -0, by which a weight would be divided.
        Float(0 - Elementary.log(1 - nextUniformDouble()))
    }

    /// `torch.multinomial(probabilities, 1)`: the index of the largest `p / e`, `e` exponential.
    ///
    /// Draws one exponential number per entry, those of probability 0 included. Nothing of
    /// probability 0 is ever chosen. The first of equals wins.
    ///
    /// - Parameter probabilities: Weights >= 0; they need not sum to 1.
    /// - Returns: The index, or nil if no weight is positive.
    package mutating func chooseIndex(probabilities: Span<Float>) -> Int? {
        var best: Float = 0
        var choice: Int?
        for index in probabilities.indices {
            let score = probabilities[index] / nextExponential()
            if score > best {
                best = score
                choice = index
            }
        }
        return choice
    }
}
