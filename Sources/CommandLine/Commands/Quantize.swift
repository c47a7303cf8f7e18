import ArgumentParser
import Files
import MMInterleaved

/// Turns a model directory into a model file of less bytes.
struct Quantize: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Round a model's weights, and write it as one file.",
        discussion: """
            The file is a model for every command, and decides the formats of its weights: it answers with the \
            same bits as the directory with the same --profile. The SHA-256 of every tensor goes to a file beside it.
              interleaved quantize nano --profile w8a8 -o nano.gguf --report nano.html
              interleaved generate --model ./nano.gguf --input "A red circle" --output answers
            """
    )

    @Argument(help: "Model directory, or name of a model that is installed.")
    var model: String

    @Option(help: "Formats of the weights: \(FormatPolicy.Profile.names).")
    var profile: FormatPolicy.Profile

    @Option(
        help: ArgumentHelp(
            """
            Another format for the weights whose names begin or end so: f32, bf16, int8, int4. What it does not \
            fit gets the next larger one; of several that fit a name, the first counts. Layers that are computed \
            as one have the format of the first: keys and values that of queries, up that of gate.
            """,
            valueName: "name=format"
        )
    )
    var keep: [FormatPolicy.Override] = []

    @Option(
        name: .shortAndLong,
        help: "File to write; the model's name with the profile and .gguf if left out."
    )
    var output: String?

    @Flag(help: "Replace a file that is there.")
    var force = false

    @Option(
        help: """
            HTML page to write: what rounding cost, as `interleaved compare` tells it of the directory and the file.
            """
    )
    var report: String?

    func run() throws {
        let directory: ModelDirectory
        switch try ModelCatalog.model(model) {
        case .directory(let found): directory = found
        case .file(let file):
            throw CommandError("\(file.path): is a model file already; give the model directory")
        }
        let output = output ?? "\(Self.name(of: directory.path))-\(profile.rawValue).gguf"
        if Folder.isFolder(output) { throw CommandError("\(output): is a folder") }
        guard force || !Folder.hasEntry(output) else {
            throw CommandError("\(output): is there already; --force replaces it")
        }
        if let report {
            guard report != output else {
                throw CommandError(
                    "\(report): is the model file already; give --report another name"
                )
            }
            try File.checkWritable(report)
        }
        let policy = FormatPolicy(profile, overrides: keep)
        let writer = try ModelFileWriter(directory, formats: policy)
        var bar = ProgressBar("writing \(output)")
        try writer.write(to: output) { bar.show($0) }
        bar.finish()
        print(try StoredFormats.summary(ofFile: output))
        if let report { try Self.compare(model, directory, output, page: report) }
    }

    /// Writes a page about a directory and the file that was made of it.
    private static func compare(
        _ name: String,
        _ directory: ModelDirectory,
        _ output: String,
        page: String
    ) throws {
        var comparison = try Comparison(
            ComparedModel(name, .directory(directory), profile: .f32),
            ComparedModel(output, StoredModel(path: output), profile: .f32)
        )
        try comparison.usePromptsOfWorld()
        try File.write(ComparisonPage(comparison.run()).bytes(), to: page)
        print(page)
    }

    /// The last part of a path, `.` and `..` being those of no name.
    private static func name(of path: String) -> String {
        let last = path.split(separator: "/").last.map(String.init) ?? "model"
        return last.allSatisfy { $0 == "." } ? "model" : last
    }
}

extension FormatPolicy.Override: ExpressibleByArgument {
    package init?(argument: String) { self.init(text: argument) }
}
