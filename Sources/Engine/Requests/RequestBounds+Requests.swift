internal import MMInterleaved
internal import Scheduling
internal import Tokenization

// What a request can need at most, told from its document alone: nothing is decoded or tokenized for it.
// Once that is done, the numbers of positions are replaced by what they turned out to be.

/// What of a request makes it several sequences at the same time.
struct Branching: Hashable, Sendable {
    /// The field that asks for them.
    let field: RequestField
    /// How many it asks for.
    let count: Int

    /// Sequences that exist together, the one that they continue included.
    var sequenceCount: Int { count > 1 ? count + 1 : 1 }

    /// How many would fit so many blocks, with the other bounds as they are; nil if even one does not.
    func count(fitting blockCount: Int, _ bounds: RequestBounds) -> Int? {
        guard count > 1 else { return nil }
        let fitting =
            bounds.sequenceCount(fitting: blockCount, blockSize: KeyValuePool.blockSize) - 1
        // A single text goes on in the input's own sequence, for which there is always room; an option never does.
        if field != .optionCount { return max(1, fitting) }
        return fitting > 0 ? fitting : nil
    }
}

extension InterleaveRequest {
    /// Beams or texts of one context.
    var branching: Branching {
        guard mode != .image else { return Branching(field: .textCount, count: 1) }
        // Beam search returns several texts of the same beams.
        return text.beamCount > 1
            ? Branching(field: .beamCount, count: text.beamCount)
            : Branching(field: .textCount, count: text.sequenceCount)
    }

    /// Upper bounds of positions, sequences, pictures and drawings.
    func bounds(_ configuration: ModelConfiguration) -> RequestBounds {
        var bounds = RequestBounds(input, configuration, priority: priority)
        switch mode {
        case .text:
            bounds.continuationPositionCount = text.maximumTokenCount
            bounds.sequenceCount = branching.sequenceCount
        case .image:
            bounds.continuationPositionCount = 1
            bounds.drawingCount = picture.count
        case .interleave:
            // A segment is a text or a picture; pictures may follow one another.
            bounds.continuationPositionCount =
                maximumSegmentCount * (text.maximumTokenCount + configuration.imageTokenCount + 1)
            bounds.sequenceCount = branching.sequenceCount
            bounds.drawingCount = picture.count
            bounds.imageCount = min(
                bounds.imageCount + maximumSegmentCount,
                configuration.language.maximumImageCount
            )
        }
        bounds.leastWork = work(isLongest: false, bounds)
        bounds.mostWork = work(isLongest: true, bounds)
        return bounds
    }

    /// What is computed for the shortest answer or for the longest; the context has no say yet.
    private func work(isLongest: Bool, _ bounds: RequestBounds) -> RequestWork {
        var work = RequestWork()
        // The prompt's positions and its pictures' features may be in the caches.
        work.promptPositionCount = isLongest ? bounds.promptPositionCount : 0
        work.readCount = isLongest ? bounds.imageCount : 0
        let (texts, pictures) =
            switch mode {
            case .text: (1, 0)
            case .image: (0, 1)
            case .interleave:
                isLongest ? alternation : force == .image ? (0, 1) : (force == .text ? 1 : 0, 0)
            }
        work.tokenCount = texts * (isLongest ? text.maximumTokenCount : text.minimumTokenCount)
        work.sequenceCount = branching.count
        work.denoiseStepCount = pictures * picture.stepCount
        work.sampleCount = picture.count * (picture.guidanceScale > 1 ? 2 : 1)
        work.renderCount = pictures * picture.count
        return work
    }

    /// Texts and pictures of the longest interleaved answer, of which every other is a picture.
    private var alternation: (textCount: Int, pictureCount: Int) {
        let (less, more) = (maximumSegmentCount / 2, (maximumSegmentCount + 1) / 2)
        return force == .image ? (less, more) : (more, less)
    }
}

extension ScoreRequest {
    /// Upper bounds of positions, sequences and pictures.
    func bounds(_ configuration: ModelConfiguration) -> RequestBounds {
        var bounds = RequestBounds(input, configuration, priority: .normal)
        bounds.continuationPositionCount = options.map(\.utf8.count).max() ?? 0
        bounds.sequenceCount = 1 + min(options.count, ScoreSession.groupSize)
        bounds.inputByteCount += optionByteCount
        bounds.mostWork.promptPositionCount = bounds.promptPositionCount
        bounds.mostWork.readCount = bounds.imageCount
        bounds.mostWork.tokenCount = bounds.continuationPositionCount
        bounds.mostWork.sequenceCount = options.count
        return bounds
    }

    /// Options, some of which are computed together.
    var branching: Branching { Branching(field: .optionCount, count: options.count) }

    /// Bytes of all options.
    var optionByteCount: Int { options.reduce(0) { $0 + $1.utf8.count } }
}

extension ScoreRequest {
    /// Token ids of the options, whose number replaces the estimate of their positions.
    ///
    /// Each option is tokenized as a text of its own, as the reference does. Runs off the engine's thread: options
    /// may be long.
    ///
    /// - Throws: ``EngineError`` of kind `contextLengthExceeded` if one does not fit after the prompt, or `cancelled`.
    func tokens(
        after prompt: Prompt,
        _ configuration: ModelConfiguration,
        _ tokenizer: Tokenizer,
        _ preparation: PromptPreparation,
        _ bounds: inout RequestBounds
    ) throws -> [[Int]] {
        let room = configuration.language.maximumPositionCount - prompt.tokens.count
        var tokens: [[Int]] = []
        for (index, option) in options.enumerated() {
            let field = RequestField.option(index)
            try preparation.requireWanted()
            guard option.utf8.count <= room * Prompt.maximumByteCountPerToken else {
                throw EngineError(
                    .contextLengthExceeded,
                    field: field,
                    "\(option.utf8.count) bytes do not fit the \(room) positions after the input"
                )
            }
            let option = try tokenizer.encode(option, parsesSpecialTokens: false)
            guard option.count <= room else {
                throw EngineError(
                    .contextLengthExceeded,
                    field: field,
                    "\(option.count) tokens do not fit after \(prompt.tokens.count) positions"
                )
            }
            tokens.append(option)
        }
        bounds.continuationPositionCount = tokens.map(\.count).max() ?? 0
        // The answer repeats them.
        bounds.inputByteCount = optionByteCount
        return tokens
    }
}

extension RequestBounds {
    /// Bounds of an input: a token is at least a byte of text.
    fileprivate init(
        _ input: [InputPart],
        _ configuration: ModelConfiguration,
        priority: Priority
    ) {
        var (positions, images, bytes) = (1, 0, 0)
        for part in input {
            switch part {
            case .text(let text):
                // A text of its own may begin with a separator that is a token.
                positions += text.utf8.count + 1
                bytes += text.utf8.count
            case .image(let file):
                positions += configuration.imageTokenCount + 1
                images += 1
                bytes += file.count
            }
        }
        self.init(
            priority: priority,
            promptPositionCount: positions,
            continuationPositionCount: 0,
            imageCount: min(images, configuration.language.maximumImageCount),
            inputByteCount: bytes
        )
    }

    /// The same bounds, where no sequence is longer than the model's longest.
    func limited(_ configuration: ModelConfiguration) -> RequestBounds {
        var bounds = self
        let longest = configuration.language.maximumPositionCount
        bounds.promptPositionCount = min(promptPositionCount, longest)
        bounds.continuationPositionCount = min(
            continuationPositionCount,
            longest - (sequenceCount > 1 ? 0 : bounds.promptPositionCount)
        )
        bounds.mostWork.promptPositionCount = bounds.promptPositionCount
        bounds.mostWork.tokenCount = min(mostWork.tokenCount, longest)
        return bounds
    }
}
