internal import MMInterleaved
internal import Scheduling
internal import Tokenization

// What a request can need at most, told from its document alone: nothing is decoded or tokenized for it.
// Once that is done, the numbers of positions are replaced by what they turned out to be.

extension InterleaveRequest {
    /// Upper bounds of positions, sequences, pictures and drawings.
    func bounds(_ configuration: ModelConfiguration) -> RequestBounds {
        var bounds = RequestBounds(input, configuration, priority: priority)
        switch mode {
        case .text:
            bounds.continuationPositionCount = text.maximumTokenCount
            bounds.sequenceCount = text.concurrentSequenceCount
        case .image:
            bounds.continuationPositionCount = 1
            bounds.drawingCount = picture.count
        case .interleave:
            // A segment is a text or a picture; pictures may follow one another.
            bounds.continuationPositionCount =
                maximumSegmentCount * (text.maximumTokenCount + configuration.imageTokenCount + 1)
            bounds.sequenceCount = text.concurrentSequenceCount
            bounds.drawingCount = picture.count
            bounds.imageCount = min(
                bounds.imageCount + maximumSegmentCount,
                configuration.language.maximumImageCount
            )
        }
        return bounds
    }
}

extension ScoreRequest {
    /// Upper bounds of positions, sequences and pictures.
    func bounds(_ configuration: ModelConfiguration) -> RequestBounds {
        var bounds = RequestBounds(input, configuration, priority: .normal)
        bounds.continuationPositionCount = options.map(\.utf8.count).max() ?? 0
        bounds.sequenceCount = 1 + min(options.count, ScoreSession.groupSize)
        bounds.inputByteCount += optionByteCount
        return bounds
    }

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

extension TextParameters {
    /// Sequences that exist together while a text is generated, the one that it continues included.
    fileprivate var concurrentSequenceCount: Int {
        // Beam search returns several texts of the same beams.
        let branches = beamCount > 1 ? beamCount : sequenceCount
        return branches > 1 ? branches + 1 : 1
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
        return bounds
    }
}
