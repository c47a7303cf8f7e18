internal import Images
package import MMInterleaved
package import Tensors
package import Tokenization

/// Runs the rounds of one annotation: words and pictures in turn, each continuing what was before.
///
/// The rounds are those of the reference's inference script with the same ids and pictures, but every
/// position goes through the language model once and every picture through the vision model once.
/// For use outside of a serving ``Engine``, which has its own queue:
///
///     var session = try AnnotationSession(annotation, settings, model, tokenizer, compute)
///     while let round = try session.nextRound() { save(round) }
///
/// Threads: computes on `compute`; to be used by one thread at a time.
/// Source: MM-Interleaved's `inference.py` (`inference_all`).
package struct AnnotationSession {
    private let model: InterleavedModel
    private let tokenizer: Tokenizer
    private let compute: Compute
    private let settings: AnnotationSettings
    private let roundCount: Int
    private let transform: ImageTransform
    private let guarding = SessionGuard(submitted: .now, timeout: nil) {}

    private var sequence: AnnotationSequence
    /// Pictures of the model's input size, as far as they are known: the last one may be drawn yet.
    private var pictures: [RGBImage]
    private var state: SequenceState
    private var chooser: TokenChooser
    private var mode: Annotation.Mode
    private var roundIndex = 0
    private var isFinished = false

    /// Decodes pictures and tokenizes; computes nothing yet.
    ///
    /// - Throws: ``EngineError`` of kind `invalidRequest` if pictures and their places do not fit
    ///   together, `unreadableImage`, or `contextLengthExceeded`.
    package init(
        _ annotation: Annotation,
        _ settings: AnnotationSettings,
        _ model: InterleavedModel,
        _ tokenizer: Tokenizer,
        _ compute: Compute
    ) throws(EngineError) {
        self.model = model
        self.tokenizer = tokenizer
        self.compute = compute
        self.settings = Self.oneSequence(settings)
        roundCount = annotation.roundCount
        mode = annotation.mode
        transform = ImageTransform(resolution: model.configuration.vision.imageSize)
        let prompt = try Prompt(
            Self.parts(of: annotation),
            model.configuration,
            tokenizer,
            limits: ImageLimits()
        )
        let vocabulary = model.configuration.vocabulary
        sequence = AnnotationSequence(
            tokens: prompt.tokens,
            vocabulary: vocabulary,
            imageTokenCount: model.configuration.imageTokenCount
        )
        pictures = prompt.pictures
        if mode == .images {
            guard pictures.popLast() != nil else {
                throw EngineError(
                    .invalidRequest,
                    field: "images",
                    "\(mode.rawValue) draws the last picture of the prompt anew, and there is none"
                )
            }
        }
        state = SequenceState(model, compute)
        chooser = TokenChooser(
            start: vocabulary.beginOfSequence,
            endTokens: TextRound.endTokens(vocabulary),
            parameters: self.settings.text,
            generator: TorchGenerator(seed: settings.seed)
        )
    }

    /// Generates the next round's text or pictures; nil after the last round.
    ///
    /// - Throws: ``EngineError`` of kind `contextLengthExceeded` if no positions are left for it, or
    ///   `notFinite`.
    ///
    /// `report` is told every denoising step that was taken, and how many there are.
    package mutating func nextRound(
        report: (_ step: Int, _ stepCount: Int) -> Void = { _, _ in }
    ) throws -> AnnotationRound? {
        guard !isFinished && roundIndex < roundCount else { return nil }
        let promptTokens = sequence.tokens
        let output: AnnotationRound.Output
        var outcome = AnnotationSequence.Outcome(opensPicture: false, isStopped: false)
        switch mode {
        case .texts:
            let result = try generateText()
            let generated = generatedTokens(result)
            outcome = sequence.append(
                generated: generated,
                opensPicture: settings.opensPictureAfterText
            )
            output = .text(result.text, generated: generated)
            if outcome.opensPicture { mode = .images }
        case .images:
            output = try drawPictures(report)
            mode = .texts
        }
        let round = AnnotationRound(
            index: roundIndex,
            output: output,
            promptTokens: promptTokens,
            nextTokens: sequence.tokens,
            opensPicture: outcome.opensPicture,
            isStopped: outcome.isStopped
        )
        roundIndex += 1
        isFinished = settings.endsWhenStopped && outcome.isStopped
        return round
    }

    // MARK: - Rounds

    private mutating func generateText() throws -> TextRound.Result {
        try computePositions(upTo: sequence.tokens.count)
        let round = TextRound(
            model: model,
            compute: compute,
            tokenizer: tokenizer,
            parameters: settings.text
        )
        guard settings.text.beamCount > 1 else {
            return try round.sample(state.sequence, &chooser, guarding) { _ in }
        }
        return try round.search(state.sequence, guarding).first ?? TextRound.Result()
    }

    /// The ids of a text as the reference's model returns them.
    private func generatedTokens(_ result: TextRound.Result) -> [Int] {
        let vocabulary = model.configuration.vocabulary
        let words = [vocabulary.beginOfSequence] + result.tokens
        switch result.finishReason {
        case .length: return words
        case .stop: return words + [vocabulary.endOfSequence]
        // Beam search there writes the end of the sequence, whatever token ended the text.
        case .image:
            let isSearch = settings.text.beamCount > 1
            return words + [isSearch ? vocabulary.endOfSequence : vocabulary.beginOfImage]
        }
    }

    private mutating func drawPictures(
        _ report: (_ step: Int, _ stepCount: Int) -> Void
    ) throws -> AnnotationRound.Output {
        guard let position = sequence.lastPicturePosition else {
            throw EngineError(.internalFailure, "there is no place for a picture")
        }
        try computePositions(upTo: position + 1)
        let round = PictureRound(
            model: model,
            compute: compute,
            parameters: settings.picture,
            seed: settings.seed
        )
        var timings = Timings()
        let count = settings.picture.count
        let drawn = try round.draw(state, guarding, &timings) { progress in
            guard case .step(let picture, let step, let stepCount) = progress else { return }
            report(picture * stepCount + step, count * stepCount)
        }
        guard let first = drawn.first else {
            throw EngineError(.invalidRequest, field: "num_validation_images", "is 0")
        }
        let input = transform.apply(to: first.image)
        pictures.append(input)
        return .pictures(drawn, modelInput: input)
    }

    /// Computes the positions that are not computed yet, with the pictures among them.
    private mutating func computePositions(upTo end: Int) throws(EngineError) {
        let capacity = state.sequence.capacity
        let imageLimit = model.configuration.language.maximumImageCount - 1
        guard sequence.tokens.count < capacity, sequence.imageCount <= imageLimit else {
            throw EngineError(
                .contextLengthExceeded,
                field: "num_iter",
                "round \(roundIndex) continues \(sequence.tokens.count) positions with "
                    + "\(sequence.imageCount) pictures; at most \(capacity - 1) and \(imageLimit) fit"
            )
        }
        let tokens = Array(sequence.tokens[state.sequence.computedCount..<end])
        let image = model.configuration.vocabulary.image
        let added =
            tokens.count { $0 == image } / model.configuration.imageTokenCount
        let first = state.imageCount
        let features = pictures[first..<first + added].map(state.encode)
        state.extend(tokens: tokens, features: features)
    }

    // MARK: - Preparation

    private static func parts(of annotation: Annotation) throws(EngineError) -> [InputPart] {
        let images = annotation.images
        guard images.count == annotation.sentenceIndexes.count else {
            throw EngineError(
                .invalidRequest,
                field: "sentence_ixs",
                "\(annotation.sentenceIndexes.count) places for \(images.count) pictures"
            )
        }
        let prompt: InterleavedPrompt
        do {
            prompt = try InterleavedPrompt(
                sentences: annotation.sentences,
                sentenceIndexes: annotation.sentenceIndexes,
                isImageFirst: annotation.isImageFirst
            )
        } catch {
            throw EngineError(.invalidRequest, field: "sentence_ixs", error.detail)
        }
        var remaining = images[...]
        return prompt.segments.compactMap { segment in
            switch segment {
            case .text(let text): .text(text)
            case .image, .imageToDraw: remaining.popFirst().map { .image($0) }
            }
        }
    }

    private static func oneSequence(_ settings: AnnotationSettings) -> AnnotationSettings {
        var settings = settings
        settings.text.stop = []
        settings.text.sequenceCount = 1
        return settings
    }
}
