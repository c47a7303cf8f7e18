import ArgumentParser
import Engine
import Files
import MMInterleaved
import ServiceAPI
import TestSupport
import Testing

@testable import CommandLine

@Suite struct GenerateTests {
    private static let configuration = try? ShapeCatalog.configuration("nano")

    private func call(_ arguments: [String]) throws -> InterleaveRequest {
        let command = try Generate.parse(arguments + ["--output", "out"])
        let configuration = try #require(Self.configuration)
        let document =
            try command.request.map { try RequestDocument(path: $0) }
            ?? RequestDocument(command.input)
        return try document.call(configuration, command.settings).request
    }

    private func write(_ text: String) throws -> (TemporaryDirectory, String) {
        let directory = try TemporaryDirectory()
        return (directory, try directory.write(Array(text.utf8), to: "request.json"))
    }

    @Test("Flags are stronger than the request's file, which keeps the rest")
    func flagsOverFile() throws {
        let (directory, path) = try write(
            """
            {"input": [{"type": "text", "text": "a"}], "seed": 3, "text": {"top_p": 0.7, "max_tokens": 9},
             "image": {"steps": 5}}
            """
        )
        defer { withExtendedLifetime(directory) {} }
        let request = try call([
            "--request", path, "--seed", "18446744073709551615", "--steps", "2", "--max-tokens",
            "4", "--guidance-scale", "2.5",
        ])
        #expect(request.seed == UInt64.max)
        #expect(request.picture.stepCount == 2)
        #expect(request.picture.guidanceScale == 2.5)
        #expect(request.text.maximumTokenCount == 4)
        #expect(request.text.topP == 0.7)
    }

    @Test("Without flags a file means what it says")
    func fileAlone() throws {
        let (directory, path) = try write(
            #"{"input": [{"type": "text", "text": "a"}], "seed": 3, "mode": "text"}"#
        )
        defer { withExtendedLifetime(directory) {} }
        let request = try call(["--request", path])
        #expect(request.seed == 3)
        #expect(request.mode == .text)
        #expect(request.timeout == nil)
    }

    @Test("Texts and pictures of the command line keep their order")
    func inputs() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write([0x89, 0x50, 1, 2], to: "a.png")
        let request = try call(["--input", "a photo of", "--input", "@\(path)", "--mode", "text"])
        #expect(request.input == [.text("a photo of"), .image([0x89, 0x50, 1, 2])])
        #expect(request.mode == .text)
    }

    @Test("A template of the model words the input")
    func template() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write([0x89, 0x50, 1, 2], to: "a.png")
        var configuration = try #require(Self.configuration)
        configuration.templates = [
            PromptTemplate(
                "caption",
                "Says.",
                [.image, .words("a photo of")],
                answer: .init(.text)
            )
        ]
        let command = try Generate.parse([
            "--input", "@\(path)", "--template", "caption", "--output", "out",
        ])
        let call = try RequestDocument(command.input).call(configuration, command.settings)
        #expect(call.request.input == [.image([0x89, 0x50, 1, 2]), .text("a photo of")])
        #expect(call.request.mode == .text && call.template == "caption")
    }

    @Test("A dry run is for a daemon")
    func dryRun() throws {
        let (directory, path) = try write(
            #"{"input": [{"type": "text", "text": "a"}], "dry_run": true}"#
        )
        defer { withExtendedLifetime(directory) {} }
        let error = #expect(throws: CommandError.self) { try call(["--request", path]) }
        #expect(error?.description.contains("dry_run") == true)
    }

    @Test("A picture that is not there is named with the reason")
    func missingPicture() {
        let error = #expect(throws: FileError.self) { try call(["--input", "@/nowhere.png"]) }
        #expect(error?.description == "/nowhere.png: cannot be read: No such file or directory")
    }

    @Test("An error of the file is the file's, one of a flag names its field")
    func errors() throws {
        let (directory, path) = try write(
            #"{"input": [{"type": "text", "text": "a"}], "colour": "red"}"#
        )
        defer { withExtendedLifetime(directory) {} }
        let ofFile = #expect(throws: CommandError.self) {
            try call(["--request", path, "--seed", "1"])
        }
        #expect(ofFile?.description.hasPrefix("\(path): ") == true)
        #expect(ofFile?.description.contains("colour") == true)
        let ofFlag = #expect(throws: CommandError.self) {
            try call(["--input", "a", "--max-tokens", "5000"])
        }
        #expect(ofFlag?.description.contains("with the flags") == true)
        #expect(ofFlag?.description.contains("text.max_tokens") == true)
        let meaningless = #expect(throws: CommandError.self) {
            try call(["--input", "a", "--mode", "image", "--max-tokens", "7"])
        }
        #expect(meaningless?.description.contains("text") == true)
    }

    @Test(
        "What is asked is one thing",
        arguments: [
            [], ["--input", "a", "--request", "r.json"], ["--request", "r", "--annotations", "a"],
        ]
    )
    func oneSource(arguments: [String]) {
        #expect(throws: (any Error).self) { try Generate.parse(arguments + ["--output", "out"]) }
    }
}
