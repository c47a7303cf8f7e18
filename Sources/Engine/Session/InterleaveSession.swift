internal import Images
internal import MMInterleaved
internal import Tensors
internal import Tokenization

/// Runs one request from its prompt to its last event: text until the model ends it or opens a
/// picture, the picture, then text again, as the request's ``SegmentPolicy`` says.
///
/// Every position goes through the language model once and every picture through the vision model once.
///
/// Source: MM-Interleaved, arXiv 2401.10208 §3.4; its `inference.py` (`inference_all`), whose rounds these are.
struct InterleaveSession {
    private let request: InterleaveRequest
    private let active: ActiveRequest
    private let tokenizer: Tokenizer
    private let configuration: ModelConfiguration
    private let emit: (EngineEvent) -> Void
    private let running: RunningSequence
    private var choosers: [TokenChooser]
    /// Ids of the prompt that follow the picture which is drawn first.
    private var postponed: [Int] = []
    private var usage = Usage()
    private var timings: Timings
    private let clock = ContinuousClock()

    /// Begins with an empty sequence.
    ///
    /// - Parameters:
    ///   - request: What is asked for, without its input.
    ///   - active: What the engine knows of it.
    ///   - tokenizer: The model's.
    ///   - timings: What the request has waited for so far.
    ///   - core: Where it is computed.
    ///   - emit: Gets every event.
    init(
        _ request: InterleaveRequest,
        _ active: ActiveRequest,
        tokenizer: Tokenizer,
        timings: Timings,
        on core: isolated EngineCore,
        emit: @escaping (EngineEvent) -> Void
    ) {
        self.request = request
        self.active = active
        self.tokenizer = tokenizer
        self.timings = timings
        self.emit = emit
        configuration = core.model.configuration
        running = core.makeSequence(for: active)
        choosers = [Self.chooser(request, configuration, seed: request.seed)]
    }

    /// Computes the answer.
    mutating func run(
        _ prompt: Prompt,
        on core: isolated EngineCore
    ) async throws -> Completion {
        try await encode(prompt, on: core)
        let reason: FinishReason
        switch request.mode {
        case .text: reason = try await runText(on: core)
        case .image: reason = try await runPicture(on: core)
        case .interleave: reason = try await runInterleaved(on: core)
        }
        usage.computedTokenCount = active.computedTokenCount
        usage.cachedTokenCount = active.cachedTokenCount
        usage.encodedImageCount = active.encodedImageCount
        var explanation = active.explanation
        explanation.images = Array(explanation.images.prefix(usage.inputImageCount))
        return Completion(
            finishReason: reason,
            usage: usage,
            timings: timings,
            explanation: explanation
        )
    }

    private mutating func encode(_ prompt: Prompt, on core: isolated EngineCore) async throws {
        usage.promptTokenCount = prompt.tokens.count
        usage.inputImageCount = prompt.pictures.count
        var prompt = prompt
        if request.policy.redrawsLastPicture, let cut = prompt.cutAtLastPicture(configuration) {
            (prompt, postponed) = cut
        }
        let start = clock.now
        let images = try await core.encode(prompt.pictures, for: active)
        timings.encoded += start.duration(to: clock.now)
        core.append(prompt.elements(images, configuration), to: running)
    }

    // MARK: - Modes

    private mutating func runText(on core: isolated EngineCore) async throws -> FinishReason {
        emit(.segmentStarted(index: 0, kind: .text))
        let choices: [TextResult]
        if request.text.beamCount > 1 {
            choices = try await search(request.text, on: core)
        } else {
            // Several texts of the same prompt: each has random numbers of its own.
            let seeds = (0..<request.text.sequenceCount).map {
                ChoiceSeed.derived(from: request.seed, index: $0)
            }
            choosers = seeds.map { Self.chooser(request, configuration, seed: $0) }
            choices = zip(try await sample(request.text, index: 0, on: core), seeds).map {
                var choice = $0
                choice.seed = $1
                return choice
            }
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

    private mutating func runPicture(on core: isolated EngineCore) async throws -> FinishReason {
        guard running.hasRoomForPicture else {
            throw EngineError(
                .contextLengthExceeded,
                field: .input,
                "\(running.room) positions are left of "
                    + "\(configuration.language.maximumPositionCount), a picture takes "
                    + "\(configuration.imageTokenCount + 1) and one more"
            )
        }
        try await drawPicture(index: 0, on: core)
        return .stop
    }

    private mutating func runInterleaved(
        on core: isolated EngineCore
    ) async throws -> FinishReason {
        var index = 0
        var opensPicture = request.force == .image || request.policy.redrawsLastPicture
        while index < request.maximumSegmentCount {
            guard opensPicture ? running.hasRoomForPicture : running.room > 0 else {
                return try endWithoutRoom(index)
            }
            if opensPicture {
                let picture = try await drawPicture(index: index, on: core)
                index += 1
                opensPicture = false
                // Nothing follows the last segment, so nothing needs to know it.
                if index < request.maximumSegmentCount { try await append(picture, on: core) }
                continue
            }
            let (result, isSegment) = try await interleavedText(index: index, on: core)
            if isSegment { index += 1 }
            let isSearched = request.text.beamCount > 1
            if request.policy.isLast(result, isSearched: isSearched) { return result.finishReason }
            opensPicture = request.policy.opensPicture(after: result, isSearched: isSearched)
        }
        return .length
    }

    /// The end of an answer whose next segment does not fit the sequence.
    private func endWithoutRoom(_ index: Int) throws(EngineError) -> FinishReason {
        guard request.policy.requiresRoom else { return .length }
        let language = configuration.language
        throw EngineError(
            .contextLengthExceeded,
            field: .segmentCount,
            "segment \(index) does not fit after \(running.sequence.totalCount) of "
                + "\(language.maximumPositionCount) positions and \(running.imageCount) of "
                + "\(language.maximumImageCount - 1) pictures"
        )
    }

    /// A text of an interleaved answer, and whether it is a segment.
    ///
    /// Without any token, the model went straight on to a picture, or ended.
    private mutating func interleavedText(
        index: Int,
        on core: isolated EngineCore
    ) async throws -> (result: TextResult, isSegment: Bool) {
        var parameters = request.text
        if index == 0 && request.force == .text {
            parameters.minimumTokenCount = max(1, parameters.minimumTokenCount)
        }
        let keepsEmpty = request.policy.keepsEmptyTexts
        if keepsEmpty { emit(.segmentStarted(index: index, kind: .text)) }
        let result: TextResult
        if parameters.beamCount > 1 {
            let best = try await search(parameters, on: core).first
            result = best ?? TextResult(finishReason: .stop)
            if !keepsEmpty, !result.tokens.isEmpty {
                emit(.segmentStarted(index: index, kind: .text))
            }
            core.append(result.tokens.map { .token($0) }, to: running)
        } else {
            result = try await sample(
                parameters,
                index: index,
                startsWithFirstText: !keepsEmpty,
                on: core
            )[0]
        }
        let isSegment = keepsEmpty || !result.tokens.isEmpty
        if isSegment { finishText([result], index: index) }
        return (result, isSegment)
    }

    // MARK: - Text

    private mutating func sample(
        _ parameters: TextParameters,
        index: Int,
        startsWithFirstText: Bool = false,
        on core: isolated EngineCore
    ) async throws -> [TextResult] {
        let start = clock.now
        let emit = emit
        var hasStarted = !startsWithFirstText
        func begin() {
            if !hasStarted { emit(.segmentStarted(index: index, kind: .text)) }
            hasStarted = true
        }
        let round = TextRound(request: active, tokenizer: tokenizer, parameters: parameters)
        let results = try await round.sample(running, &choosers, &timings, on: core) {
            begin()
            emit(.textDelta(index: index, choice: $0, text: $1, logProbabilities: $2))
        }
        if !results[0].tokens.isEmpty { begin() }
        timings.generated += start.duration(to: clock.now)
        usage.completionTokenCount += results.reduce(0) { $0 + $1.tokenCount }
        return results
    }

    private mutating func search(
        _ parameters: TextParameters,
        on core: isolated EngineCore
    ) async throws -> [TextResult] {
        let start = clock.now
        let round = TextRound(request: active, tokenizer: tokenizer, parameters: parameters)
        let results = try await round.search(running, &timings, on: core)
        timings.generated += start.duration(to: clock.now)
        usage.completionTokenCount += results.reduce(0) { $0 + $1.tokenCount }
        return results
    }

    private func finishText(_ results: [TextResult], index: Int) {
        emit(.segmentDone(.text(TextSegment(index: index, choices: results.map(\.choice)))))
    }

    private static func chooser(
        _ request: InterleaveRequest,
        _ configuration: ModelConfiguration,
        seed: UInt64
    ) -> TokenChooser {
        TokenChooser(
            start: configuration.vocabulary.beginOfSequence,
            endTokens: TextGeneration.endTokens(configuration.vocabulary),
            parameters: request.text,
            generator: TorchGenerator(seed: seed)
        )
    }

    // MARK: - Pictures

    /// Opens a picture and draws it; returns the first one for the sequence to go on from.
    @discardableResult
    private mutating func drawPicture(
        index: Int,
        on core: isolated EngineCore
    ) async throws -> RGBImage {
        emit(.segmentStarted(index: index, kind: .image))
        core.append([.token(configuration.vocabulary.beginOfImage)], to: running)
        let round = PictureRound(
            request: active,
            parameters: request.picture,
            seeds: (0..<request.picture.count).map {
                request.policy.pictureSeed(from: request.seed, index: $0)
            }
        )
        let emit = emit
        var steps = 0
        let pictures = try await round.draw(running, &timings, on: core) { progress in
            switch progress {
            case .step(let picture, let step, let stepCount, let rest):
                steps += 1
                emit(
                    .imageProgress(
                        index: index,
                        picture: picture,
                        step: step,
                        stepCount: stepCount,
                        rest: rest
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
    private mutating func append(_ picture: RGBImage, on core: isolated EngineCore) async throws {
        let start = clock.now
        let prepared = PreparedPicture(
            picture,
            resolution: configuration.vision.imageSize,
            scope: active.scope
        )
        let images = try await core.encode([prepared], for: active)
        timings.encoded += start.duration(to: clock.now)
        core.append(images.map { .image($0, prepared.digest) }, to: running)
        core.append(postponed.map { .token($0) }, to: running)
        postponed = []
    }
}
