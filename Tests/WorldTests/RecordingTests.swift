import Foundation
import Images
import Testing
import World

@Suite("Examples and readings are those of the training code")
struct RecordingTests {
    @Test("Examples of all tasks and splits equal the recorded ones")
    func equalsExamples() throws {
        for line in try Self.lines("examples") {
            let fields = line.split(separator: "|", maxSplits: 3).map(String.init)
            let assignment = try #require(Assignment(rawValue: fields[0]))
            let split = try #require(Split(rawValue: fields[1]))
            let index = try #require(Int(fields[2]))
            let example = Example(assignment, seed: 41, index: index, split: split)
            #expect(example.parts.map(Self.describe).joined(separator: "|") == fields[3])
        }
    }

    @Test("Readings of damaged pictures equal the recorded ones")
    func equalsReadings() throws {
        for line in try Self.lines("readings") {
            let fields = line.split(separator: " ", maxSplits: 3).map(String.init)
            let noise = try #require(Int(fields[0]))
            let index = try #require(Int(fields[1]))
            let picture = Self.damaged(index, noise: noise)
            #expect(checksum(picture.pixels) == fields[2])
            let reading = Reading(of: picture)
            let things = reading.things.map { seen in
                "(\(seen.shape.rawValue), \(seen.hue.rawValue), \(seen.size.rawValue), "
                    + "\(seen.cell.rawValue), \(Int(16 * seen.x)), \(Int(16 * seen.y)), "
                    + "\(Self.rounded(100 * seen.misfit)), \(Self.rounded(seen.colorError)))"
            }
            let ground = reading.ground.map { String(Self.rounded(2 * $0)) }
            #expect(
                "\(reading.background.rawValue) [\(things.joined(separator: ", "))] "
                    + "[\(ground.joined(separator: ", "))] \(reading.strayCount)" == fields[3],
                "noise \(noise), picture \(index)"
            )
        }
    }

    private static func rounded(_ number: Double) -> Int {
        Int(number.rounded(.toNearestOrEven))
    }

    private static func lines(_ name: String) throws -> [Substring] {
        let file = try #require(
            Bundle.module.url(forResource: name, withExtension: "txt", subdirectory: "Fixtures")
        )
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        try #require(lines.count > 90)
        return lines
    }

    private static func describe(_ part: Example.Part) -> String {
        switch part {
        case .text(let words, let isSaid): (isSaid ? "says:" : "given:") + words
        case .picture(let scene, let isDrawn):
            (isDrawn ? "draws:" : "given:") + checksum(scene.picture.pixels)
        case .segmentationMap(let scene): "given:" + checksum(scene.segmentationMap.pixels)
        }
    }

    /// Two scenes mixed unevenly, with noise; as in make_readings.py.
    private static func damaged(_ index: Int, noise: Int) -> RGBImage {
        var random = SplitMix64(seed: 43, index: index)
        let first = Scene(using: &random, split: .train).picture.pixels
        let second = Scene(using: &random, split: .unseen).picture.pixels
        let weight = random.below(3)
        let pixels = zip(first, second).map { first, second in
            let mixed = (Int(first) * (8 - weight) + Int(second) * weight) / 8
            return UInt8(min(max(mixed + random.below(2 * noise + 1) - noise, 0), 255))
        }
        return RGBImage(width: 64, height: 64, pixels: pixels)
    }
}
