import ArgumentParser
import MMInterleaved
import ReferenceImport
import Tensors
import Tokenization

/// Writes an untrained model of a shape.
struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write an untrained model of a shape: its words and pictures are noise."
    )

    @Option(help: "Name of a shape in Config/shapes, or the path of a configuration file.")
    var shape: String

    @Option(help: "Seed of the random weights.")
    var seed: UInt64 = 0

    @Option(help: "Model directory to write; must not exist.")
    var output: String

    @Option(help: "Element type of the weights: f32, f16, bf16.")
    var dtype = FloatFormat.float32

    func run() throws {
        var configuration = try ShapeCatalog.configuration(shape)
        let size = configuration.vocabulary.originalSize
        guard size >= SentencePieceModelFile.minimumSize else {
            throw ValidationError(
                "a vocabulary of \(size) pieces; at least \(SentencePieceModelFile.minimumSize) are needed"
            )
        }
        configuration.templates = ReleasedTemplates.all
        var bar = ProgressBar("writing \(output)")
        try ModelDirectory.writeRandom(
            configuration,
            seed: seed,
            format: dtype,
            tokenizer: SentencePieceModelFile(size: size, words: Self.words).bytes,
            path: output
        ) { bar.show($0) }
        bar.finish()
        print("\(output): an untrained \(configuration.name); what it says and draws is noise")
    }

    /// Words for an untrained model to stutter with.
    static let words = [
        "a", "the", "and", "of", "on", "in", "with", "is", "red", "green", "blue", "yellow",
        "small", "large", "circle", "square", "star", "left", "right", "above", "below",
        "picture", "moves", "now", "light", "dark",
    ]
}
