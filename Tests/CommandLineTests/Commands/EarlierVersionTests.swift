import Foundation
import JSON
import TestSupport
import Testing

@testable import CommandLine

/// Models in `Fixtures/written-by-0.1.0` were written once, by that version's `init` and `quantize`, and are not to be written again.
@Suite("Models of an earlier version")
struct EarlierVersionTests {
    private static let folder =
        Bundle.module.bundleURL.path
        + "/Fixtures/written-by-0.1.0/"

    private struct Answer: Decodable {
        struct Segment: Decodable {
            let text: String?
            let pixels: String?

            enum CodingKeys: String, CodingKey {
                case text
                case pixels = "pixels_sha256"
            }
        }
        let segments: [Segment]
    }

    @Test(
        "Of 0.1.0 are read, unharmed, and answer as they did",
        arguments: [
            ("directory", "7638b167fcc1304a6e09f8428726d8afbc73f6d80f7e1a2f0b7d1acf3f5838a4"),
            ("file.gguf", "6f034ab5db62124f700d8eb6e043aca16cb7e170a080b2a041bfd5749037332b"),
        ]
    )
    func answers(name: String, pixels: String) throws {
        let model = Self.folder + name
        #expect(Interleaved.failure(of: ["inspect", model, "--check"]) == nil)
        let output = try TemporaryDirectory()
        let path = output.path + "answer"
        let failure = Interleaved.failure(of: [
            "generate", "--model", model, "--request", Self.folder + "request.json",
            "--output", path,
        ])
        #expect(failure == nil)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path + "/answer.json"))
        let answer: Answer = try JSONParser.parse(Array(bytes)).decode()
        #expect(answer.segments.map(\.pixels) == [pixels, nil])
        #expect(answer.segments.map(\.text) == [nil, "l\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}%"])
    }
}
