import Images
import MMInterleaved
import Tensors
import Tokenization

/// A text of one model, and a model's logits at each of its positions.
struct ReadText {
    /// Tokens that follow the prompt, that which ends the text included.
    let tokens: [Int]
    /// The logits from which each of them was chosen, or would be. [tokens, vocabulary]
    let logits: [[Float]]

    /// How far another model is at each position.
    func divergences(of other: ReadText) -> [TokenDivergence] {
        zip(logits, other.logits).map { TokenDivergence(from: $0, of: $1) }
    }
}

/// What a model says next after prompts and texts.
struct NextWords {
    private let model: InterleavedModel
    private let tokenizer: Tokenizer
    private let compute: Compute
    private let sequence: LanguageSequence

    /// Takes a model.
    init(_ model: InterleavedModel, _ tokenizer: Tokenizer, workers: Int) {
        self.model = model
        self.tokenizer = tokenizer
        compute = Compute(workerCount: workers)
        sequence = model.language.makeSequence()
    }

    /// The logits at every position of a text.
    ///
    /// - Parameters:
    ///   - prompt: What stands before it.
    ///   - text: The tokens that follow; nil for those that the model finds most likely, up to the end of the text.
    ///   - count: Most tokens.
    /// - Returns: The tokens and the logits.
    /// - Throws: ``CommandError`` if they do not fit the model's longest sequence; `ImageError`.
    func read(_ prompt: ComparisonPrompt, _ text: [Int]? = nil, count: Int) throws -> ReadText {
        let elements = try elements(of: prompt, leaving: count)
        sequence.truncate(to: 0)
        model.language.extend(sequence, with: elements, compute)
        let vocabulary = model.configuration.vocabulary
        let ends = [vocabulary.endOfSequence, vocabulary.beginOfImage]
        var tokens: [Int] = []
        var logits: [[Float]] = []
        let row = Matrix(rows: 1, columns: model.language.vocabularySize)
        while tokens.count < text?.count ?? count {
            model.language.logits(after: [sequence], compute, into: row)
            logits.append(row.toArray())
            let token = text?[tokens.count] ?? LogitsProcessing.mostLikely(logits[tokens.count])
            tokens.append(token)
            if ends.contains(token) { break }
            if tokens.count < text?.count ?? count {
                model.language.extend(sequence, with: [.token(token)], compute)
            }
        }
        return ReadText(tokens: tokens, logits: logits)
    }

    /// A prompt as content of a sequence.
    private func elements(
        of prompt: ComparisonPrompt,
        leaving count: Int
    ) throws -> [SequenceElement] {
        let configuration = model.configuration
        let tokens = try prompt.tokens(configuration, tokenizer, leaving: count)
        var images = try model.encode(pixels(of: prompt), compute)[...]
        var elements: [SequenceElement] = []
        var index = 0
        while index < tokens.count {
            if tokens[index] == configuration.vocabulary.image, let image = images.popFirst() {
                elements.append(.image(image))
                index += configuration.imageTokenCount
            } else {
                elements.append(.token(tokens[index]))
                index += 1
            }
        }
        return elements
    }

    /// The prompt's pictures as the model sees them, each [side², 3] in [0, 1].
    private func pixels(of prompt: ComparisonPrompt) throws -> [Matrix] {
        let side = model.configuration.vision.imageSize
        return try prompt.pictures.map { file in
            let picture = try ImageFileDecoder.decode(file, as: .seen)
            return Matrix(pixelsOf: ImageTransform(resolution: side).apply(to: picture))
        }
    }
}
