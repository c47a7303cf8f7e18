internal import Dispatch
internal import Locking

/// The rounds of an annotation on an engine, for callers that wait for them one after the other.
///
///     let rounds = try AnnotationRounds(annotation, settings, engine)
///     while let round = try rounds.next() { save(round) }
///
/// Threads: to be used by one thread at a time, not by an event handler of the engine.
package final class AnnotationRounds: Sendable {
    private let events = Mutex<[AnnotationEvent]>([])
    private let arrived = DispatchSemaphore(value: 0)

    /// Submits the annotation.
    ///
    /// - Throws: ``EngineError`` as ``Engine/submit(_:_:handle:)``.
    package init(
        _ annotation: Annotation,
        _ settings: AnnotationSettings,
        _ engine: Engine
    ) throws(EngineError) {
        _ = try engine.submit(annotation, settings) { [self] event in
            events.withLock { $0.append(event) }
            arrived.signal()
        }
    }

    /// Waits for the next round's text or pictures; nil after the last round.
    ///
    /// - `report`: Told every denoising step that was taken, and how many there are.
    /// - Throws: ``EngineError`` if there is no next round.
    package func next(
        report: (_ step: Int, _ stepCount: Int) -> Void = { _, _ in }
    ) throws(EngineError) -> AnnotationRound? {
        while true {
            arrived.wait()
            switch events.withLock({ $0.removeFirst() }) {
            case .progress(let step, let stepCount): report(step, stepCount)
            case .round(let round): return round
            case .completed: return nil
            case .failed(let error): throw error
            }
        }
    }
}
