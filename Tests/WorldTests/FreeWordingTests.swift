import Testing
import World

@Suite("Free wording and reserved scenes")
struct FreeWordingTests {
    @Test("One scene in eight is reserved, whatever its jitter and tone")
    func reservesScenes() throws {
        var count = 0
        for index in 0..<2000 {
            var random = SplitMix64(seed: 51, index: index)
            let scene = Scene(using: &random, split: .train)
            if scene.isReserved { count += 1 }
            var thing = scene.things[0]
            thing.jitterX = -thing.jitterX
            let other = Scene(
                background: scene.background,
                tone: 31 - scene.tone,
                things: [thing] + scene.things.dropFirst()
            )
            #expect(other.isReserved == scene.isReserved)
        }
        #expect((200...300).contains(count))
    }

    @Test("Scenes of the reserved split are reserved and have no held-out object")
    func drawsReservedScenes() {
        for index in 0..<200 {
            var random = SplitMix64(seed: 52, index: index)
            let scene = Scene(using: &random, split: .reserved)
            #expect(scene.isReserved && !scene.things.contains(where: \.isHeldOut))
        }
    }

    @Test("No gap is left in any phrase", arguments: Assignment.allCases.filter(\.isFree))
    func fillsGaps(assignment: Assignment) {
        for index in 0..<400 {
            let example = Example(assignment, seed: 53, index: index, split: .unseen)
            for case .text(let words, _) in example.parts {
                #expect(!words.contains("{") && !words.isEmpty)
            }
        }
    }

    @Test("Yes and no are as frequent as each other")
    func balancesYesAndNo() {
        let yes = (0..<1000).count { Example(.freeYesNo, seed: 54, index: $0).saidWords == " yes" }
        #expect((440...560).contains(yes))
    }

    @Test("An edit in free words leaves one or two objects, and something has changed")
    func editsScenes() {
        var counts: Set<Int> = []
        for index in 0..<200 {
            let example = Example(.freeEditing, seed: 55, index: index)
            guard case .picture(let before, false)? = example.parts.first else {
                Issue.record("no picture is given")
                continue
            }
            let after = example.drawnScenes[0]
            #expect(before != after && (1...2).contains(after.things.count))
            counts.insert(after.things.count - before.things.count)
        }
        #expect(counts == [-1, 0, 1])
    }
}
