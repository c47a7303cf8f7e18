import ArgumentParser

/// Measures.
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Measure the model's stages, predict them on many cores, or measure a daemon under load.",
        subcommands: [BenchStages.self, BenchCores.self, BenchServe.self],
        defaultSubcommand: BenchStages.self
    )
}
