internal import Images
internal import MMInterleaved
internal import Tensors
internal import Tokenization

/// Runs one request from its prompt to its last event: text until the model ends it or opens a
/// picture, the picture, then text again.
///
/// Source: MM-Interleaved, arXiv 2401.10208 §3.4; the reference's inference script, whose rounds these
/// are, without computing earlier positions again.
struct InterleaveSession {
    private let model: InterleavedModel
    private let compute: Compute
    private let tokenizer: Tokenizer
    private let request: InterleaveRequest
    private let guarding: SessionGuard
    private let emit: (EngineEvent) -> Void
    private var state: SequenceState
    private var chooser: TokenChooser
    private var usage = Usage()
    private var timings: Timings
    private let clock = ContinuousClock()

    init(
        _ request: InterleaveRequest,
        model: InterleavedModel,
        compute: Compute,
        tokenizer: Tokenizer,
        guarding: SessionGuard,
        timings: Timings,
        emit: @escaping (EngineEvent) -> Void
    ) {
        self.model = model
        self.compute = compute
        self.tokenizer = tokenizer
        self.request = request
        self.guarding = guarding
        self.timings = timings
        self.emit = emit
        state = SequenceState(model, compute)
        chooser = Self.chooser(request, model, seed: request.seed)
    }

    /// Computes the answer.
    mutating func run(_ prompt: Prompt) throws -> Completion {
        try prefill(prompt)
        let reason: FinishReason
        switch request.mode {
        case .text: reason = try runText()
        case .image: reason = try runPicture()
        case .interleave: reason = try runInterleaved()
        }
        usage.computedTokenCount = state.sequence.computedCount
        return Completion(finishReason: reason, usage: usage, timings: timings)
    }

    private mutating func prefill(_ prompt: Prompt) throws {
        usage.promptTokenCount = prompt.tokens.count
        usage.inputImageCount = prompt.pictures.count
        var start = clock.now
        let features = try prompt.pictures.map { picture in
            try guarding.check()
            return state.encode(picture)
        }
        usage.encodedImageCount = features.count
        timings.encoded += start.duration(to: clock.now)
        try guarding.check()
        start = clock.now
        state.extend(tokens: prompt.tokens, features: features)
        timings.prefilled += start.duration(to: clock.now)
        try guarding.check()
    }

    // MARK: - Modes

    private mutating func runText() throws -> FinishReason {
        emit(.segmentStarted(index: 0, kind: .text))
        let choices: [TextRound.Result]
        if request.text.beamCount > 1 {
            choices = try search(request.text)
        } else if request.text.sequenceCount > 1 {
            choices = try sampleSeveral()
        } else {
            choices = [try sample(request.text, index: 0)]
        }
        // In an answer of words alone a picture that the model would open is simply the end.
        let ended = choices.map { choice in
            var choice = choice
            if choice.finishReason == .image { choice.finishReason = .stop }
            return choice
        }
        finishText(ended, index: 0)
        return ended.first?.finishReason ?? .stop
    }

    private mutating func runPicture() throws -> FinishReason {
        guard state.hasRoomForPicture else {
            throw EngineError(
                .contextLengthExceeded,
                field: "input",
                "no positions are left for a picture"
            )
        }
        try drawPicture(index: 0)
        return .stop
    }

    private mutating func runInterleaved() throws -> FinishReason {
        var index = 0
        var opensPicture = request.force == .image
        while index < request.maximumSegmentCount {
            if opensPicture {
                guard state.hasRoomForPicture else { return .length }
                let features = try drawPicture(index: index)
                index += 1
                opensPicture = false
                // Nothing follows the last segment, so nothing needs to know it.
                if index < request.maximumSegmentCount { extend(with: features) }
                continue
            }
            var parameters = request.text
            if index == 0 && request.force == .text {
                parameters.minimumTokenCount = max(1, parameters.minimumTokenCount)
            }
            let result = try interleavedText(parameters, index: index)
            if !result.tokens.isEmpty { index += 1 }
            guard result.finishReason == .image else { return result.finishReason }
            opensPicture = true
        }
        return .length
    }

    /// A text segment of an interleaved answer.
    ///
    /// One without any token is no segment: the model went straight on to a picture, or ended.
    private mutating func interleavedText(
        _ parameters: TextParameters,
        index: Int
    ) throws -> TextRound.Result {
        let result: TextRound.Result
        if parameters.beamCount > 1 {
            let best = try search(parameters).first
            result = best ?? TextRound.Result(finishReason: .stop)
            if !result.tokens.isEmpty { emit(.segmentStarted(index: index, kind: .text)) }
            state.extend(tokens: result.tokens)
        } else {
            result = try sample(parameters, index: index, startsWithFirstText: true)
        }
        if !result.tokens.isEmpty { finishText([result], index: index) }
        return result
    }

    // MARK: - Text

    private func round(_ parameters: TextParameters) -> TextRound {
        TextRound(model: model, compute: compute, tokenizer: tokenizer, parameters: parameters)
    }

    private mutating func sample(
        _ parameters: TextParameters,
        index: Int,
        startsWithFirstText: Bool = false
    ) throws -> TextRound.Result {
        let start = clock.now
        let emit = emit
        var hasStarted = !startsWithFirstText
        func begin() {
            if !hasStarted { emit(.segmentStarted(index: index, kind: .text)) }
            hasStarted = true
        }
        chooser = chooser.with(parameters)
        let result = try round(parameters).sample(state.sequence, &chooser, guarding) { text in
            begin()
            emit(.textDelta(index: index, text: text))
        }
        if !result.tokens.isEmpty { begin() }
        timings.generated += start.duration(to: clock.now)
        usage.completionTokenCount += result.tokens.count
        return result
    }

    /// Several texts of the same prompt: each continues it with random numbers of its own.
    private mutating func sampleSeveral() throws -> [TextRound.Result] {
        let start = clock.now
        defer { timings.generated += start.duration(to: clock.now) }
        let results = try (0..<request.text.sequenceCount).map { index in
            let sequence = model.language.makeSequence()
            sequence.copy(from: state.sequence)
            var chooser = Self.chooser(request, model, seed: request.seed &+ UInt64(index))
            return try round(request.text).sample(sequence, &chooser, guarding) { _ in }
        }
        usage.completionTokenCount += results.reduce(0) { $0 + $1.tokens.count }
        return results
    }

    private mutating func search(_ parameters: TextParameters) throws -> [TextRound.Result] {
        let start = clock.now
        let results = try round(parameters).search(state.sequence, guarding)
        timings.generated += start.duration(to: clock.now)
        usage.completionTokenCount += results.reduce(0) { $0 + $1.tokens.count }
        return results
    }

    private func finishText(_ results: [TextRound.Result], index: Int) {
        emit(.segmentDone(.text(TextSegment(index: index, choices: results.map(\.choice)))))
    }

    private static func chooser(
        _ request: InterleaveRequest,
        _ model: InterleavedModel,
        seed: UInt64
    ) -> TokenChooser {
        let vocabulary = model.configuration.vocabulary
        return TokenChooser(
            start: vocabulary.beginOfSequence,
            endTokens: TextRound.endTokens(vocabulary),
            parameters: request.text,
            generator: TorchGenerator(seed: seed)
        )
    }

    // MARK: - Pictures

    /// Opens a picture and draws it; returns the first one for the sequence to go on from.
    @discardableResult
    private mutating func drawPicture(index: Int) throws -> RGBImage {
        emit(.segmentStarted(index: index, kind: .image))
        state.extend(tokens: [model.configuration.vocabulary.beginOfImage])
        let round = PictureRound(
            model: model,
            compute: compute,
            parameters: request.picture,
            seed: request.seed
        )
        let emit = emit
        var steps = 0
        let pictures = try round.draw(state, guarding, &timings) { progress in
            switch progress {
            case .step(let picture, let step, let stepCount):
                steps += 1
                emit(
                    .imageProgress(
                        index: index,
                        picture: picture,
                        step: step,
                        stepCount: stepCount
                    )
                )
            case .preview(let picture, let step, let image):
                emit(.imagePartial(index: index, picture: picture, step: step, image: image))
            }
        }
        usage.stepCount += steps
        usage.outputImageCount += pictures.count
        emit(.segmentDone(.image(PictureSegment(index: index, pictures: pictures))))
        return pictures[0].image
    }

    /// Feeds a drawn picture back as an input picture.
    private mutating func extend(with picture: RGBImage) {
        var start = clock.now
        let transform = ImageTransform(resolution: model.configuration.vision.imageSize)
        let features = state.encode(transform.apply(to: picture))
        usage.encodedImageCount += 1
        timings.encoded += start.duration(to: clock.now)
        start = clock.now
        state.extend(picture: features)
        timings.prefilled += start.duration(to: clock.now)
    }
}
