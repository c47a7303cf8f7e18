import ArgumentParser
import Files
import Foundation
import MMInterleaved
import ReferenceImport
import Tensors
import Tokenization

/// Writes an untrained model of a shape.
struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write an untrained model of a shape: its words and pictures are noise.",
        discussion: """
            Writes a model directory, or with --profile one GGUF file with the weights rounded, the same as `quantize` \
            makes of the directory, which then needs no room on disk. Weights are normal random numbers; those of a few \
            inputs of every layer are much larger, as in trained models. Less than a gigabyte of memory is enough for any \
            shape, and the same seed gives the same bytes on every machine.
              interleaved init --shape mm-interleaved-13b --profile w4a8 --output released.gguf
            """
    )

    @Option(help: "Name of a shape in Config/shapes, or the path of a configuration file.")
    var shape: String

    @Option(help: "Seed of the random weights.")
    var seed: UInt64 = 0

    @Option(help: "Model directory, or with --profile file, to write; must not exist.")
    var output: String

    @Option(help: "Element type of the weights that are not rounded: f32, f16, bf16.")
    var dtype = FloatFormat.float32

    @Option(
        help: "Write a file with the weights in these formats: \(FormatPolicy.Profile.names)."
    )
    var profile: FormatPolicy.Profile?

    func run() throws {
        var configuration = try ShapeCatalog.configuration(shape)
        let size = configuration.vocabulary.originalSize
        guard size >= SentencePieceModelFile.minimumSize else {
            throw ValidationError(
                "a vocabulary of \(size) pieces; at least \(SentencePieceModelFile.minimumSize) are needed"
            )
        }
        configuration.templates = ReleasedTemplates.all
        let tokenizer = SentencePieceModelFile(size: size, words: Self.words).bytes
        let weights = RandomParameters(seed: seed, hasStrongChannels: true)
        if let profile {
            try writeFile(configuration, weights, tokenizer, profile)
        } else {
            try writeDirectory(configuration, weights, tokenizer)
        }
        print("\(output): an untrained \(configuration.name); what it says and draws is noise")
    }

    private func writeDirectory(
        _ configuration: ModelConfiguration,
        _ weights: RandomParameters,
        _ tokenizer: [UInt8]
    ) throws {
        let parameters = try InterleavedModel.parameters(of: configuration)
        DiskRoom.tell(parameters.reduce(0) { $0 + $1.count * dtype.byteCount }, output)
        var bar = ProgressBar("writing \(output)")
        try ModelDirectory.writeRandom(
            configuration,
            weights: weights,
            format: dtype,
            tokenizer: tokenizer,
            path: output
        ) { bar.show($0) }
        bar.finish()
    }

    private func writeFile(
        _ configuration: ModelConfiguration,
        _ weights: RandomParameters,
        _ tokenizer: [UInt8],
        _ profile: FormatPolicy.Profile
    ) throws {
        guard !Folder.hasEntry(output) else { throw CommandError("\(output): is there already") }
        let writer = try ModelFileWriter(
            configuration,
            RandomStrips(configuration.name, weights, format: dtype),
            tokenizer: tokenizer,
            formats: FormatPolicy(profile)
        )
        DiskRoom.tell(try writer.byteCount(), output)
        var bar = ProgressBar("writing \(output)")
        try writer.write(to: output) { bar.show($0) }
        bar.finish()
        print(try StoredFormats.summary(ofFile: output))
    }

    /// Words for an untrained model to stutter with.
    static let words = [
        "a", "the", "and", "of", "on", "in", "with", "is", "red", "green", "blue", "yellow",
        "small", "large", "circle", "square", "star", "left", "right", "above", "below",
        "picture", "moves", "now", "light", "dark",
    ]
}
