import ArgumentParser
import Files
import JSON
import MMInterleaved

/// Tells what rounding a model's weights cost.
struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Tell what rounding cost: weights, words and pictures of one model beside another's.",
        discussion: """
            A is what B is measured against. Both have one configuration and vocabulary: a directory and a file that \
            was made of it, or one model in two profiles. = and a profile load a model in it; a name or path with = \
            in its last part has a profile always (./a=b=f32).
              interleaved compare nano nano=w8a8 --html report.html
              interleaved compare models/mm-interleaved w4a8.gguf --prompts texts.txt --drawings pictures.txt

            Weights: the squared error of every parameter that B stores or rounds otherwise, as a share of A's squares \
            (NMSE). Words: A goes on with each prompt, greedily; at every position the divergence of B's probabilities \
            from A's (KL, in nats), and whether the most likely token is the same. Pictures: the signal-to-noise \
            ratio (PSNR) of both pictures' pixels; the n-th is drawn with the seed --seed + n, from 0.

            Without --prompts and --drawings nano has its own, held-out examples of its world; of other models weights \
            alone are compared then.
            """
    )

    @Argument(
        help: ArgumentHelp(
            "Model directory or file, or name of an installed model; = and a profile: \(FormatPolicy.Profile.names).",
            valueName: "a"
        )
    )
    var first: String

    @Argument(help: ArgumentHelp("The model to measure, likewise.", valueName: "b"))
    var second: String

    @Option(help: "File with texts to go on with, one on each line; - for standard input.")
    var prompts: String?

    @Option(help: "Most tokens that follow each text.")
    var tokens = 32

    @Option(help: "File with texts to draw pictures after, one on each line; - for standard input.")
    var drawings: String?

    @Option(help: "Seed of the noise of the first picture.")
    var seed: UInt64 = 0

    @Option(help: "Denoising steps. (default: the model's own)")
    var steps: Int?

    @Option(help: "Worker threads; 0 for one per processor.")
    var workers = 0

    @Flag(help: "Print JSON instead of tables.")
    var json = false

    @Option(help: "File to write: one HTML page with the tables, and the pictures side by side.")
    var html: String?

    private static let tokenCounts = 1...1024

    func validate() throws {
        _ = try (ModelArgument(first), ModelArgument(second))
        try require("--tokens", tokens, in: Self.tokenCounts)
        try require("--steps", steps, in: GenerationRange.stepCount)
        try require("--workers", workers, in: ServedSettings.workerCounts)
        guard prompts != "-" || drawings != "-" else {
            throw ValidationError("--prompts and --drawings cannot both be standard input")
        }
    }

    func run() throws {
        if let html { try File.checkWritable(html) }
        var comparison = try Comparison(
            ComparedModel(argument: first),
            ComparedModel(argument: second)
        )
        try comparison.usePromptsOfWorld()
        if let prompts {
            comparison.prompts = try ComparisonPrompt.prompts(in: prompts, "--prompts")
        }
        if let drawings {
            comparison.drawings = try ComparisonPrompt.prompts(in: drawings, "--drawings")
        }
        comparison.tokenCount = tokens
        comparison.seed = seed
        comparison.stepCount = steps
        comparison.workerCount = workers
        let report = try comparison.run()
        if let html { try File.write(ComparisonPage(report).bytes(), to: html) }
        print(json ? try JSON(encoding: report).prettyText : report.text)
    }
}
