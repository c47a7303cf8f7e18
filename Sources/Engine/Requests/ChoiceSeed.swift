/// Seeds of the choices of one context.
package enum ChoiceSeed {
    /// The seed of a choice: the first has the request's own, later ones have seeds that look like those of no other
    /// request, below 2^53, which every JSON reader keeps exactly.
    ///
    /// A choice alone, asked for by its seed, is the same. Steps and mixing are SplitMix64's (Steele, Lea, Flood,
    /// "Fast splittable pseudorandom number generators", 2014).
    package static func derived(from seed: UInt64, index: Int) -> UInt64 {
        guard index > 0 else { return seed }
        return mixed(mixed(seed &+ step) &+ UInt64(index) &* step) >> 11
    }

    private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15

    private static func mixed(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
