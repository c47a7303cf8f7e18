internal import Images
internal import Locking
internal import MMInterleaved
internal import Scheduling
internal import Tensors

/// What a session wants to know once a sequence is computed.
enum Wanted {
    case nothing
    /// The logits after the last position.
    case logits
    /// How likely each of these tokens was, which are the sequence's last.
    case logProbabilities([Int])
    /// The tokens that the image decoder's perceiver makes of all positions.
    case conditioning
}

/// What a sequence is made of.
enum SequenceContent {
    case token(Int)
    case image(EncodedImage, ImageDigest)
}

/// A sequence that a session waits for.
struct LanguageWait {
    let running: RunningSequence
    let wanted: Wanted
    let wait: StageWait
}

/// A picture whose features sessions wait for.
struct EncodeWait {
    let picture: PreparedPicture
    var waits: [StageWait]
}

/// A drawing that a session waits for.
struct DrawingWait {
    let drawing: RunningDrawing
    let wait: StageWait
}

/// What sessions call: each call returns when its part of some step is computed, and throws what the
/// request ended with if that came first.
extension EngineCore {
    // MARK: - Sequences

    func makeSequence(for request: ActiveRequest) -> RunningSequence {
        let identifier = scheduler.withLock { $0.addSequence(to: request.identifier) }
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
                running.sequence.append(token: token)
                keys.append(.token(token))
            case .image(let image, let digest):
                running.sequence.append(image)
                running.latestImage = image
                running.imageCount += 1
                for offset in 0..<model.configuration.imageTokenCount {
                    keys.append(.image(digest, offset: offset))
                }
            }
        }
        scheduler.withLock { $0.append(keys, to: running.identifier) }
    }

    /// Computes everything that sequences hold.
    func compute(
        _ sequences: [RunningSequence],
        wanting wanted: Wanted,
        for request: ActiveRequest
    ) async throws {
        try await compute(sequences.map { ($0, wanted) }, for: request)
    }

    /// Computes everything that sequences hold.
    func compute(
        _ sequences: [(RunningSequence, Wanted)],
        for request: ActiveRequest
    ) async throws {
        request.recorder?.move(to: .language)
        try await wait(sequences.count, for: request) { wait in
            for (running, wanted) in sequences {
                languageWaits[running.identifier] = LanguageWait(
                    running: running,
                    wanted: wanted,
                    wait: wait
                )
                let isNeeded = scheduler.withLock { $0.requestLanguage(running.identifier) }
                // What was read of the sequence the last time still holds.
                if !isNeeded { deliver(computed: running.identifier) }
            }
        }
    }

    // MARK: - Pictures

    /// Features of pictures, from the cache or computed.
    func encode(
        _ pictures: [PreparedPicture],
        for request: ActiveRequest
    ) async throws -> [EncodedImage] {
        if !pictures.isEmpty { request.recorder?.move(to: .encode) }
        try await wait(pictures.count, for: request) { wait in
            for picture in pictures {
                let availability = scheduler.withLock {
                    $0.requestEncode(picture.digest, of: request.identifier)
                }
                switch availability {
                case .held: wait.finishPart()
                case .awaited:
                    encodeWaits[picture.digest, default: EncodeWait(picture: picture, waits: [])]
                        .waits.append(wait)
                }
            }
        }
        return try pictures.map { picture in
            guard let image = images[picture.digest] else {
                throw EngineError(.internalFailure, "a picture's features are gone")
            }
            return image
        }
    }

    /// What the pictures after a sequence have in common.
    func drawingContext(
        after running: RunningSequence,
        for request: ActiveRequest
    ) async throws -> DrawingContext {
        try await compute([running], wanting: .conditioning, for: request)
        guard let tokens = running.conditioning else {
            throw EngineError(.internalFailure, "a sequence has no conditioning")
        }
        return DrawingContext(
            model,
            compute,
            tokens: tokens,
            pyramid: synchronizers.contains(.imageDecoder) ? running.latestImage?.pyramid : nil
        )
    }

    func makeDrawing(
        _ context: DrawingContext,
        _ parameters: PictureParameters,
        seed: UInt64,
        for request: ActiveRequest
    ) -> RunningDrawing {
        let sampleCount = parameters.guidanceScale > 1 ? 2 : 1
        let identifier = scheduler.withLock {
            $0.addDrawing(to: request.identifier, sampleCount: sampleCount)
        }
        return RunningDrawing(identifier, context, parameters, seed: seed)
    }

    func remove(_ drawing: RunningDrawing) {
        scheduler.withLock { $0.remove(drawing.identifier) }
    }

    /// Takes one step of every drawing.
    func denoise(_ drawings: [RunningDrawing], for request: ActiveRequest) async throws {
        request.recorder?.move(to: .denoise)
        try await wait(drawings.count, for: request) { wait in
            for drawing in drawings {
                denoiseWaits[drawing.identifier] = DrawingWait(drawing: drawing, wait: wait)
                scheduler.withLock { $0.requestDenoise(drawing.identifier) }
            }
        }
    }

    /// Makes pictures of drawings as they are now.
    func render(
        _ drawings: [RunningDrawing],
        for request: ActiveRequest
    ) async throws -> [RGBImage] {
        request.recorder?.move(to: .render)
        try await wait(drawings.count, for: request) { wait in
            for drawing in drawings {
                renderWaits[drawing.identifier] = DrawingWait(drawing: drawing, wait: wait)
                scheduler.withLock { $0.requestRender(drawing.identifier) }
            }
        }
        return try drawings.map { drawing in
            guard let image = drawing.image else {
                throw EngineError(.internalFailure, "a drawing was not rendered")
            }
            return image
        }
    }

    // MARK: - Waiting

    private func wait(
        _ partCount: Int,
        for request: ActiveRequest,
        register: (StageWait) -> Void
    ) async throws {
        if let failure = request.failure { throw failure }
        guard partCount > 0 else { return }
        try await withCheckedThrowingContinuation { continuation in
            let wait = StageWait(request, partCount: partCount, continuation)
            request.wait = wait
            register(wait)
            scheduleStep()
        }
        // It may have ended between the step and now.
        if let failure = request.failure { throw failure }
    }

    /// A part of a step is done.
    func deliver(_ event: SchedulingEvent) {
        switch event {
        case .computed(let sequence, _): deliver(computed: sequence)
        case .encoded(let digest, let request):
            guard let encode = encodeWaits[digest] else { return }
            let others = encode.waits.filter { $0.request.identifier != request }
            encodeWaits[digest] =
                others.isEmpty ? nil : EncodeWait(picture: encode.picture, waits: others)
            // A picture that stands in a prompt twice is waited for twice.
            for wait in encode.waits where wait.request.identifier == request { wait.finishPart() }
        case .denoised(let drawing, _):
            denoiseWaits.removeValue(forKey: drawing)?.wait.finishPart()
        case .rendered(let drawing, _):
            renderWaits.removeValue(forKey: drawing)?.wait.finishPart()
        }
    }

    private func deliver(computed sequence: SequenceIdentifier) {
        languageWaits.removeValue(forKey: sequence)?.wait.finishPart()
    }

    /// Drops everything that a request waits for.
    func forget(_ request: ActiveRequest) {
        guard let wait = request.wait else { return }
        languageWaits = languageWaits.filter { $0.value.wait !== wait }
        denoiseWaits = denoiseWaits.filter { $0.value.wait !== wait }
        renderWaits = renderWaits.filter { $0.value.wait !== wait }
        for (digest, encode) in encodeWaits {
            let others = encode.waits.filter { $0 !== wait }
            encodeWaits[digest] =
                others.isEmpty ? nil : EncodeWait(picture: encode.picture, waits: others)
        }
    }
}
