internal import Images
package import World

extension Reading {
    /// Names of what ``attributes(of:)`` compares, in its order.
    package static let attributeNames = [
        "background", "count", "shape", "color", "size", "position",
    ]

    /// Which attributes of a picture are those of a scene; objects are compared in reading order.
    package func attributes(of scene: Scene) -> [(name: String, isRight: Bool)] {
        let isComplete = things.count == scene.things.count
        let pairs = zip(things, scene.things)
        let isRight = [
            background == scene.background,
            isComplete,
            isComplete && pairs.allSatisfy { $0.shape == $1.shape },
            isComplete && pairs.allSatisfy { $0.hue == $1.hue },
            isComplete && pairs.allSatisfy { $0.size == $1.size },
            isComplete && pairs.allSatisfy { $0.cell == $1.cell },
        ]
        return zip(Self.attributeNames, isRight).map { (name: $0, isRight: $1) }
    }

    /// Whether every object that a change leaves alone is where and as large as it was given.
    package func keepsOthers(from before: Scene, to after: Scene) -> Bool {
        after.things.filter(before.things.contains).allSatisfy { thing in
            let center = (x: Double(thing.center.x) / 16, y: Double(thing.center.y) / 16)
            return things.contains { seen in
                seen.shape == thing.shape && seen.size == thing.size && seen.hue == thing.hue
                    && seen.isNear(center.x, center.y)
            }
        }
    }

    /// Whether every object that a change leaves alone is where and as large as it was drawn before.
    package func keepsOthers(of earlier: Reading, from before: Scene, to after: Scene) -> Bool {
        let kept = Set(after.things.filter(before.things.contains).map(\.shape))
        let places = Dictionary(earlier.things.map { ($0.shape, $0) }, uniquingKeysWith: { $1 })
        return things.allSatisfy { seen in
            guard kept.contains(seen.shape), let place = places[seen.shape] else { return true }
            return seen.size == place.size && seen.isNear(place.x, place.y)
        }
    }
}

extension SeenThing {
    /// How far an object that was not touched may move, in pixels.
    private static let tolerance = 2.0

    fileprivate func isNear(_ x: Double, _ y: Double) -> Bool {
        max(abs(self.x - x), abs(self.y - y)) <= Self.tolerance
    }
}

extension RGBImage {
    /// Pixels in the foregrounds of both pictures, divided by those in the foreground of either.
    func regionOverlap(_ other: RGBImage) -> Double {
        let pairs = zip(foreground, other.foreground)
        let union = pairs.count { $0 || $1 }
        return union == 0 ? 1 : Double(pairs.count { $0 && $1 }) / Double(union)
    }
}
