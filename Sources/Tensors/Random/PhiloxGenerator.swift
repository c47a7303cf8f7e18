/// Counter-based normal numbers: Philox4x32-10 laid out as torch's CUDA `randn` lays it out.
///
/// Element `i` of draw `d` depends on (seed, d, i) alone: the counter is (d, 0, i, 0), the key the
/// seed, and the first two words of the block become one normal number by Box-Muller's sine. The
/// draws can therefore be computed in any order. Follows the recorded stream, which was computed
/// from the published algorithm and not recorded on a GPU.
///
/// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
package struct PhiloxGenerator: Sendable, Equatable {
    private let seed: UInt64
    /// Number of the next draw, the counter's first word.
    package private(set) var drawIndex: UInt32 = 0

    /// Creates a generator whose first draw has index 0.
    package init(seed: UInt64) {
        self.seed = seed
    }

    /// The next draw of `count` standard normal numbers.
    package mutating func normal(count: Int) -> [Float] {
        var values = [Float](repeating: 0, count: count)
        var span = values.mutableSpan
        fillNormal(&span)
        return values
    }

    /// Fills `out` with the next draw.
    package mutating func fillNormal(_ out: inout MutableSpan<Float>) {
        for index in out.indices {
            let block = Self.block(
                counter: SIMD4(drawIndex, 0, UInt32(truncatingIfNeeded: index), 0),
                key: seed
            )
            out[index] = Self.normal(block.x, block.y)
        }
        drawIndex &+= 1
    }

    /// One normal number from two words, as cuRAND's Box-Muller: the words become the middles of
    /// 2^32 equal intervals.
    private static func normal(_ first: UInt32, _ second: UInt32) -> Float {
        let uniform = Float(first) * 0x1p-32 + 0x1p-33
        // Rounded to nearest as in C; `Float.pi` is rounded down.
        let turn = Float(2 * Double.pi)
        let angle = Float(second) * (turn * 0x1p-32) + (turn * 0x1p-33)
        return (-2 * Elementary.log(uniform)).squareRoot() * Elementary.sin(angle)
    }

    /// The four words of one counter: ten rounds of Philox4x32.
    ///
    /// - Parameters:
    ///   - counter: The block's number, low word first.
    ///   - key: The seed, low half first.
    /// - Returns: 128 random bits.
    package static func block(counter: SIMD4<UInt32>, key: UInt64) -> SIMD4<UInt32> {
        // Four variables: a vector would be taken apart in every round.
        var (x, y, z, w) = (counter.x, counter.y, counter.z, counter.w)
        var low = UInt32(truncatingIfNeeded: key)
        var high = UInt32(truncatingIfNeeded: key >> 32)
        for _ in 0..<10 {
            let even = x.multipliedFullWidth(by: 0xd251_1f53)
            let odd = z.multipliedFullWidth(by: 0xcd9e_8d57)
            (x, z) = (odd.high ^ y ^ low, even.high ^ w ^ high)
            (y, w) = (odd.low, even.low)
            low &+= 0x9e37_79b9
            high &+= 0xbb67_ae85
        }
        return SIMD4(x, y, z, w)
    }
}
