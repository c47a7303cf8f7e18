internal import Images
internal import World

extension Verdict {
    mutating func judgePictures(_ example: Example, _ answers: [AnswerSegment]) {
        if example.assignment.isFree {
            // Nobody asked for one in so many words.
            if case .picture? = answers.first { add("draws", true) } else { add("draws", false) }
        }
        var chain = PictureChain(start: example.firstScene)
        for (index, scene) in example.drawnScenes.enumerated() {
            guard index < answers.count, case .picture(let picture) = answers[index] else {
                return chain.miss(&self)
            }
            let reading = chain.judge(picture.image, as: scene, &self)
            switch example.assignment {
            case .segmentationToImage:
                let overlap = scene.picture.regionOverlap(picture.image)
                add("region", overlap >= Self.leastRegionOverlap)
            case .editing, .freeEditing:
                add("others kept", reading.keepsOthers(from: example.firstScene, to: scene))
                judgeEdit(reading, from: example.firstScene, to: scene)
            default: break
            }
        }
    }

    mutating func judgeRounds(_ example: Example, _ answers: [AnswerSegment]) {
        var scene = example.firstScene
        var chain = PictureChain(start: scene)
        var rest = answers[...]
        for round in 0..<Example.roundCount {
            if round > 0 {
                var changed: Scene?
                if case .text(let words, let opensPicture)? = rest.first {
                    rest = rest.dropFirst()
                    changed = opensPicture ? scene.changed(by: words) : nil
                }
                add("sentences", changed != nil)
                scene = changed ?? scene
            }
            guard case .picture(let picture)? = rest.first else {
                add("sentences", false)
                return chain.miss(&self)
            }
            rest = rest.dropFirst()
            _ = chain.judge(picture.image, as: scene, &self)
        }
    }

    /// Least overlap of the foregrounds of a picture and of the true scene.
    private static let leastRegionOverlap = 0.8
}

/// Pictures that follow one another; what a change leaves alone must stay where it was drawn.
private struct PictureChain {
    private var scene: Scene
    private var reading: Reading?

    init(start: Scene) {
        scene = start
    }

    /// Notes that a picture was not drawn: nothing of it is right.
    func miss(_ verdict: inout Verdict) {
        for name in Reading.attributeNames { verdict.add(name, false) }
    }

    /// Reads the next picture and compares it with what it should show.
    mutating func judge(
        _ picture: RGBImage,
        as next: Scene,
        _ verdict: inout Verdict
    ) -> Reading {
        let found = Reading(of: picture)
        for (name, isRight) in found.attributes(of: next) { verdict.add(name, isRight) }
        verdict.judgeStrictly(found)
        if let reading {
            verdict.add("others kept", found.keepsOthers(of: reading, from: scene, to: next))
            verdict.addStrict("tone kept", found.keepsTone(of: reading.level))
        }
        (scene, reading) = (next, found)
        return found
    }
}

extension Example {
    /// The scene of the first picture, given or drawn.
    fileprivate var firstScene: Scene {
        for part in parts {
            switch part {
            case .picture(let scene, _), .segmentationMap(let scene): return scene
            case .text: continue
            }
        }
        preconditionFailure("every example has a picture")
    }
}
