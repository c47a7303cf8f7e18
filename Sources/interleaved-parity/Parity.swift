import ArgumentParser
import MMInterleaved
import Tensors
import Tokenization

/// Compares a model's every stage with recordings of the reference implementation.
@main
struct Parity: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "interleaved-parity",
        abstract: "Compare every stage of a model with recordings of the reference implementation.",
        discussion: """
            Prints a line for each recorded tensor: largest absolute and relative error, normalised mean \
            squared error, tolerance, and whether it holds. Exits with status 1 if anything does not.
            """
    )

    @Option(help: "Model directory that `interleaved import` made of the recorded model.")
    var model: String

    @Option(help: "Directory with the recordings: a .json manifest per kind, .safetensors, images.")
    var fixtures: String

    @Option(help: "Compare these kinds only.")
    var kind: [String] = []

    @Option(help: "Worker threads; 0 for one per processor.")
    var workers = 0

    func run() throws {
        let directory = try ModelDirectory(path: model)
        let subject = Subject(
            model: try directory.load(),
            compute: Compute(workerCount: workers),
            tokenizer: try Tokenizer(modelPath: directory.tokenizerPath),
            fixtures: fixtures
        )
        let report = Report()
        let suites: [(kind: String, compare: (Fixture) throws -> Void)] = [
            ("vision", VisionParity(subject: subject, report: report).run),
            ("llm", LanguageParity(subject: subject, report: report).run),
            ("image_decoder", ImageDecoderParity(subject: subject, report: report).run),
        ]
        for suite in suites where kind.isEmpty || kind.contains(suite.kind) {
            report.begin(suite.kind)
            do {
                guard let fixture = try Fixture(suite.kind, in: fixtures) else {
                    report.skip(suite.kind, "no recordings of this kind")
                    continue
                }
                try suite.compare(fixture)
            } catch {
                report.fail(suite.kind, "\(error)")
            }
        }
        if !report.finish() { throw ExitCode.failure }
    }
}
