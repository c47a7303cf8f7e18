internal import Images
internal import MMInterleaved
internal import Tokenization

extension Annotation {
    /// The annotation as a request, whose segments are its rounds.
    ///
    /// - Throws: ``EngineError`` of kind `invalidRequest` if pictures and their places do not fit
    ///   together, or there is none to draw anew.
    func request(_ settings: AnnotationSettings) throws(EngineError) -> InterleaveRequest {
        var request = InterleaveRequest()
        request.input = try parts()
        request.mode = .interleave
        request.maximumSegmentCount = roundCount
        request.text = settings.text
        // These have no meaning in rounds that continue one sequence.
        request.text.stop = []
        request.text.sequenceCount = 1
        request.picture = settings.picture
        request.seed = settings.seed
        // Annotations mean what the reference makes of them: pictures as they are stored.
        request.appearance = .stored
        var rounds = SegmentPolicy.Rounds()
        rounds.opensPictureAfterText = settings.opensPictureAfterText
        rounds.endsWhenStopped = settings.endsWhenStopped
        rounds.redrawsLastPicture = mode == .pictures
        request.policy = .rounds(rounds)
        guard mode == .texts || !images.isEmpty else {
            throw EngineError(
                .invalidRequest,
                field: .pictures,
                "the last picture of the prompt is to be drawn anew, and there is none"
            )
        }
        return request
    }

    /// The prompt as text and places of pictures in turn.
    ///
    /// - Throws: ``EngineError`` of kind `invalidRequest` if a place is none.
    func prompt() throws(EngineError) -> InterleavedPrompt {
        do {
            return try InterleavedPrompt(
                sentences: sentences,
                sentenceIndexes: sentenceIndexes,
                isImageFirst: isImageFirst
            )
        } catch {
            throw EngineError(.invalidRequest, field: .picturePlaces, error.detail)
        }
    }

    private func parts() throws(EngineError) -> [InputPart] {
        guard images.count == sentenceIndexes.count else {
            throw EngineError(
                .invalidRequest,
                field: .picturePlaces,
                "\(sentenceIndexes.count) places for \(images.count) pictures"
            )
        }
        var remaining = images[...]
        return try prompt().segments.compactMap { segment in
            switch segment {
            case .text(let text): .text(text)
            case .image, .imageToDraw: remaining.popFirst().map { .image($0) }
            }
        }
    }
}
