/// Which objects a scene may have.
package enum Split: String, CaseIterable, Sendable {
    /// None that is held out of training.
    case train
    /// Only such.
    case unseen
    /// Scenes of `train` that training passes over as a whole.
    case reserved
}

/// A background and one or two objects, of distinct shapes, in reading order of their cells.
package struct Scene: Hashable, Sendable {
    /// What lies behind the objects.
    package let background: Background
    /// How light it is, 0...31.
    package let tone: Int
    /// The objects in reading order.
    package let things: [Thing]

    /// Makes a scene; objects are put in reading order.
    package init(background: Background, tone: Int, things: [Thing]) {
        self.background = background
        self.tone = tone
        self.things = things.sorted { $0.cell.rawValue < $1.cell.rawValue }
    }

    /// Draws a scene.
    ///
    /// - Parameters:
    ///   - random: Where chance comes from.
    ///   - most: Most objects, at least 1 and at most 3.
    ///   - split: Which pairs of shape and colour may be shown.
    /// - Source: Training/WORLD.md, Scenes.
    package init(using random: inout SplitMix64, most: Int = 2, split: Split) {
        repeat {
            self.init(anyUsing: &random, most: most, split: split)
        } while split == .reserved && !isReserved
    }

    private init(anyUsing random: inout SplitMix64, most: Int, split: Split) {
        let background = random.choice(Background.allCases)
        let tone = random.below(Background.tones.count)
        let count = 1 + random.below(most)
        var things: [Thing] = []
        while things.count < count {
            let thing = Thing(using: &random)
            guard thing.isHeldOut == (split == .unseen),
                !things.contains(where: thing.collides)
            else { continue }
            things.append(thing)
        }
        self.init(background: background, tone: tone, things: things)
    }

    /// Grey level of the background.
    package var level: Int { background.levels.lowerBound + tone }

    /// Whether training passes over it as a whole, one in eight; jitter and tone do not matter.
    package var isReserved: Bool {
        let code = things.reduce(0) { code, thing in
            let look =
                (thing.shape.rawValue * Hue.allCases.count + thing.hue.rawValue)
                * Size.allCases.count + thing.size.rawValue
            return 1000 * code + look * Cell.allCases.count + thing.cell.rawValue + 1
        }
        var random = SplitMix64(seed: UInt64(2 * code + background.rawValue))
        return random.below(8) == 0
    }

    /// The scene with other objects.
    package func with(_ things: [Thing]) -> Scene {
        Scene(background: background, tone: tone, things: things)
    }
}
