/// The 32-bit Mersenne Twister, MT19937, seeded by one word or by several.
///
/// The same words as `std::mt19937`, NumPy's legacy seeding and torch's CPU generator.
/// - Source: Matsumoto, Nishimura, "Mersenne Twister", ACM TOMACS 8 (1998); 2002 initialisation.
struct MersenneTwister: Sendable, Equatable {
    private static let wordCount = 624
    private static let middle = 397

    private var words: [UInt32]
    private var position: Int

    /// Creates a generator from the low 32 bits that its owner chose as seed.
    init(seed: UInt32) {
        words = [seed]
        words.reserveCapacity(Self.wordCount)
        var previous = seed
        for index in 1..<UInt32(Self.wordCount) {
            previous = 1_812_433_253 &* (previous ^ (previous >> 30)) &+ index
            words.append(previous)
        }
        position = Self.wordCount
    }

    /// Creates a generator from a key of words (`init_by_array` of the 2002 initialisation).
    ///
    /// - Precondition: The key is not empty and shorter than the state.
    init(key: [UInt32]) {
        precondition(!key.isEmpty && key.count < Self.wordCount, "a key of \(key.count) words")
        self.init(seed: 19_650_218)
        var index = 1
        func previous(_ words: [UInt32]) -> UInt32 {
            words[index - 1] ^ (words[index - 1] >> 30)
        }
        func advance(_ words: inout [UInt32]) {
            index += 1
            guard index == Self.wordCount else { return }
            words[0] = words[Self.wordCount - 1]
            index = 1
        }
        for step in 0..<Self.wordCount {
            let place = step % key.count
            words[index] =
                (words[index] ^ (previous(words) &* 1_664_525)) &+ key[place] &+ UInt32(place)
            advance(&words)
        }
        for _ in 1..<Self.wordCount {
            words[index] =
                (words[index] ^ (previous(words) &* 1_566_083_941)) &- UInt32(index)
            advance(&words)
        }
        words[0] = 0x8000_0000
    }

    /// The next word of the stream.
    mutating func next() -> UInt32 {
        if position == Self.wordCount {
            refill()
        }
        var word = words[position]
        position += 1
        word ^= word >> 11
        word ^= (word << 7) & 0x9d2c_5680
        word ^= (word << 15) & 0xefc6_0000
        return word ^ (word >> 18)
    }

    /// Replaces the state by the next one.
    ///
    /// Every word depends on its successor and the word 397
    /// further on, both modulo 624, so the three ranges spare the modulus.
    private mutating func refill() {
        let shift = Self.middle - Self.wordCount
        for index in 0..<Self.wordCount - Self.middle {
            words[index] =
                words[index + Self.middle] ^ Self.twist(words[index], words[index + 1])
        }
        for index in Self.wordCount - Self.middle..<Self.wordCount - 1 {
            words[index] = words[index + shift] ^ Self.twist(words[index], words[index + 1])
        }
        let last = Self.wordCount - 1
        words[last] = words[last + shift] ^ Self.twist(words[last], words[0])
        position = 0
    }

    private static func twist(_ high: UInt32, _ low: UInt32) -> UInt32 {
        let mixed = (high & 0x8000_0000) | (low & 0x7fff_ffff)
        return (mixed >> 1) ^ (low & 1 == 0 ? 0 : 0x9908_b0df)
    }
}
