internal import Images
internal import Locking
internal import MMInterleaved
internal import Scheduling
internal import Tensors

/// What a session wants to know once a sequence is computed.
enum LanguageDemand {
    case nothing
    /// The logits after the last position, and after those of these tokens that are computed along with it.
    case logits(draft: [Int])
    /// How likely each of these tokens was, which are the sequence's last.
    case logProbabilities([Int])
    /// The tokens that the image decoder's perceiver makes of all positions.
    case conditioning
}

/// What there is to know of a computed sequence, as it was demanded.
enum LanguageResult: Sendable {
    case nothing
    /// After the last position, and after each token of a draft that was computed along with it.
    case logits([[Float]])
    /// Log-probabilities.
    case scores([Float])
    case conditioning(Matrix)

    /// What there is to know of the sequence itself.
    var withoutDraft: LanguageResult {
        if case .logits(let rows) = self { .logits(Array(rows.prefix(1))) } else { self }
    }
}

/// What a sequence is made of.
enum SequenceContent {
    case token(Int)
    case image(EncodedImage, ImageDigest)
}

/// A sequence that a session waits for.
struct LanguageWait {
    let running: RunningSequence
    let demand: LanguageDemand
    let part: StagePart<LanguageResult>
}

/// A picture whose features sessions wait for.
struct EncodeWait {
    let picture: PreparedPicture
    var parts: [StagePart<EncodedImage>]

    /// The same without some of those who wait; nil if nobody is left.
    func waiting(_ isLeft: (StagePart<EncodedImage>) -> Bool) -> EncodeWait? {
        let left = parts.filter(isLeft)
        return left.isEmpty ? nil : EncodeWait(picture: picture, parts: left)
    }
}

/// A drawing that a session waits for.
struct DrawingWait<Value: Sendable> {
    let drawing: RunningDrawing
    let part: StagePart<Value>
}

/// What sessions call: each call returns what some steps computed for it, and throws what the request
/// ended with if that came first.
extension EngineCore {
    // MARK: - Sequences

    func makeSequence(for request: ActiveRequest) -> RunningSequence {
        let identifier = scheduler.withLock {
            $0.addSequence(to: request.identifier, salt: request.scope.cacheSalt)
        }
        let sequence = LanguageSequence(pool, synchronizes: synchronizers.contains(.language))
        return RunningSequence(identifier, sequence, model.configuration)
    }

    /// The same content once more; memory is shared until one of the two goes on.
    func fork(_ running: RunningSequence, for request: ActiveRequest) -> RunningSequence {
        running.fork(scheduler.withLock { $0.fork(running.identifier) })
    }

    func remove(_ running: RunningSequence) {
        scheduler.withLock { $0.remove(running.identifier) }
    }

    /// Adds to a sequence what is to be computed next.
    func append(_ content: [SequenceContent], to running: RunningSequence) {
        var keys: [PositionContent] = []
        for element in content {
            switch element {
            case .token(let token):
                running.append(token: token)
                keys.append(.token(token))
            case .image(let image, let digest):
                running.append(image)
                for offset in 0..<model.configuration.imageTokenCount {
                    keys.append(.image(digest, offset: offset))
                }
            }
        }
        scheduler.withLock { $0.append(keys, to: running.identifier) }
    }

    /// Computes everything that a sequence holds, for others to go on from.
    func prefill(_ running: RunningSequence, for request: ActiveRequest) async throws {
        _ = try await results([(running, .nothing)], for: request)
    }

    /// The logits after the last position of each sequence.
    func logits(
        after sequences: [RunningSequence],
        for request: ActiveRequest
    ) async throws -> [[Float]] {
        try await logits(after: sequences, draft: [], for: request).map { $0[0] }
    }

    /// The logits after the last position of each sequence, and after the first tokens of a draft of what follows: as many
    /// as are likely to save more time than they take.
    func logits(
        after sequences: [RunningSequence],
        draft: [Int],
        for request: ActiveRequest
    ) async throws -> [[[Float]]] {
        try await results(sequences.map { ($0, .logits(draft: draft)) }, for: request).map(logits)
    }

    /// Tokens that a draft may have.
    nonisolated var maximumDraftCount: Int { scheduler.withLock(\.configuration.maximumDraftCount) }

    /// Tells what became of a draft of which `count` tokens were computed: after so many of them a token was chosen.
    func drafted(
        _ count: Int,
        accepted: Int,
        of running: RunningSequence,
        for request: ActiveRequest
    ) {
        guard count > 0 else { return }
        scheduler.withLock { $0.limitDraft(of: running.identifier, to: accepted) }
        request.computedTokenCount += accepted
        metrics.drafted(count, accepted: accepted)
    }

    /// How likely the last tokens of each sequence were, which are given with it.
    func logProbabilities(
        _ sequences: [(running: RunningSequence, tokens: [Int])],
        for request: ActiveRequest
    ) async throws -> [[Float]] {
        try await results(
            sequences.map { ($0.running, .logProbabilities($0.tokens)) },
            for: request
        ).map(scores)
    }

    /// What the pictures after a sequence have in common.
    func drawingContext(
        after running: RunningSequence,
        for request: ActiveRequest
    ) async throws -> DrawingContext {
        let results = try await results([(running, .conditioning)], for: request)
        guard case .conditioning(let tokens)? = results.first else {
            throw EngineError(.internalFailure, "a sequence has no conditioning")
        }
        return DrawingContext(
            model,
            compute,
            tokens: tokens,
            pyramid: synchronizers.contains(.imageDecoder) ? running.latestImage?.pyramid : nil
        )
    }

    /// Computes everything that sequences hold, and reads what is demanded of each.
    private func results(
        _ sequences: [(running: RunningSequence, demand: LanguageDemand)],
        for request: ActiveRequest
    ) async throws -> [LanguageResult] {
        request.recorder?.move(to: .language)
        return try await values(sequences.count, for: request) { parts in
            for ((running, demand), part) in zip(sequences, parts) {
                var draft: [Int] = []
                if case .logits(let tokens) = demand { draft = tokens }
                guard
                    scheduler.withLock({
                        $0.requestLanguage(running.identifier, draft: draft)
                    })
                else {
                    // Nothing was added since it was last computed: what was read then still holds.
                    part.finish(with: running.latest)
                    continue
                }
                languageWaits[running.identifier] = LanguageWait(
                    running: running,
                    demand: demand,
                    part: part
                )
            }
        }
    }

    private func logits(_ result: LanguageResult) throws -> [[Float]] {
        guard case .logits(let rows) = result, !rows.isEmpty else {
            throw EngineError(.internalFailure, "a sequence has no logits")
        }
        return rows
    }

    private func scores(_ result: LanguageResult) throws -> [Float] {
        guard case .scores(let scores) = result else {
            throw EngineError(.internalFailure, "a sequence has no scores")
        }
        return scores
    }

    // MARK: - Pictures

    /// Features of pictures, from the cache or computed.
    func encode(
        _ pictures: [PreparedPicture],
        for request: ActiveRequest
    ) async throws -> [EncodedImage] {
        if !pictures.isEmpty { request.recorder?.move(to: .encode) }
        return try await values(pictures.count, for: request) { parts in
            for (picture, part) in zip(pictures, parts) {
                let availability = scheduler.withLock {
                    $0.requestEncode(picture.digest, of: request.identifier)
                }
                switch availability {
                case .held:
                    request.explanation.images.append(.cached)
                    finish(part, picture.digest)
                case .awaited:
                    let isAwaited = encodeWaits[picture.digest] != nil
                    request.explanation.images.append(isAwaited ? .shared : .encoded)
                    encodeWaits[picture.digest, default: EncodeWait(picture: picture, parts: [])]
                        .parts.append(part)
                }
            }
        }
    }

    func makeDrawing(
        _ context: DrawingContext,
        _ parameters: PictureParameters,
        seed: UInt64,
        for request: ActiveRequest
    ) -> RunningDrawing {
        let identifier = scheduler.withLock {
            $0.addDrawing(to: request.identifier, sampleCount: parameters.sampleCount)
        }
        return RunningDrawing(identifier, context, parameters, seed: seed)
    }

    func remove(_ drawing: RunningDrawing) {
        scheduler.withLock { $0.remove(drawing.identifier) }
    }

    /// Takes one step of every drawing.
    func denoise(_ drawings: [RunningDrawing], for request: ActiveRequest) async throws {
        request.recorder?.move(to: .denoise)
        let _: [Void] = try await values(drawings.count, for: request) { parts in
            for (drawing, part) in zip(drawings, parts) {
                denoiseWaits[drawing.identifier] = DrawingWait(drawing: drawing, part: part)
                scheduler.withLock { $0.requestDenoise(drawing.identifier) }
            }
        }
    }

    /// Pictures of drawings as they are now.
    func render(
        _ drawings: [RunningDrawing],
        for request: ActiveRequest
    ) async throws -> [RGBImage] {
        request.recorder?.move(to: .render)
        return try await values(drawings.count, for: request) { parts in
            for (drawing, part) in zip(drawings, parts) {
                renderWaits[drawing.identifier] = DrawingWait(drawing: drawing, part: part)
                scheduler.withLock { $0.requestRender(drawing.identifier) }
            }
        }
    }

    // MARK: - Waiting

    /// Waits for values that steps compute; `register` says where each is waited for.
    private func values<Value: Sendable>(
        _ count: Int,
        for request: ActiveRequest,
        register: ([StagePart<Value>]) -> Void
    ) async throws -> [Value] {
        if let failure = request.failure { throw failure }
        guard count > 0 else { return [] }
        let values = try await withCheckedThrowingContinuation { continuation in
            let wait = StageWait<Value>(request, partCount: count, continuation)
            request.wait = wait
            register(wait.parts)
            scheduleStep()
        }
        // It may have ended between the step and now.
        if let failure = request.failure { throw failure }
        return values
    }

    /// A part of a step is done.
    func deliver(_ event: SchedulingEvent, _ results: StepResults) {
        switch event {
        case .computed(let sequence, _):
            guard let result = results.language[sequence] else { return }
            languageWaits.removeValue(forKey: sequence)?.part.finish(with: result)
        case .encoded(let digest, let request):
            guard let encode = encodeWaits[digest] else { return }
            encodeWaits[digest] = encode.waiting { $0.request.identifier != request }
            // A picture that stands in a prompt twice is waited for twice.
            for part in encode.parts where part.request.identifier == request {
                finish(part, digest)
            }
        case .denoised(let drawing, _):
            denoiseWaits.removeValue(forKey: drawing)?.part.finish(with: ())
        case .rendered(let drawing, _):
            guard let picture = results.pictures[drawing] else { return }
            renderWaits.removeValue(forKey: drawing)?.part.finish(with: picture)
        }
    }

    private func finish(_ part: StagePart<EncodedImage>, _ digest: ImageDigest) {
        guard let image = images[digest] else {
            return part.wait.fail(EngineError(.internalFailure, "a picture's features are gone"))
        }
        part.finish(with: image)
    }

    /// Drops everything that a request waits for.
    func forget(_ request: ActiveRequest) {
        guard let wait = request.wait else { return }
        languageWaits = languageWaits.filter { $0.value.part.wait !== wait }
        denoiseWaits = denoiseWaits.filter { $0.value.part.wait !== wait }
        renderWaits = renderWaits.filter { $0.value.part.wait !== wait }
        for (digest, encode) in encodeWaits {
            encodeWaits[digest] = encode.waiting { $0.wait !== wait }
        }
    }
}
