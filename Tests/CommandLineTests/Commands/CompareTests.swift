import Files
import MMInterleaved
import TestSupport
import Testing

@testable import CommandLine

@Suite("compare")
struct CompareTests {
    private let folder: TinyModelFolder
    private var directory: TemporaryDirectory { folder.directory }

    init() throws { folder = try TinyModelFolder() }

    private func failure(_ line: String) -> (text: String, status: Int32)? { folder.failure(line) }

    @Test("Two models are compared as tables, JSON and a page")
    func compares() throws {
        #expect(failure("compare {}/tiny {}/tiny=w8a8") == nil)
        #expect(failure("compare {}/tiny {}/tiny=w8a8 --json --html {}/report.html") == nil)
        let page = try File.readText(directory.path + "report.html", maximumByteCount: 1 << 20)
        #expect(
            page.contains("Words were not compared") && page.contains("Pictures were not compared")
        )
    }

    @Test("quantize tells in a page what rounding cost")
    func quantizes() throws {
        let line = "quantize {}/tiny --profile w8a8 -o {}/tiny.gguf"
        let same = try #require(failure("\(line) --report {}/tiny.gguf"))
        #expect(same.text.contains("is the model file already"))
        #expect(try directory.fileNames() == ["tiny"])
        #expect(failure("\(line) --report {}/report.html") == nil)
        let page = try File.readText(directory.path + "report.html", maximumByteCount: 1 << 20)
        #expect(page.contains("int8") && page.contains("tiny.gguf"))
    }

    @Test("What stands behind the last = of a name is a profile")
    func arguments() throws {
        let plain = try ModelArgument("nano")
        #expect(plain.model == "nano" && plain.profile == .f32)
        let profiled = try ModelArgument("a=b/nano=w8a8")
        #expect(profiled.model == "a=b/nano" && profiled.profile == .w8a8)
        let folder = try ModelArgument("a=b/nano")
        #expect(folder.model == "a=b/nano" && folder.profile == .f32)
        let wrong = try #require(failure("compare {}/tiny {}/tiny=w8"))
        #expect(wrong.status == 64)
        #expect(
            wrong.text.hasPrefix(
                "Error: {}/tiny=w8: \"w8\" is none of the profiles f32, bf16, w8a8, w4a8"
            )
        )
    }

    @Test("Wrong usage is told with the flag and its limits")
    func usage() throws {
        for (flags, message) in [
            ("--tokens 0", "--tokens: \"0\" is not between 1 and 1024"),
            ("--steps 1001", "--steps: \"1001\" is not between 1 and 1000"),
            ("--workers 1025", "--workers: \"1025\" is not between 0 and 1024"),
            ("--prompts - --drawings -", "--prompts and --drawings cannot both be standard input"),
        ] {
            let wrong = try #require(failure("compare {}/tiny {}/tiny \(flags)"))
            #expect(wrong.status == 64 && wrong.text.contains(message), "\(flags)")
        }
        #expect(failure("compare {}/tiny")?.status == 64)
        #expect(failure("compare {}/tiny {}/absent")?.status == 1)
        #expect(failure("compare {}/tiny {}/tiny --html {}/")?.status == 1)
    }
}
