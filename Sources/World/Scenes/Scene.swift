/// Which objects a scene may have.
package enum Split: String, CaseIterable, Sendable {
    /// None that is held out of training.
    case train
    /// Only such.
    case unseen
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
        let background = random.choice(Background.allCases)
        let tone = random.below(32)
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
    package var level: Int { (background == .light ? 216 : 16) + tone }

    /// The scene with other objects.
    package func with(_ things: [Thing]) -> Scene {
        Scene(background: background, tone: tone, things: things)
    }
}
