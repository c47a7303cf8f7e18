// MARK: - Sequences

extension Scheduler {
    /// A new, empty sequence of a running request, which shares computed positions with those of the same salt.
    ///
    /// - Precondition: The request has no more sequences at the same time than its bounds say.
    package mutating func addSequence(
        to request: RequestIdentifier,
        salt: CacheSalt = .none
    ) -> SequenceIdentifier {
        requireRunning(request)
        precondition(
            requests[request].map { $0.sequences.count < $0.bounds.sequenceCount } ?? false,
            "more sequences than the request's bounds say"
        )
        let identifier = SequenceIdentifier(number: makeNumber())
        sequences[identifier] = SequenceState(request: request, salt: salt)
        requests[request]?.sequences.append(identifier)
        return identifier
    }

    /// Makes the next positions of a sequence known; nothing is computed yet.
    ///
    /// - Precondition: The sequence gets no longer than its request's bounds say.
    package mutating func append(
        _ content: some Sequence<PositionContent>,
        to identifier: SequenceIdentifier
    ) {
        guard let request = sequences[identifier]?.request, let bounds = requests[request]?.bounds
        else { preconditionFailure("the sequence is gone") }
        sequences[identifier]?.content.append(contentsOf: content)
        precondition(
            sequences[identifier]?.content.count ?? 0 <= bounds.positionCount,
            "more than the \(bounds.positionCount) positions of the request's bounds"
        )
    }

    /// A sequence with the same content and the same computed positions.
    ///
    /// Blocks are shared; the first to write into a shared one gets a copy with the next step.
    package mutating func fork(_ identifier: SequenceIdentifier) -> SequenceIdentifier {
        guard var state = sequences[identifier] else {
            preconditionFailure("the sequence is gone")
        }
        let fork = addSequence(to: state.request)
        for block in state.blocks { pool.retain(block) }
        state.isRequested = false
        state.draft = DraftState()
        sequences[fork] = state
        return fork
    }

    /// Removes a sequence; its full blocks can be found again by others that begin alike.
    ///
    /// Does nothing if it is gone already.
    package mutating func remove(_ identifier: SequenceIdentifier) {
        guard let request = sequences[identifier]?.request else { return }
        // What was guessed right fills blocks that others may find.
        settleDraft(of: identifier)
        releaseBlocks(of: identifier)
        sequences[identifier] = nil
        requests[request]?.sequences.removeAll { $0 == identifier }
    }

    /// Asks for all positions that are known but not computed.
    ///
    /// The event ``SchedulingEvent/computed(_:of:)`` follows.
    ///
    /// - Parameters:
    ///   - identifier: The sequence.
    ///   - draft: Tokens that may follow; the first of them are computed too where that is likely to pay.
    /// - Returns: False, and no event follows, if there are none.
    @discardableResult
    package mutating func requestLanguage(
        _ identifier: SequenceIdentifier,
        draft: [Int] = []
    ) -> Bool {
        settleDraft(of: identifier)
        guard let state = sequences[identifier] else {
            preconditionFailure("the sequence is gone")
        }
        guard state.remainingCount > 0 else { return false }
        if !state.isRequested { sequences[identifier]?.requestedAt = latestTime }
        sequences[identifier]?.isRequested = true
        sequences[identifier]?.draft.tokens = draft
        sequences[identifier]?.draft.start = state.content.count
        return true
    }

    /// Nothing of the sequence is computed any more.
    mutating func releaseBlocks(of identifier: SequenceIdentifier) {
        guard let blocks = sequences[identifier]?.blocks else { return }
        for block in blocks.reversed() { pool.release(block) }
        sequences[identifier]?.blocks = []
        sequences[identifier]?.computedCount = 0
        sequences[identifier]?.adoptedCount = 0
        sequences[identifier]?.draft.computedCount = 0
    }
}

// MARK: - Pictures that are read

extension Scheduler {
    /// Asks for a picture's features, which the request keeps until its end.
    ///
    /// If they are awaited, the event ``SchedulingEvent/encoded(_:for:)`` follows. A picture that several
    /// requests ask for is encoded once.
    ///
    /// - Precondition: The request asks for no more different pictures than its bounds say.
    package mutating func requestEncode(
        _ image: ImageDigest,
        of request: RequestIdentifier
    ) -> ImageFeatureCache<ImageDigest, RequestIdentifier>.Availability {
        requireRunning(request)
        let availability = images.ask(image, for: request)
        if availability == .awaited, requests[request]?.awaitedImages.contains(image) == false {
            requests[request]?.awaitedImages.append(image)
        }
        return availability
    }
}

// MARK: - Pictures that are drawn

extension Scheduler {
    /// A new drawing of a running request.
    ///
    /// Its denoising steps have `sampleCount` samples: two with guidance, else one.
    /// - Precondition: The request has no more drawings at the same time than its bounds say.
    package mutating func addDrawing(
        to request: RequestIdentifier,
        sampleCount: Int
    ) -> DrawingIdentifier {
        requireRunning(request)
        precondition(sampleCount > 0, "a drawing without samples")
        let count = requests[request]?.drawings.count ?? 0
        precondition(
            count < requests[request]?.bounds.drawingCount ?? 0,
            "more than \(count) drawings are more than the request's bounds say"
        )
        let identifier = DrawingIdentifier(number: makeNumber())
        drawings[identifier] = DrawingState(request: request, sampleCount: sampleCount)
        requests[request]?.drawings.append(identifier)
        return identifier
    }

    /// Asks for one denoising step.
    ///
    /// The event ``SchedulingEvent/denoised(_:of:)`` follows.
    package mutating func requestDenoise(_ drawing: DrawingIdentifier) {
        precondition(drawings[drawing] != nil, "the drawing is gone")
        drawings[drawing]?.work = .denoise
    }

    /// Asks for the pixels of the drawing's present latents.
    ///
    /// The event ``SchedulingEvent/rendered(_:of:)`` follows.
    package mutating func requestRender(_ drawing: DrawingIdentifier) {
        precondition(drawings[drawing] != nil, "the drawing is gone")
        drawings[drawing]?.work = .render
    }

    /// Removes a drawing; does nothing if it is gone already.
    package mutating func remove(_ drawing: DrawingIdentifier) {
        guard let request = drawings.removeValue(forKey: drawing)?.request else { return }
        requests[request]?.drawings.removeAll { $0 == drawing }
    }
}
