import ArgumentParser

/// The command line.
@main
struct Interleaved: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "interleaved",
        abstract: "Serve MM-Interleaved: read and continue sequences of text and pictures.",
        subcommands: [
            Init.self, Import.self, Inspect.self, Tokenize.self, Bench.self, Serve.self,
            Generate.self, Score.self, Sheet.self, Evaluate.self, Simulate.self,
        ]
    )
}
