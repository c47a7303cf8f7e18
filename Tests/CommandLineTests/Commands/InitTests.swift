import Foundation
import TestSupport
import Testing

@testable import CommandLine

@Suite("init")
struct InitTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func failure(_ line: String) -> String? {
        let arguments = line.split(separator: " ").map {
            $0.replacing("{}/", with: directory.path)
        }
        return Interleaved.failure(of: arguments.map { String($0) })
            .map { $0.text.replacing(directory.path, with: "{}/") }
    }

    @Test("A file is the one that quantize makes of the directory")
    func sameFile() throws {
        #expect(failure("init --shape small --seed 2 --output {}/small") == nil)
        #expect(failure("quantize {}/small --profile w4a8 -o {}/rounded.gguf") == nil)
        #expect(
            failure("init --shape small --seed 2 --profile w4a8 --output {}/once.gguf") == nil
        )
        let files = try ["rounded.gguf", "once.gguf"].map {
            try Data(contentsOf: URL(fileURLWithPath: directory.path + $0))
        }
        #expect(files[0] == files[1])
        #expect(failure("inspect --check {}/once.gguf") == nil)
        let line = "init --shape small --profile w8a8 --output {}/once.gguf"
        #expect(failure(line) == "Error: {}/once.gguf: is there already")
    }
}
