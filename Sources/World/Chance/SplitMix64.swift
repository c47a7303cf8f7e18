/// A 64-bit generator with one word of state: the only source of chance in the world.
///
/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (OOPSLA 2014).
package struct SplitMix64: Hashable, Sendable {
    private var state: UInt64

    /// A generator that starts from a number.
    package init(seed: UInt64) {
        state = seed
    }

    /// The generator of one example of a data set: the seed's own stream, mixed with the index.
    package init(seed: UInt64, index: Int) {
        var first = SplitMix64(seed: seed)
        state = first.next() ^ (UInt64(truncatingIfNeeded: index) &* 0xd1b5_4a32_d192_ed03)
    }

    /// The next 64 bits.
    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// An integer in 0..<count, from the upper 32 bits.
    ///
    /// - Precondition: `count` is in 1...2³¹.
    package mutating func below(_ count: Int) -> Int {
        precondition((1...1 << 31).contains(count), "below \(count)")
        return Int(((next() >> 32) * UInt64(count)) >> 32)
    }

    /// One of the items, by one call of ``below(_:)``.
    ///
    /// - Precondition: There is at least one.
    package mutating func choice<Item>(_ items: [Item]) -> Item {
        items[below(items.count)]
    }
}
