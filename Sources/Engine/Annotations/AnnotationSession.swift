internal import Images
internal import MMInterleaved
internal import Tensors
internal import Tokenization

/// Runs the rounds of one annotation: words and pictures in turn, each continuing what was before.
///
/// The rounds are those of the reference's inference script with the same ids and pictures, but every
/// position goes through the language model once and every picture through the vision model once.
///
/// Source: MM-Interleaved's `inference.py` (`inference_all`).
struct AnnotationSession {
    private let active: ActiveRequest
    private let tokenizer: Tokenizer
    private let configuration: ModelConfiguration
    private let settings: AnnotationSettings
    private let roundCount: Int

    private var sequence: AnnotationSequence
    /// Pictures of the model's input size, as far as they are known: the last one may be drawn yet.
    private var pictures: [PreparedPicture]
    private let running: RunningSequence
    private var choosers: [TokenChooser]
    private var mode: Annotation.Mode
    private var roundIndex = 0
    private var isFinished = false

    /// Begins with the prompt; computes nothing yet.
    ///
    /// - Throws: ``EngineError`` of kind `invalidRequest` if there is no picture to draw anew.
    init(
        _ annotation: Annotation,
        _ settings: AnnotationSettings,
        _ prompt: Prompt,
        _ active: ActiveRequest,
        tokenizer: Tokenizer,
        on core: isolated EngineCore
    ) throws(EngineError) {
        self.active = active
        self.tokenizer = tokenizer
        self.settings = Self.oneSequence(settings)
        configuration = core.model.configuration
        roundCount = annotation.roundCount
        mode = annotation.mode
        sequence = AnnotationSequence(
            tokens: prompt.tokens,
            vocabulary: configuration.vocabulary,
            imageTokenCount: configuration.imageTokenCount
        )
        pictures = prompt.pictures
        if mode == .images {
            guard pictures.popLast() != nil else {
                throw EngineError(
                    .invalidRequest,
                    field: .pictures,
                    "\(mode.rawValue) draws the last picture of the prompt anew, and there is none"
                )
            }
        }
        running = core.makeSequence(for: active)
        choosers = [
            TokenChooser(
                start: configuration.vocabulary.beginOfSequence,
                endTokens: TextGeneration.endTokens(configuration.vocabulary),
                parameters: self.settings.text,
                generator: TorchGenerator(seed: settings.seed)
            )
        ]
    }

    /// Generates the next round's text or pictures; nil after the last round.
    ///
    /// - Throws: ``EngineError`` of kind `contextLengthExceeded` if no positions are left for it, or
    ///   `notFinite`.
    ///
    /// `report` is told every denoising step that was taken, and how many there are.
    mutating func nextRound(
        on core: isolated EngineCore,
        report: (_ step: Int, _ stepCount: Int) -> Void
    ) async throws -> AnnotationRound? {
        guard !isFinished && roundIndex < roundCount else { return nil }
        let promptTokens = sequence.tokens
        let output: AnnotationRound.Output
        var outcome = AnnotationSequence.Outcome(opensPicture: false, isStopped: false)
        switch mode {
        case .texts:
            let result = try await generateText(on: core)
            let generated = generatedTokens(result)
            outcome = sequence.append(
                generated: generated,
                opensPicture: settings.opensPictureAfterText
            )
            output = .text(result.text, generated: generated)
            if outcome.opensPicture { mode = .images }
        case .images:
            output = try await drawPictures(on: core, report)
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

    private mutating func generateText(on core: isolated EngineCore) async throws -> TextResult {
        try await append(upTo: sequence.tokens.count, on: core)
        let round = TextRound(request: active, tokenizer: tokenizer, parameters: settings.text)
        var timings = Timings()
        guard settings.text.beamCount > 1 else {
            return try await round.sample(running, &choosers, &timings, on: core) { _, _, _ in }[0]
        }
        return try await round.search(running, &timings, on: core).first ?? TextResult()
    }

    /// The ids of a text as the reference's model returns them.
    private func generatedTokens(_ result: TextResult) -> [Int] {
        let vocabulary = configuration.vocabulary
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
        on core: isolated EngineCore,
        _ report: (_ step: Int, _ stepCount: Int) -> Void
    ) async throws -> AnnotationRound.Output {
        guard let position = sequence.lastPicturePosition else {
            throw EngineError(.internalFailure, "there is no place for a picture")
        }
        try await append(upTo: position + 1, on: core)
        let round = PictureRound(
            request: active,
            parameters: settings.picture,
            // As the reference counts.
            seeds: (0..<settings.picture.count).map { settings.seed &+ UInt64($0) }
        )
        var timings = Timings()
        let count = settings.picture.count
        let drawn = try await round.draw(running, &timings, on: core) { progress in
            guard case .step(let picture, let step, let stepCount) = progress else { return }
            report((step - 1) * count + picture + 1, count * stepCount)
        }
        guard let first = drawn.first else {
            throw EngineError(.invalidRequest, field: .pictureCount, "is 0")
        }
        let input = PreparedPicture(first.image, resolution: configuration.vision.imageSize)
        pictures.append(input)
        return .pictures(drawn, modelInput: input.image)
    }

    /// Adds the positions that the sequence does not hold yet, with the pictures among them.
    private mutating func append(upTo end: Int, on core: isolated EngineCore) async throws {
        let capacity = configuration.language.maximumPositionCount
        let imageLimit = configuration.language.maximumImageCount - 1
        guard sequence.tokens.count < capacity, sequence.imageCount <= imageLimit else {
            throw EngineError(
                .contextLengthExceeded,
                field: .segmentCount,
                "round \(roundIndex) continues \(sequence.tokens.count) positions with "
                    + "\(sequence.imageCount) pictures; at most \(capacity - 1) and \(imageLimit) fit"
            )
        }
        // What the sequence already holds of a text that was generated is at most all of it.
        let first = running.sequence.totalCount
        guard first < end else { return }
        let tokens = Array(sequence.tokens[first..<end])
        let previous = first > 0 ? sequence.tokens[first - 1] : nil
        let opening = [previous].compactMap(\.self) + tokens.dropLast()
        let added = opening.count { $0 == configuration.vocabulary.beginOfImage }
        let new = Prompt(
            tokens: tokens,
            pictures: Array(pictures[running.imageCount..<running.imageCount + added])
        )
        let images = try await core.encode(new.pictures, for: active)
        core.append(new.elements(images, configuration, after: previous), to: running)
    }

    // MARK: - Preparation

    private static func oneSequence(_ settings: AnnotationSettings) -> AnnotationSettings {
        var settings = settings
        settings.text.stop = []
        settings.text.sequenceCount = 1
        return settings
    }
}

extension Annotation {
    /// The prompt as text and pictures in turn.
    ///
    /// - Throws: ``EngineError`` of kind `invalidRequest` if pictures and their places do not fit
    ///   together.
    func parts() throws(EngineError) -> [InputPart] {
        guard images.count == sentenceIndexes.count else {
            throw EngineError(
                .invalidRequest,
                field: .picturePlaces,
                "\(sentenceIndexes.count) places for \(images.count) pictures"
            )
        }
        let prompt: InterleavedPrompt
        do {
            prompt = try InterleavedPrompt(
                sentences: sentences,
                sentenceIndexes: sentenceIndexes,
                isImageFirst: isImageFirst
            )
        } catch {
            throw EngineError(.invalidRequest, field: .picturePlaces, error.detail)
        }
        var remaining = images[...]
        return prompt.segments.compactMap { segment in
            switch segment {
            case .text(let text): .text(text)
            case .image, .imageToDraw: remaining.popFirst().map { .image($0) }
            }
        }
    }
}
