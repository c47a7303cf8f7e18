import Engine
import Files
import JSON
import MMInterleaved
import ModelTestSupport
import Tensors
import TestSupport
import Testing
import Tokenization

@testable import CommandLine

@Suite("Comparison of models")
struct ComparisonTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try write("tiny", TinyModel.configuration)
    }

    private func write(
        _ name: String,
        _ configuration: ModelConfiguration,
        tokenizer: [UInt8] = TinyModel.tokenizerBytes
    ) throws {
        try ModelDirectory.writeRandom(
            configuration,
            weights: RandomParameters(seed: 1),
            format: .bfloat16,
            tokenizer: tokenizer,
            path: directory.path + name
        ) { _ in }
    }

    private func model(_ name: String) throws -> ComparedModel {
        try ComparedModel(argument: directory.path + name)
    }

    /// Two prompts in words, two pictures of two steps.
    private func comparison(_ first: String, _ second: String) throws -> Comparison {
        var comparison = try Comparison(model(first), model(second))
        let path = try directory.write(Array("a dog\n\na cat\n".utf8), to: "prompts.txt")
        comparison.prompts = try ComparisonPrompt.prompts(in: path, "--prompts")
        comparison.drawings = comparison.prompts
        comparison.tokenCount = 4
        comparison.stepCount = 2
        comparison.workerCount = 1
        return comparison
    }

    @Test("A model differs in nothing from itself")
    func itself() throws {
        let report = try comparison("tiny", "tiny=f32").run()
        #expect(report.weights.differing.isEmpty && report.weights.worst.isEmpty)
        #expect(report.weights.all.error.normalized == 0)
        let words = try #require(report.words)
        #expect(words.texts.map(\.prompt) == ["a dog", "a cat"])
        #expect(words.all.largest == 0 && words.all.agreement == 1)
        #expect((2...8).contains(words.all.positionCount))
        let pictures = try #require(report.pictures)
        #expect(pictures.pairs.map(\.seed) == [0, 1])
        #expect(pictures.smallest == .infinity && pictures.median == .infinity)
        #expect(pictures.pairs[0].first != pictures.pairs[1].first)
        #expect(report.text.contains("equal") && report.notes.isEmpty)
    }

    @Test("A profile costs something, and tells of which weights")
    func profile() throws {
        let report = try comparison("tiny", "tiny=w8a8").run()
        #expect(!report.weights.differing.isEmpty)
        #expect(report.weights.differing.count < report.weights.all.parameterCount)
        for parameter in report.weights.differing {
            #expect(parameter.error.normalized < 1e-3, "\(parameter.name)")
            #expect(["bf16", "int8"].contains(parameter.second), "\(parameter.name)")
        }
        let query = report.weights.differing.first {
            $0.name.hasSuffix("layers.0.self_attn.q_proj.weight")
        }
        #expect(query?.first == "bf16" && query?.second == "int8")
        #expect(report.weights.worst.count == 20)
        let errors = report.weights.worst.map(\.error.normalized)
        #expect(errors == errors.sorted(by: >))
        #expect(
            report.weights.parts.reduce(0) { $0 + $1.parameterCount }
                == report.weights.all.parameterCount
        )
        let words = try #require(report.words)
        #expect(words.all.largest > 0 && words.all.largest.isFinite)
        let pictures = try #require(report.pictures)
        #expect(pictures.smallest.isFinite)
    }

    @Test(
        "A file is equal to its directory in the same profile",
        arguments: ["w8a8", "w4a8", "bf16"]
    )
    func file(profile: String) throws {
        try write("wide", TinyModel.wideConfiguration)
        let path = directory.path + "wide"
        let line = ["quantize", path, "--profile", profile, "-o", "\(path).gguf"]
        #expect(Interleaved.failure(of: line) == nil)
        let report = try comparison("wide=\(profile)", "wide.gguf").run()
        #expect(report.weights.differing.map(\.name) == [])
        #expect(report.words?.all.largest == 0)
        #expect(report.pictures?.smallest == .infinity)
        #expect(report.second.formats == profile)
    }

    @Test(
        "Models of another configuration or vocabulary are refused by the first field that differs"
    )
    func others() throws {
        var configuration = TinyModel.configuration
        configuration.name = "another"
        try write("renamed", configuration)
        #expect(throws: Never.self) { try comparison("tiny", "renamed") }
        configuration.language.intermediateSize = 64
        configuration.defaults.stepCount = 5
        try write("larger", configuration)
        let larger = #expect(throws: CommandError.self) { try comparison("tiny", "larger") }
        #expect(
            larger?.description.hasSuffix(": language_model.intermediate_size is 64, not 32")
                == true
        )
        let vocabulary = SentencePieceModelFile(
            size: configuration.vocabulary.originalSize,
            words: ["dog", "cow"]
        )
        try write("spoken", TinyModel.configuration, tokenizer: vocabulary.bytes)
        let spoken = #expect(throws: CommandError.self) { try comparison("tiny", "spoken") }
        #expect(spoken?.description.contains("has another vocabulary than") == true)
    }

    @Test("Prompts that are too many or too long are told by flag, line and limit")
    func prompts() throws {
        func failure(_ text: String) throws -> String? {
            let path = try directory.write(Array(text.utf8), to: "prompts.txt")
            do {
                _ = try ComparisonPrompt.prompts(in: path, "--prompts")
                return nil
            } catch {
                return "\(error)".replacing(path, with: "{}")
            }
        }
        #expect(try failure(" \n\n") == "--prompts {}: has no prompts")
        let many = String(repeating: "a\n", count: 257)
        #expect(try failure(many) == "--prompts {}: has more than 256 prompts")
        let long = "a\n" + String(repeating: "a", count: 4097)
        #expect(
            try failure(long) == "--prompts {}, line 2: has 4097 bytes, at most 4096 are allowed"
        )
        #expect(
            try failure(String(repeating: "\n", count: 1 << 21))?.contains("is larger than") == true
        )
        #expect(try failure(String(repeating: "a\n", count: 256)) == nil)
        var comparison = try comparison("tiny", "tiny")
        comparison.tokenCount = 96
        let fit = #expect(throws: CommandError.self) { try comparison.run() }
        #expect(fit?.description.contains("line 1: has ") == true)
        #expect(fit?.description.hasSuffix(", 96 may follow, and at most 96 fit") == true)
    }

    @Test("Columns are as wide as their longest cell, and a very long one is cut")
    func table() {
        let table = ReportTable(
            title: "Title",
            columns: ["name", "n"],
            rows: [["a", "10"], [String(repeating: "b", count: 101), "2"]],
            numberColumns: [1]
        )
        let space = String(repeating: " ", count: 97)
        #expect(
            table.text == """
                Title
                name\(space)  n
                a\(space)    10
                \(String(repeating: "b", count: 99))…   2
                """
        )
    }

    @Test("nano's own prompts have pictures, and texts to draw after")
    func ofWorld() throws {
        let words = try ComparisonPrompt.ofWorldToContinue()
        #expect(words.count == 24 && words.allSatisfy { $0.pictures.count == 1 })
        #expect(words[0].title.hasPrefix("(picture) a photo of"))
        let drawings = try ComparisonPrompt.ofWorldToDraw()
        #expect(
            drawings.map(\.pictures.count) == Array(repeating: 0, count: 8)
                + Array(repeating: 1, count: 8)
        )
        var comparison = try comparison("tiny", "tiny")
        comparison.prompts = []
        try comparison.usePromptsOfWorld()
        #expect(comparison.prompts.isEmpty)
    }

    @Test("The page is one file with everything in it, and escapes what it is given")
    func page() throws {
        let odd = "<script>alert('a&b')</script>\""
        let model = try ComparedModel(
            odd,
            ModelCatalog.model(directory.path + "tiny"),
            profile: .f32
        )
        var comparison = try Comparison(model, model)
        comparison.prompts = [ComparisonPrompt(place: odd, parts: [.text("a dog")])]
        comparison.tokenCount = 1
        comparison.drawings = [ComparisonPrompt(place: odd, parts: [.text(odd)])]
        comparison.stepCount = 2
        let page = String(decoding: try ComparisonPage(comparison.run()).bytes(), as: UTF8.self)
        #expect(!page.contains("<script") && !page.contains("alert('"))
        #expect(page.contains("&lt;script&gt;alert(&#39;a&amp;b&#39;)&lt;/script&gt;&quot;"))
        #expect(page.hasPrefix("<!DOCTYPE html>\n<html lang=\"en\">"))
        for part in [
            "<h1>", "<h2>Weights", "<th scope=\"col\">", "<th scope=\"row\">",
            "color-scheme: light dark",
            "alt=\"Drawn by A: &lt;script", "alt=\"Drawn by B: &lt;script",
        ] {
            #expect(page.contains(part), "\(part)")
        }
        #expect(page.split(separator: "src=\"data:image/png;base64,").count == 3)
        #expect(!page.contains("http:") && !page.contains("https:"))
    }
}
