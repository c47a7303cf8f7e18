import ArgumentParser
import ReferenceParity

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
        let parity = try ReferenceParity(model: model, fixtures: fixtures, workerCount: workers)
        let summary = parity.compare(kinds: kind)
        if !summary.holds { throw ExitCode.failure }
    }
}
