internal import Dispatch
internal import Locking
internal import MMInterleaved
internal import Tokenization

/// The rounds of an annotation on an engine, for callers that wait for them one after the other.
///
///     let rounds = try AnnotationRounds(annotation, settings, engine)
///     while let round = try rounds.next() { save(round) }
///
/// Each round is a segment of one interleaved answer, told as the reference's inference script tells it.
///
/// Threads: to be used by one thread at a time, not by an event handler of the engine.
package final class AnnotationRounds: Sendable {
    private struct State {
        var sequence: AnnotationSequence
        var count = 0
    }

    private let configuration: ModelConfiguration
    private let request: InterleaveRequest
    private let opensPictureAfterText: Bool
    private let state: Mutex<State>
    private let events = Mutex<[EngineEvent]>([])
    private let arrived = DispatchSemaphore(value: 0)

    /// Submits the annotation.
    ///
    /// - Throws: ``EngineError`` as ``Engine/submit(_:handle:)-(InterleaveRequest,_)``, and of kind `invalidRequest`
    ///   if pictures and their places do not fit together.
    package init(
        _ annotation: Annotation,
        _ settings: AnnotationSettings,
        _ engine: Engine
    ) throws(EngineError) {
        configuration = engine.modelConfiguration
        request = try annotation.request(settings)
        opensPictureAfterText = settings.opensPictureAfterText
        let prompt = try annotation.prompt()
        let tokens: [Int]
        do {
            tokens = try prompt.tokenIdentifiers(
                using: engine.tokenizer,
                imageTokenCount: configuration.imageTokenCount
            )
        } catch {
            throw EngineError(.invalidRequest, field: .input, error.description)
        }
        state = Mutex(
            State(
                sequence: AnnotationSequence(
                    tokens: tokens,
                    vocabulary: configuration.vocabulary,
                    imageTokenCount: configuration.imageTokenCount
                )
            )
        )
        _ = try engine.submit(request) { [self] event in
            events.withLock { $0.append(event) }
            arrived.signal()
        }
    }

    /// Waits for the next round's text or pictures.
    ///
    /// - Parameter report: Told every denoising step that was taken, and how many there are.
    /// - Returns: The round; nil after the last one.
    /// - Throws: ``EngineError`` if there is no next round.
    package func next(
        report: (_ step: Int, _ stepCount: Int) -> Void = { _, _ in }
    ) throws(EngineError) -> AnnotationRound? {
        let count = request.picture.count
        while true {
            arrived.wait()
            switch events.withLock({ $0.removeFirst() }) {
            case .imageProgress(_, let picture, let step, let stepCount, _):
                report((step - 1) * count + picture + 1, count * stepCount)
            case .segmentDone(let segment): return state.withLock { round(segment, &$0) }
            case .completed: return nil
            case .failed(let error): throw error
            case .started, .segmentStarted, .textDelta, .imagePartial: break
            }
        }
    }

    private func round(_ segment: Segment, _ state: inout State) -> AnnotationRound {
        defer { state.count += 1 }
        let promptTokens = state.sequence.tokens
        let output: AnnotationRound.Output
        var outcome = AnnotationSequence.Outcome(opensPicture: false, isStopped: false)
        switch segment {
        case .text(let segment):
            let generated = generatedTokens(segment.choices[0])
            outcome = state.sequence.append(
                generated: generated,
                opensPicture: opensPictureAfterText
            )
            output = .text(segment.choices[0].text, generated: generated)
        case .image(let segment):
            let read = PreparedPicture(
                segment.pictures[0].image,
                resolution: configuration.vision.imageSize,
                scope: request.scope
            )
            output = .pictures(segment.pictures, modelInput: read.image)
        }
        return AnnotationRound(
            index: state.count,
            output: output,
            promptTokens: promptTokens,
            nextTokens: state.sequence.tokens,
            opensPicture: outcome.opensPicture,
            isStopped: outcome.isStopped
        )
    }

    /// The ids of a text as the reference's model returns them.
    private func generatedTokens(_ text: TextSegment.Choice) -> [Int] {
        let vocabulary = configuration.vocabulary
        let words = [vocabulary.beginOfSequence] + text.tokens
        switch text.finishReason {
        case .length: return words
        case .stop: return words + [vocabulary.endOfSequence]
        // Beam search there writes the end of the sequence, whatever token ended the text.
        case .image:
            let isSearched = request.text.beamCount > 1
            return words + [isSearched ? vocabulary.endOfSequence : vocabulary.beginOfImage]
        }
    }
}
