/// Random numbers of loads that follow from a seed alone (SplitMix64).
///
/// - Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
package struct LoadRandom: RandomNumberGenerator, Hashable, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }

    /// A number from 0 up to, not including, 1.
    package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// A positive number, exponentially distributed.
    ///
    /// - Source: von Neumann, "Various techniques used in connection with random digits", 1951: the
    ///   length of a falling run of uniform numbers decides; no logarithm is needed.
    package mutating func exponential(mean: Double) -> Double {
        var whole = 0.0
        while true {
            let first = uniform()
            var last = first
            var runLength = 1
            while true {
                let next = uniform()
                guard next < last else { break }
                last = next
                runLength += 1
            }
            if runLength % 2 == 1 { return mean * (whole + first) }
            whole += 1
        }
    }
}
