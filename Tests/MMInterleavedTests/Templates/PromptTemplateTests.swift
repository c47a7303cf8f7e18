import Checkpoints
import ModelTestSupport
import Tensors
import TestSupport
import Testing

@testable import MMInterleaved

@Suite("Prompt templates")
struct PromptTemplateTests {
    /// Every kind of part, of input and of answer.
    private static let templates = [
        PromptTemplate(
            "question",
            "Answers a question.",
            [.words("Look: "), .image, .text(ending: "?"), .words(" The answer is:")],
            answer: .init(.text, maximumTokenCount: 10),
            examples: ["Is it red?"]
        ),
        PromptTemplate(
            "dialogue",
            "Answers many.",
            [.image, .history, .text(ending: nil)],
            history: [.text(ending: "?"), .words(" "), .answer],
            answer: .init(.text)
        ),
        PromptTemplate(
            "story",
            "Tells a story.",
            [.text(ending: nil)],
            answer: .init(.interleave, first: .image, maximumSegmentCount: 5)
        ),
        PromptTemplate("picture", "Draws.", [.text(ending: nil)], answer: .init(.image)),
    ]

    @Test("A directory and a file bring the templates that they were written with, in order")
    func roundTrip() throws {
        let temporary = try TemporaryDirectory()
        var configuration = TinyModel.configuration
        configuration.templates = Self.templates
        let path = temporary.path + "tiny"
        try ModelDirectory.writeRandom(
            configuration,
            weights: RandomParameters(seed: 1),
            format: .float32,
            tokenizer: TinyModel.tokenizerBytes,
            path: path
        ) { _ in }
        let directory = try ModelDirectory(path: path)
        #expect(directory.configuration.templates == Self.templates)
        let file = temporary.path + "tiny.gguf"
        try ModelFileWriter(directory, formats: .f32).write(to: file) { _ in }
        #expect(try ModelFile(path: file).configuration.templates == Self.templates)
    }

    @Test("A model without the file has none")
    func absent() throws {
        let stored = try StoredTinyModel()
        #expect(stored.directory.configuration.templates == [])
        let file = try stored.write(.f32)
        #expect(try ModelFile(path: file).configuration.templates == [])
    }

    @Test("A wrong key of a model file is named")
    func wrongKey() throws {
        let stored = try StoredTinyModel()
        let copy = try stored.copy(stored.write(.f32)) { keys in
            keys[ModelFileKeys.templates] = .string("{\"format_version\": 2}")
        }
        let error = try #require(throws: ModelDirectoryError.self) { try ModelFile(path: copy) }
        #expect(error.path.hasSuffix("copy.gguf: key `mm-interleaved.templates`"))
        #expect(error.detail == "format_version must be 1")
    }

    private static let good =
        #"{"name":"a","purpose":"b","answer":{"mode":"text"},"wording":[{"input":"text"}]}"#

    @Test(
        "What is wrong is told with its path",
        arguments: [
            (#""name":"a""#, #""name":"A""#, "templates[0].name must be 1 to 64"),
            (#""name":"a""#, #""name":"none""#, "templates[0].name may not be \"none\""),
            (#""name":"a","#, "", "templates[0].name is missing"),
            (#""purpose":"b""#, #""purpose":"""#, "templates[0].purpose has 0 bytes"),
            (#""purpose":"b""#, #""purpose":3"#, "templates[0].purpose must be a string"),
            (#""purpose":"b""#, #""purpose":"b","x":1"#, "templates[0].x is no member here"),
            (#"{"mode":"text"}"#, #"{"mode":"x"}"#, "templates[0].answer.mode must be"),
            (#"{"mode":"text"}"#, #"{}"#, "templates[0].answer.mode is missing"),
            (
                #"{"mode":"text"}"#, #"{"mode":"text","force":"image"}"#,
                "templates[0].answer.force has a meaning only"
            ),
            (
                #"{"mode":"text"}"#, #"{"mode":"image","max_tokens":5}"#,
                "templates[0].answer.max_tokens has no meaning"
            ),
            (
                #"{"mode":"text"}"#, #"{"mode":"interleave","max_segments":0}"#,
                "templates[0].answer.max_segments must be a whole number from 1"
            ),
            (#"[{"input":"text"}]"#, "[]", "templates[0].wording has 0 elements"),
            (#"[{"input":"text"}]"#, "3", "templates[0].wording must be an array"),
            (#"{"input":"text"}"#, "{}", "templates[0].wording[0].text is missing"),
            (#"{"input":"text"}"#, #"{"input":"sound"}"#, "templates[0].wording[0].input must"),
            (#"{"input":"text"}"#, #"{"input":"answer"}"#, "templates[0].wording[0] may not"),
            (#"{"input":"text"}"#, #"{"input":"history"}"#, "templates[0].history must be there"),
            (
                #"{"input":"text"}"#, #"{"input":"image","ending":"?"}"#,
                "templates[0].wording[0].ending has a meaning only"
            ),
        ]
    )
    func refusals(old: String, new: String, expected: String) throws {
        let text = Self.good.replacing(old, with: new)
        let document = "{\"format_version\":1,\"templates\":[\(text)]}"
        let error = try #require(throws: ModelDirectoryError.self) {
            try TemplateDocument.decode(Array(document.utf8), in: "templates.json")
        }
        #expect(error.description.hasPrefix("templates.json: \(expected)"), "\(error)")
    }

    @Test(
        "A wording without any input, and members that are not known, are refused wherever they stand"
    )
    func refusesMeaningless() throws {
        func error(_ document: String) throws -> String {
            try #require(throws: ModelDirectoryError.self) {
                try TemplateDocument.decode(Array(document.utf8), in: "t")
            }.detail
        }
        let constant = Self.good.replacing(#"[{"input":"text"}]"#, with: #"[{"text":"a"}]"#)
        try #require(constant != Self.good)
        #expect(
            try error("{\"format_version\":1,\"templates\":[\(constant)]}")
                == "templates[0].wording must have an input \"text\" or \"image\""
        )
        let other = "{\"format_version\":1,\"templates\":[],\"a\\u0007\\u202e\":1}"
        #expect(try error(other).hasPrefix("a\\u{7}\\u{202E} is no member here"))
    }

    @Test("Pictures fit a sequence of the model, one that is drawn included")
    func keepsToTheRoom() throws {
        var language = TinyModel.configuration.language
        language.maximumImageCount = 3
        func isRefused(_ mode: String, pictures: Int) -> Bool {
            let wording = Array(repeating: #"{"input":"image"}"#, count: pictures).joined(
                separator: ","
            )
            let text = Self.good.replacing(#"{"input":"text"}"#, with: wording)
                .replacing(#"{"mode":"text"}"#, with: "{\"mode\":\"\(mode)\"}")
            let document = "{\"format_version\":1,\"templates\":[\(text)]}"
            do throws(ModelDirectoryError) {
                _ = try TemplateDocument.decode(Array(document.utf8), in: "t", for: language)
                return false
            } catch {
                return error.detail.contains("the model has room for 2")
            }
        }
        #expect(!isRefused("text", pictures: 2) && isRefused("text", pictures: 3))
        #expect(!isRefused("image", pictures: 1) && isRefused("image", pictures: 2))
        #expect(isRefused("interleave", pictures: 2))
    }

    @Test("A name that appears twice, too many templates and too long a text are refused")
    func bounds() throws {
        func error(_ document: String) throws -> String {
            try #require(throws: ModelDirectoryError.self) {
                try TemplateDocument.decode(Array(document.utf8), in: "t")
            }.detail
        }
        let twice = "{\"format_version\":1,\"templates\":[\(Self.good),\(Self.good)]}"
        #expect(try error(twice) == "templates[1].name is that of an earlier template")
        let many = Array(repeating: Self.good, count: 65).joined(separator: ",")
        #expect(
            try error("{\"format_version\":1,\"templates\":[\(many)]}").contains("at most 64")
        )
        let blanks = String(repeating: " ", count: 1 << 18)
        #expect(try error("{}" + blanks).contains("at most 262144 are allowed"))
        #expect(try error("[").contains("is no acceptable JSON"))
    }
}
