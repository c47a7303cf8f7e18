internal import Dispatch
package import Engine
internal import Foundation
internal import Locking
internal import MMInterleaved

/// Answers with an engine in this process.
package struct EngineAnswerer: Answerer {
    private let engine: Engine

    /// Asks an engine.
    ///
    /// - Parameter engine: Gets the requests of all threads, and batches them.
    package init(_ engine: Engine) {
        self.engine = engine
    }

    /// Submits a request and waits; a full queue is asked again.
    ///
    /// - Throws: ``EngineError``.
    package func answer(_ request: EvaluationRequest) throws -> [AnswerSegment] {
        let request = engineRequest(request)
        while true {
            do throws(EngineError) {
                let collector = AnswerCollector()
                _ = try engine.submit(request) { collector.take($0) }
                return try collector.wait()
            } catch {
                guard error.kind == .queueFull else { throw error }
                let pause = min(error.retryAfter ?? .milliseconds(100), .seconds(1))
                Thread.sleep(forTimeInterval: pause / .seconds(1))
            }
        }
    }

    private func engineRequest(_ request: EvaluationRequest) -> InterleaveRequest {
        var asked = InterleaveRequest()
        asked.input = request.input
        asked.mode = request.mode
        asked.seed = request.seed
        asked.force = request.beginsWithPicture ? .image : nil
        asked.maximumSegmentCount = request.maximumSegmentCount
        asked.text.maximumTokenCount = request.maximumTokenCount
        asked.text.temperature = 0
        let defaults = engine.modelConfiguration.defaults
        asked.picture.stepCount = request.drawing.stepCount ?? defaults.stepCount
        asked.picture.guidanceScale = request.drawing.guidanceScale ?? defaults.guidanceScale
        if let method = DiffusionMethod(rawValue: defaults.scheduler) {
            asked.picture.method = method
        }
        return asked
    }
}

/// Gathers the segments of one request for a thread that waits.
private final class AnswerCollector: Sendable {
    private struct Answer {
        var segments: [AnswerSegment] = []
        var failure: EngineError?
    }

    private let answer = Mutex(Answer())
    private let isDone = DispatchSemaphore(value: 0)

    func take(_ event: EngineEvent) {
        answer.withLock { answer in
            switch event {
            case .segmentDone(.text(let segment)):
                guard let choice = segment.choices.first else { return }
                let opensPicture = choice.finishReason == .image
                answer.segments.append(.text(choice.text, opensPicture: opensPicture))
            case .segmentDone(.image(let segment)):
                guard let picture = segment.pictures.first else { return }
                answer.segments.append(.picture(AnswerPicture(picture.image)))
            case .failed(let error): answer.failure = error
            default: break
            }
        }
        if event.isLast { isDone.signal() }
    }

    func wait() throws(EngineError) -> [AnswerSegment] {
        isDone.wait()
        let (segments, failure) = answer.withLock { ($0.segments, $0.failure) }
        if let failure { throw failure }
        return segments
    }
}
