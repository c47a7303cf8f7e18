/// One step of a story: what happens to which object.
package struct Change: Hashable, Sendable {
    /// What of an object can change.
    package enum Kind: String, CaseIterable, Sendable {
        case color, cell, size, shape
    }

    /// What changes.
    package let kind: Kind
    /// The object as it was.
    package let before: Thing
    /// The object as it is afterwards.
    package let after: Thing
}

extension Scene {
    /// Draws a change: its kind, the object, then the new value, until it differs and fits.
    ///
    /// A moved object keeps its jitter. The split says whether the changed object may be held out of
    /// training: freely in `unseen`, else never.
    package func changed(
        using random: inout SplitMix64,
        split: Split
    ) -> (scene: Scene, change: Change) {
        while true {
            let kind = random.choice(Change.Kind.allCases)
            let index = random.below(things.count)
            let before = things[index]
            var after = before
            switch kind {
            case .color: after.hue = random.choice(Hue.allCases)
            case .cell: after.cell = random.choice(Cell.allCases)
            case .size: after.size = before.size.other
            case .shape: after.shape = random.choice(Shape.allCases)
            }
            guard !(split != .unseen && after.isHeldOut),
                let scene = replacing(index, by: after)
            else { continue }
            return (scene, Change(kind: kind, before: before, after: after))
        }
    }

    /// The scene with one object replaced; nil if nothing changes or another object is in the way.
    package func replacing(_ index: Int, by thing: Thing) -> Scene? {
        var others = things
        let before = others.remove(at: index)
        guard thing != before, !others.contains(where: thing.collides) else { return nil }
        return with(others + [thing])
    }
}
