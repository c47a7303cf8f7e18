internal import World

/// An object that a change leaves alone: how far from its cell's centre it was given, and drawn, in pixels.
package struct KeptOffset: Hashable, Sendable {
    /// As it was given, x and y.
    package let given: [Double]
    /// As it was drawn.
    package let drawn: [Double]
}

extension Verdict {
    /// What is looked at in every picture, whatever it should show.
    mutating func judgeStrictly(_ reading: Reading) {
        let things = reading.things
        addStrict("palette", things.allSatisfy { $0.colorError <= Self.mostColorError })
        addStrict("outline", things.allSatisfy { $0.misfit <= Self.mostMisfit })
        addStrict("in its place", things.allSatisfy(\.isNearItsCell))
        addStrict("background grey", reading.hasTone)
        addStrict("nothing else", reading.strayCount <= Self.mostStrayCount)
    }

    /// What is looked at in a changed picture that was given.
    mutating func judgeEdit(_ reading: Reading, from before: Scene, to after: Scene) {
        addStrict("tone kept", reading.keepsTone(of: Double(before.level)))
        for thing in after.things where before.things.contains(thing) {
            guard
                let seen = reading.things.first(where: {
                    $0.shape == thing.shape && $0.cell == thing.cell
                })
            else { continue }
            let center = thing.cell.center
            keptOffsets.append(
                KeptOffset(
                    given: [Double(thing.jitterX) / 16, Double(thing.jitterY) / 16],
                    drawn: [seen.x - center.x, seen.y - center.y]
                )
            )
        }
    }

    /// Levels of a channel that an object's colour may be off the palette's.
    private static let mostColorError = 32.0
    /// Of the best template: half of what a small diamond's outline differs from a small cross's, the two that people
    /// mix up; rendered objects have at most 0.04.
    private static let mostMisfit = 0.07
    /// Pixels that may stand out without being of an object.
    private static let mostStrayCount = 3
}

extension SeenThing {
    /// Farthest that a centre may lie from its cell's, in pixels; rendered ones lie within one.
    private static let farthest = 4.0

    fileprivate var isNearItsCell: Bool {
        let center = cell.center
        return max(abs(x - center.x), abs(y - center.y)) <= Self.farthest
    }
}

extension Reading {
    /// Grey level of the background.
    var level: Double { ground.reduce(0, +) / 3 }

    /// Whether the background is grey, and in its range.
    fileprivate var hasTone: Bool {
        let levels = background.levels
        let spread = ground.reduce(0) { max($0, $1) } - ground.reduce(255) { min($0, $1) }
        return spread <= Self.mostSpread && level >= Double(levels.lowerBound) - Self.mostToneError
            && level <= Double(levels.upperBound) + Self.mostToneError
    }

    /// Whether the background is as light as it was; a range of tones has 32 levels.
    func keepsTone(of earlier: Double) -> Bool { abs(level - earlier) <= Self.mostToneError }

    /// Levels of the background that nobody sees.
    private static let mostToneError = 6.0
    /// Levels between the channels of what is still called grey.
    private static let mostSpread = 8.0
}
