extension Example {
    /// A scene in free words, then the picture.
    static func freeTextToImage(_ scene: Scene, _ random: inout SplitMix64) -> Example {
        var parts: [String] = []
        for thing in scene.things {
            let form = random.choice(FreeWording.thingForms)
            parts.append(thing.freePhrase(form, using: &random))
        }
        if random.below(2) == 1 { parts.reverse() }
        var words = parts.joined(separator: random.choice(FreeWording.joints))
        let ground = random.choice(scene.background.synonyms)
        words = FreeWording.filled(
            random.choice(FreeWording.groundForms),
            ["words": words, "g": ground]
        )
        words = FreeWording.filled(random.choice(FreeWording.carriers), ["words": words])
        words = FreeWording.written(words, using: &random)
        return Example(
            .freeTextToImage,
            [.text(words, isSaid: false), .picture(scene, isDrawn: true)]
        )
    }

    /// A picture and a change in free words; three in ten add the second object or take one of two away.
    static func freeEditing(
        _ scene: Scene,
        _ random: inout SplitMix64,
        _ split: Split
    ) -> Example {
        let after: Scene
        let words: String
        if random.below(10) >= 3 {
            let change: Change
            (after, change) = scene.changed(using: &random, split: split)
            words = request(for: change, &random)
        } else if scene.things.count > 1 {
            let gone = random.choice(scene.things)
            after = scene.with(scene.things.filter { $0 != gone })
            let phrase = random.choice(FreeWording.removals)
            words = FreeWording.filled(phrase, ["ref": gone.freeName(using: &random)])
        } else {
            var new = Thing(using: &random)
            while scene.things.contains(where: new.collides)
                || new.isHeldOut != (split == .unseen)
            {
                new = Thing(using: &random)
            }
            after = scene.with(scene.things + [new])
            let phrase = random.choice(FreeWording.additions)
            let name = new.freePhrase("a {s} {c} {sh} in the {pl}", using: &random)
            words = FreeWording.filled(phrase, ["new": name])
        }
        return Example(
            .freeEditing,
            [
                .picture(scene, isDrawn: false),
                .text(FreeWording.written(words, using: &random), isSaid: false),
                .picture(after, isDrawn: true),
            ]
        )
    }

    private static func request(for change: Change, _ random: inout SplitMix64) -> String {
        let value =
            switch change.kind {
            case .color: change.after.hue.word
            case .size: change.after.size.word
            case .shape: change.after.shape.word
            case .cell: change.after.cell.freeName(using: &random)
            }
        let phrase = random.choice(FreeWording.changes(of: change.kind))
        let name = change.before.freeName(using: &random)
        return FreeWording.filled(phrase, ["ref": name, "to": value])
    }
}
