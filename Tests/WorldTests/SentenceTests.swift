import Testing
import World

@Suite("Sentences and what they mean")
struct SentenceTests {
    private let scene = Scene(
        background: .dark,
        tone: 0,
        things: [
            Thing(shape: .star, hue: .red, size: .small, cell: .top),
            Thing(shape: .cross, hue: .blue, size: .large, cell: .left),
        ]
    )

    @Test("A canonical sentence makes the scene that it was said of")
    func readsOwnSentences() {
        for index in 0..<300 {
            var random = SplitMix64(seed: 31, index: index)
            let scene = Scene(using: &random, split: .unseen)
            let (after, change) = scene.changed(using: &random, split: .unseen)
            var wording = Wording.canonical
            #expect(scene.changed(by: " \(change.phrase(&wording)) ") == after)
        }
    }

    @Test(
        "A sentence that is no possible change changes nothing",
        arguments: [
            "", "now", "now the star", "now the star is", "now the star is red",
            "now the star is small", "now the circle is red", "then the star is blue",
            "now the star is pink", "now the star moves to the left",
            "now the star becomes a cross",
            "now the star becomes a star", "now the star moves to the middle",
            "now the star moves to the", "now the star  is blue", "now the star is blue now",
            "now the star becomes an ellipse", "now the star is top",
        ]
    )
    func refusesOtherSentences(sentence: String) {
        #expect(scene.changed(by: sentence) == nil)
    }

    @Test("A scene with one object moved is in reading order")
    func keepsReadingOrder() throws {
        let after = try #require(scene.changed(by: "now the star moves to the bottom right"))
        #expect(after.things.map(\.shape) == [.cross, .star])
    }

    @Test("A box survives its words, and other words are none")
    func readsBoxes() throws {
        let box = scene.things[0].box
        let read = try #require(Box(words: " \(box.words)</box> and more"))
        #expect(read == Box(words: "\(box.words)</box>"))
        #expect(read.left == box.left * 999 / 1024)
        #expect(read.overlap(read) == 1)
        for words in ["", box.words, "(1,2)(3,4)</box>", "x\(box.words)</box>"] {
            #expect(Box(words: words) == nil)
        }
    }

    @Test("Boxes that share a third of their area overlap by a third, and distant ones not at all")
    func overlaps() {
        let first = Box(left: 0, top: 0, right: 20, bottom: 10)
        #expect(first.overlap(Box(left: 10, top: 0, right: 30, bottom: 10)) == 1.0 / 3)
        #expect(first.overlap(Box(left: 20, top: 0, right: 30, bottom: 10)) == 0)
    }
}
