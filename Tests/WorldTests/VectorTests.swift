import Foundation
import Images
import Testing
import World

@Suite("The world is that of the training code, bit for bit")
struct VectorTests {
    @Test("Scenes, sentences, tasks and pixels equal the recorded vectors")
    func equalsVectors() throws {
        let file = try #require(
            Bundle.module.url(
                forResource: "vectors",
                withExtension: "txt",
                subdirectory: "Fixtures"
            )
        )
        let expected = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        let found = Self.lines
        #expect(found.count == expected.count)
        for (found, expected) in zip(found, expected) { #expect(found == expected) }
    }

    @Test("The checksum is that of the vectors")
    func usesUsualChecksum() {
        // The check value of CRC-32/ISO-HDLC.
        #expect(checksum(Array("123456789".utf8)) == "cbf43926")
    }

    private static var lines: [String] {
        var random = SplitMix64(seed: 1)
        let words = (0..<3).map { _ in hexadecimal(random.next(), digits: 16) }
        random = SplitMix64(seed: 1, index: 2)
        let numbers = (0..<8).map { _ in String(random.below(100)) }
        var lines = [
            "SplitMix64(1): \(words.joined(separator: " "))",
            "stream(1, 2).below(100): [\(numbers.joined(separator: ", "))]",
        ]
        for split in Split.allCases { lines += (0..<4).map { line(scene: $0, split) } }
        for assignment in Assignment.allCases {
            lines.append(assignment.rawValue)
            // Of the free suites more, as they have more forms.
            for index in 0..<(assignment.isFree ? 12 : 1) {
                lines += Example(assignment, seed: 7, index: index).parts.map(line)
            }
        }
        return lines
    }

    private static func line(scene index: Int, _ split: Split) -> String {
        var random = SplitMix64(seed: 7, index: index)
        let scene = Scene(using: &random, split: split)
        let things = scene.things.map { thing in
            "(\(thing.shape.rawValue), \(thing.hue.rawValue), \(thing.size.rawValue), "
                + "\(thing.cell.rawValue), \(thing.jitterX), \(thing.jitterY))"
        }
        return "make_scene(stream(7, \(index)), 2, \(split.rawValue)): level \(scene.level) "
            + "[\(things.joined(separator: ", "))] crc \(checksum(scene.picture.pixels)) "
            + "map \(checksum(scene.segmentationMap.pixels))"
    }

    private static func line(part: Example.Part) -> String {
        switch part {
        case .text(let words, let isSaid): "  \(isSaid ? "says " : "given") '\(words)'"
        case .picture(let scene, let isDrawn):
            "  \(isDrawn ? "draws" : "given") crc \(checksum(scene.picture.pixels))"
        case .segmentationMap(let scene):
            "  given crc \(checksum(scene.segmentationMap.pixels))"
        }
    }
}
