import Images
import Testing
import World

@Suite("The verifier reads scenes back from pixels")
struct ReadingTests {
    @Test("Misreads fewer than 1% of rendered scenes", arguments: Split.allCases)
    func readsRenderedScenes(split: Split) {
        var misread = 0
        for index in 0..<Self.sceneCount {
            var random = SplitMix64(seed: 900_001, index: index)
            let scene = Scene(using: &random, split: split)
            if !Self.agrees(Reading(of: scene.picture), scene) { misread += 1 }
        }
        #expect(misread * 100 < Self.sceneCount)
    }

    @Test("Reads scenes through noise, and its centres are right to a pixel")
    func readsNoisyScenes() {
        for index in 0..<20 {
            var random = SplitMix64(seed: 900_002, index: index)
            let scene = Scene(using: &random, split: .train)
            let noisy = scene.picture.pixels.map { sample in
                UInt8(min(max(Int(sample) + random.below(21) - 10, 0), 255))
            }
            let reading = Reading(of: RGBImage(width: 64, height: 64, pixels: noisy))
            #expect(Self.agrees(reading, scene), "scene \(index)")
            for (seen, thing) in zip(reading.things, scene.things) {
                #expect(abs(seen.x - Double(thing.center.x) / 16) <= 1)
                #expect(abs(seen.y - Double(thing.center.y) / 16) <= 1)
            }
        }
    }

    @Test("Sees no objects in an empty picture, and none in a few stray pixels")
    func readsNothing() {
        #expect(Reading(of: Self.plain(200)).things.isEmpty)
        #expect(Reading(of: Self.plain(200)).background == .light)
        #expect(Reading(of: Self.plain(30)).background == .dark)
        var pixels = Self.plain(200).pixels
        for pixel in [70, 71, 134, 135] { pixels[3 * pixel] = 0 }
        #expect(Reading(of: RGBImage(width: 64, height: 64, pixels: pixels)).things.isEmpty)
    }

    @Test("Reads a picture of another size as if it had the world's")
    func readsOtherSizes() {
        let thing = Thing(shape: .cross, hue: .blue, size: .large, cell: .center)
        let scene = Scene(background: .light, tone: 9, things: [thing])
        let large = scene.picture.resized(width: 128, height: 128, filter: .bicubic)
        #expect(Self.agrees(Reading(of: large), scene))
    }

    @Test("Reads any noise without failing")
    func readsAnyNoise() {
        for index in 0..<4 {
            var random = SplitMix64(seed: 900_003, index: index)
            let pixels = (0..<64 * 64 * 3).map { _ in UInt8(random.below(256)) }
            let reading = Reading(of: RGBImage(width: 64, height: 64, pixels: pixels))
            for seen in reading.things { #expect(seen.misfit.isFinite) }
        }
    }

    private static let sceneCount = 120

    private static func plain(_ level: UInt8) -> RGBImage {
        RGBImage(width: 64, height: 64, pixels: [UInt8](repeating: level, count: 64 * 64 * 3))
    }

    private static func agrees(_ reading: Reading, _ scene: Scene) -> Bool {
        reading.background == scene.background && reading.things.count == scene.things.count
            && zip(reading.things, scene.things).allSatisfy { seen, thing in
                seen.shape == thing.shape && seen.hue == thing.hue && seen.size == thing.size
                    && seen.cell == thing.cell
            }
    }
}
