import MMInterleaved
import Tokenization

/// Compares two models: their weights, then the words and pictures of each, one model at a time in memory.
struct Comparison {
    let first: ComparedModel
    let second: ComparedModel
    /// What both go on with in words; may be empty.
    var prompts: [ComparisonPrompt] = []
    /// What both draw pictures after; may be empty.
    var drawings: [ComparisonPrompt] = []
    /// Most tokens of a text.
    var tokenCount = 32
    /// Seed of the noise of the first picture; the others count on from it.
    var seed: UInt64 = 0
    /// Denoising steps; nil for as many as the first model's configuration says.
    var stepCount: Int?
    /// Worker threads; 0 for one per processor.
    var workerCount = 0

    /// Takes two models and compares nothing but weights.
    ///
    /// - Throws: ``CommandError`` if they are no versions of one model.
    init(_ first: ComparedModel, _ second: ComparedModel) throws {
        try first.requireComparable(second)
        self.first = first
        self.second = second
    }

    /// Takes the prompts that come with the program as nano does, if it is nano; other models have none.
    ///
    /// - Throws: `ImageError` if a picture cannot be encoded.
    mutating func usePromptsOfWorld() throws {
        guard first.configuration.name == ModelCatalog.defaultName else { return }
        prompts = try ComparisonPrompt.ofWorldToContinue()
        drawings = try ComparisonPrompt.ofWorldToDraw()
    }

    /// Most bytes of logits that are kept of each model.
    private static let maximumLogitByteCount = 1 << 30

    /// Computes everything.
    ///
    /// - Throws: ``CommandError`` for prompts that do not fit; what loading the models throws.
    func run() throws -> ComparisonReport {
        try checkPrompts()
        let weights = try compareWeights()
        guard !prompts.isEmpty || !drawings.isEmpty else {
            return ComparisonReport(first, second, weights)
        }
        let own = try answers(of: first, after: nil)
        let others = try answers(of: second, after: own.texts)
        let texts = try prompts.indices.map { index in
            (
                prompt: prompts[index].title,
                continuation: try first.tokenizer.decode(own.texts[index].tokens),
                positions: own.texts[index].divergences(of: others.texts[index])
            )
        }
        let pairs = drawings.indices.map { index in
            PictureComparison.Pair(
                prompt: drawings[index].title,
                seed: seed(ofDrawing: index),
                own.pictures[index],
                others.pictures[index]
            )
        }
        return ComparisonReport(
            first,
            second,
            weights,
            words: WordComparison(texts),
            pictures: PictureComparison(pairs)
        )
    }

    /// Checks that all prompts fit, before anything is computed.
    private func checkPrompts() throws {
        let vocabularySize = first.configuration.vocabulary.size
        let byteCount = prompts.count * tokenCount * vocabularySize * MemoryLayout<Float>.stride
        guard byteCount <= Self.maximumLogitByteCount else {
            throw CommandError(
                """
                --tokens \(tokenCount) after \(prompts.count) prompts takes \(byteCount) bytes for the \
                probabilities of \(vocabularySize) tokens, at most \(Self.maximumLogitByteCount) are allowed
                """
            )
        }
        for (prompts, count) in [(prompts, tokenCount), (drawings, 1)] {
            for prompt in prompts {
                _ = try prompt.tokens(first.configuration, first.tokenizer, leaving: count)
            }
        }
    }

    private func compareWeights() throws -> WeightComparison {
        var bar = ProgressBar("comparing weights")
        defer { bar.finish() }
        return try WeightComparison(
            RoundedWeights(first.stored, formats: first.formats),
            RoundedWeights(second.stored, formats: second.formats)
        ) { bar.show($0) }
    }
}
