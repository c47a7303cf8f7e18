import ArgumentParser
import JSON
import MMInterleaved
import ReferenceImport
import Tensors

/// Turns a release of the reference implementation into a model directory or a model file.
struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Turn a release of the reference implementation into a model.",
        discussion: """
            Writes a model directory, or with --profile one GGUF file with the weights rounded, as `quantize` makes it \
            of a directory, which then needs no room on disk.
            """
    )

    @Option(help: "The release's mm_interleaved_pretrain directory (or one weights file).")
    var checkpoint: String

    @Option(help: "Directory with the assets: lmsys, openai, stabilityai.")
    var assets: String

    @Option(help: "The release's mm_inference.yaml; without it, the published model's settings.")
    var config: String?

    @Option(help: "Model directory, or with --profile file, to write; must not exist.")
    var output: String

    @Option(help: "Element type of the weights: f32, f16, bf16; as stored if left out.")
    var dtype: FloatFormat?

    @Option(
        help: "Write a file with the weights in these formats: \(FormatPolicy.Profile.names)."
    )
    var profile: FormatPolicy.Profile?

    @Option(
        help: ArgumentHelp(
            "Another format for the weights whose names begin or end so, as of `quantize`.",
            valueName: "name=format"
        )
    )
    var keep: [FormatPolicy.Override] = []

    @Option(help: "Name under which the model is served.")
    var name = "mm-interleaved"

    @Flag(help: "Refuse wrong checksums, and weights with NaN or infinity in them.")
    var check = false

    func validate() throws {
        guard profile == nil || dtype == nil else {
            throw ValidationError("--dtype is for a directory, and --profile for a file")
        }
        guard profile != nil || keep.isEmpty else {
            throw ValidationError("--keep needs --profile")
        }
    }

    func run() throws {
        let settings = try config.map { try ReferenceSettings(path: $0) } ?? ReferenceSettings()
        let layout = ReferenceLayout(checkpoint: checkpoint, assets: assets, settings: settings)
        let importer = ReferenceImporter(layout, format: dtype, checksValues: check)
        let leftOut: [LeftOut]
        var bar = ProgressBar("importing \(output)")
        if let profile {
            leftOut = try importer.run(
                name: name,
                output: output,
                formats: FormatPolicy(profile, overrides: keep),
                begin: { DiskRoom.tell($0, output) },
                progress: { bar.show($0) }
            )
            bar.finish()
            print(try StoredFormats.summary(ofFile: output))
        } else {
            let report = try importer.run(
                name: name,
                output: output,
                begin: { DiskRoom.tell($0, output) },
                progress: { bar.show($0) }
            )
            bar.finish()
            print("\(output): \(report.tensorCount) tensors, \(report.byteCount) bytes")
            leftOut = report.leftOut
        }
        for group in leftOut {
            print(
                "left out \(group.names.count), as \(group.reason): \(Self.summary(group.names))"
            )
        }
    }

    /// Names by their first parts, such as `image_decoder.decoder.vae (106)`.
    private static func summary(_ names: [String]) -> String {
        var counts: [String: Int] = [:]
        for name in names {
            counts[name.split(separator: ".").prefix(4).joined(separator: "."), default: 0] += 1
        }
        return counts.sorted { $0.key < $1.key }
            .map { "\(printable($0.key, maximum: 200)) (\($0.value))" }
            .joined(separator: ", ")
    }
}

extension FloatFormat: ExpressibleByArgument {}
