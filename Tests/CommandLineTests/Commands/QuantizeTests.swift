import MMInterleaved
import ModelTestSupport
import TestSupport
import Testing

@testable import CommandLine

@Suite("quantize")
struct QuantizeTests {
    private let folder: TinyModelFolder
    private var directory: TemporaryDirectory { folder.directory }

    init() throws { folder = try TinyModelFolder() }

    private func failure(_ line: String) -> (text: String, status: Int32)? { folder.failure(line) }

    @Test("A file is written once, is a model for other commands, and is replaced only when asked")
    func writes() throws {
        let line = "quantize {}/tiny --profile w8a8 --keep fc2.weight=f32 -o {}/tiny.gguf"
        #expect(failure(line) == nil)
        #expect(try directory.fileNames() == ["tiny", "tiny.gguf", "tiny.gguf.sha256"])
        let model = try ModelCatalog.model(directory.path + "tiny.gguf")
        #expect(model.configuration == TinyModel.configuration)
        for use in [
            "inspect --check {}/tiny.gguf", "inspect --tensors {}/tiny.gguf",
            "tokenize --model {}/tiny.gguf dog",
            "score --model {}/tiny.gguf --input dog --option cat --option dog",
        ] {
            #expect(failure(use) == nil, "\(use)")
        }
        let again = try #require(failure(line))
        #expect(again.text == "Error: {}/tiny.gguf: is there already; --force replaces it")
        #expect(again.status == 1)
        #expect(failure("\(line) --force") == nil)
    }

    @Test("What cannot be quantised is told in a line, and leaves nothing behind")
    func refuses() throws {
        #expect(failure("quantize {}/tiny --profile bf16 -o {}/tiny.gguf") == nil)
        let file = try #require(
            failure("quantize {}/tiny.gguf --profile w8a8 -o {}/other.gguf")
        )
        #expect(file.text.hasPrefix("Error: {}/tiny.gguf: is a model file already"))
        let name = try #require(
            failure("quantize {}/tiny --profile w8a8 --keep absent=f32 -o {}/other.gguf")
        )
        #expect(name.text.contains("absent") && name.status == 1)
        let folder = try #require(failure("quantize {}/tiny --profile w8a8 -o {}/tiny --force"))
        #expect(folder.text == "Error: {}/tiny: is a folder")
        let profile = try #require(
            failure("score --model {}/tiny.gguf --profile w8a8 --input a --option b")
        )
        #expect(profile.text.contains("is of profile bf16"))
        #expect(try directory.fileNames() == ["tiny", "tiny.gguf", "tiny.gguf.sha256"])
    }

    @Test("Formats and profiles that there are not are wrong usage")
    func usage() throws {
        for line in [
            "quantize {}/tiny -o {}/other.gguf", "quantize {}/tiny --profile w1a1",
            "quantize {}/tiny --profile w8a8 --keep fc2.weight",
            "quantize {}/tiny --profile w8a8 --keep fc2.weight=int7",
        ] {
            #expect(failure(line)?.status == 64, "\(line)")
        }
    }
}
