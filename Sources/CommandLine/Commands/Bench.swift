import ArgumentParser

/// Measures.
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure the model's stages, or a daemon under load.",
        subcommands: [BenchStages.self, BenchServe.self],
        defaultSubcommand: BenchStages.self
    )
}
