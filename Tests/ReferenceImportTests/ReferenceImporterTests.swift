import Checkpoints
import Foundation
import MMInterleaved
import ReferenceImport
import Tensors
import TestSupport
import Testing

@Suite("Import of the reference's release")
struct ReferenceImporterTests {
    private func withRelease(
        _ configure: (inout TinyRelease) -> Void = { _ in },
        _ body: (TinyRelease, _ output: String) throws -> Void
    ) throws {
        let directory = try TemporaryDirectory()
        let root = URL(fileURLWithPath: directory.path)
        var release = TinyRelease(root: root)
        configure(&release)
        try release.write()
        try body(release, root.appendingPathComponent("imported").path)
    }

    private func run(
        _ release: TinyRelease,
        to output: String,
        format: FloatFormat? = nil,
        checks: Bool = false
    ) throws -> ReferenceImporter.Report {
        try ReferenceImporter(release.layout(), format: format, checksValues: checks)
            .run(name: "tiny", output: output) { _ in }
    }

    @Test("Gives a directory that loads, with every weight as it was", arguments: [false, true])
    func keepsWeights(usesFormerNames: Bool) throws {
        try withRelease({ $0.usesFormerNames = usesFormerNames }) { release, output in
            let report = try run(release, to: output)
            #expect(report.leftOut.map(\.names) == [["text_decoder.training_only"]])
            #expect(report.leftOut.map(\.reason) == ["inference has no use for them"])
            let directory = try ModelDirectory(path: output)
            _ = try directory.load()
            let reader = try directory.openWeights()
            let parameters = try InterleavedModel.parameters(of: directory.configuration)
            #expect(report.tensorCount == parameters.count)
            for parameter in parameters {
                let stored = Matrix(rows: 1, columns: parameter.count)
                try CheckpointParameters(reader).read(parameter, into: stored)
                #expect(try stored.toArray() == TinyRelease.numbers(parameter).toArray())
            }
        }
    }

    @Test("Brings the reference's wordings")
    func bringsTemplates() throws {
        try withRelease { release, output in
            _ = try run(release, to: output)
            let templates = try ModelDirectory(path: output).configuration.templates
            #expect(templates == ReleasedTemplates.all)
        }
    }

    @Test("Takes sizes and settings from the assets and the YAML file")
    func readsConfiguration() throws {
        try withRelease { release, _ in
            let configuration = try release.layout().configuration(name: "tiny")
            #expect(configuration.vocabulary.originalSize == 300)
            #expect(configuration.vision.imageSize == 64)
            #expect(configuration.imageTokenCount == 4)
            #expect(configuration.language.synchronizerSides == [8, 4, 2])
            #expect(configuration.imageDecoder.unet.sampleSize == 8)
            #expect(configuration.imageDecoder.unet.hasAttention == [true, false])
            #expect(configuration.imageDecoder.scheduler.stepsOffset == 1)
            #expect(configuration.defaults.maximumTokenCount == 12)
            // The reference counts the begin-of-sequence token.
            #expect(configuration.defaults.minimumTokenCount == 2)
        }
    }

    @Test("Stores the element type that is asked for", arguments: FloatFormat.allCases)
    func convertsFormats(format: FloatFormat) throws {
        try withRelease { release, output in
            _ = try run(release, to: output, format: format)
            let reader = try ModelDirectory(path: output).openWeights()
            #expect(reader.tensors.values.allSatisfy { $0.elementType == format.elementType })
        }
    }

    @Test(
        "Refuses weights that are no numbers, by name, if asked to look",
        arguments: [Float.nan, .infinity]
    )
    func refusesNonFinite(value: Float) throws {
        let name = "mm_decoder.layers.1.self_attn.q_proj.weight"
        try withRelease({ $0.planted = (name, value) }) { release, output in
            let error = #expect(throws: ImportError.self) {
                _ = try run(release, to: output, checks: true)
            }
            #expect(error?.detail.contains(name) == true)
            #expect(!FileManager.default.fileExists(atPath: output))
            _ = try run(release, to: output)
        }
    }

    @Test(
        "Writes the file at once that is made of the imported directory",
        arguments: [FormatPolicy.Profile.bf16, .w8a8, .w4a8]
    )
    func roundsWeights(profile: FormatPolicy.Profile) throws {
        try withRelease { release, output in
            let formats = FormatPolicy(profile, overrides: [.init("fc2.weight", .f32)])
            _ = try run(release, to: output)
            try ModelFileWriter(ModelDirectory(path: output), formats: formats)
                .write(to: "\(output).gguf") { _ in }
            let unused = try ReferenceImporter(release.layout(), format: nil, checksValues: true)
                .run(name: "tiny", output: "\(output)-at-once.gguf", formats: formats) { _ in }
            #expect(unused.flatMap(\.names) == ["text_decoder.training_only"])
            let files = try ["\(output).gguf", "\(output)-at-once.gguf"].map {
                try Data(contentsOf: URL(fileURLWithPath: $0))
            }
            #expect(files[0] == files[1])
        }
    }

    @Test("Names every missing tensor at once and leaves nothing behind")
    func namesMissing() throws {
        let missing: Set = ["soi_token", "mm_decoder.norm.weight"]
        try withRelease({ $0.leftOut = missing }) { release, output in
            let error = #expect(throws: ImportError.self) { _ = try run(release, to: output) }
            for name in missing { #expect(error?.detail.contains(name) == true) }
            let left = try FileManager.default.contentsOfDirectory(atPath: release.root)
            #expect(!left.contains { $0.hasPrefix("imported") })
        }
    }

    @Test("Does not touch a directory that exists")
    func refusesExisting() throws {
        try withRelease { release, output in
            try FileManager.default.createDirectory(
                atPath: output,
                withIntermediateDirectories: true
            )
            let error = #expect(throws: ModelDirectoryError.self) {
                _ = try run(release, to: output)
            }
            #expect(error?.detail == "already exists")
            let file = #expect(throws: ImportError.self) {
                _ = try ReferenceImporter(release.layout(), format: nil, checksValues: false)
                    .run(name: "tiny", output: output, formats: FormatPolicy(.w8a8)) { _ in }
            }
            #expect(file?.detail == "already exists")
        }
    }

    @Test(
        "Names file and member of a wrong configuration",
        arguments: [
            ("openai/clip-vit-large-patch14", "{\"patch_size\": \"x\"}", "patch_size"),
            ("lmsys/vicuna-13b-v1.3", "{}", "num_attention_heads"),
            ("lmsys/vicuna-13b-v1.3", "[1, 2]", "JSON object"),
        ]
    )
    func namesWrongMembers(folder: String, text: String, expected: String) throws {
        try withRelease { release, _ in
            try Data(text.utf8).write(
                to: URL(fileURLWithPath: "\(release.assets)/\(folder)/config.json")
            )
            let error = #expect(throws: ImportError.self) {
                _ = try release.layout().configuration(name: "tiny")
            }
            #expect(error?.detail.contains(expected) == true)
            #expect(error?.path.contains(folder) == true)
        }
    }

    @Test("Refuses settings that are no YAML of the reference")
    func refusesWrongSettings() throws {
        try withRelease { release, _ in
            for text in ["model: [1", "model: 3", "model: {spatial_shapes: x}"] {
                try Data(text.utf8).write(to: URL(fileURLWithPath: release.settingsPath))
                #expect(throws: ImportError.self) { _ = try release.layout() }
            }
        }
    }
}
