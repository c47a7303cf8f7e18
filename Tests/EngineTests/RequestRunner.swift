import Dispatch
import Engine
import Images
import Locking
import MMInterleaved
import ModelTestSupport
import TestSupport

/// A tiny engine and the events of its requests.
struct RequestRunner {
    let engine: Engine

    /// Starts an engine.
    ///
    /// - Parameters:
    ///   - biases: What the model likes to say.
    ///   - broken: Beginning of the names of parameters that are not numbers.
    ///   - formats: Of the weights.
    ///   - workerCount: Threads that compute.
    ///   - change: Changes the configuration.
    /// - Throws: if the configuration makes no sense.
    init(
        biases: [Int: Float] = [:],
        broken: String? = nil,
        formats: FormatPolicy = .f32,
        workerCount: Int = 1,
        _ change: (inout Engine.Configuration) -> Void = { _ in }
    ) throws {
        var configuration = Engine.Configuration()
        configuration.workerCount = workerCount
        change(&configuration)
        engine = try Engine(
            try TinyModel.make(biases: biases, broken: broken, formats: formats),
            tokenizer: try TinyModel.tokenizer(),
            configuration: configuration
        )
    }

    /// All events of a request, up to the last.
    func events(_ change: (inout InterleaveRequest) -> Void) throws -> [EngineEvent] {
        try submit(Self.request(change)).wait()
    }

    /// The finished segments and the completion.
    func answer(
        _ change: (inout InterleaveRequest) -> Void
    ) throws -> (segments: [Segment], completion: Completion) {
        let events = try events(change)
        switch events.last {
        case .completed(let completion): return (events.segments, completion)
        case .failed(let error): throw error
        default: throw EngineError(.internalFailure, "no last event")
        }
    }

    /// Submits a request whose events are gathered.
    func submit(
        _ request: InterleaveRequest,
        onEvent: @escaping @Sendable (EngineEvent) -> Void = { _ in }
    ) throws -> Events {
        let events = Events()
        let ticket = try engine.submit(request) { event in
            onEvent(event)
            events.take(event)
        }
        events.ticket.withLock { $0 = ticket }
        return events
    }

    /// Two words and a short answer, with changes.
    static func request(_ change: (inout InterleaveRequest) -> Void = { _ in }) -> InterleaveRequest
    {
        var request = InterleaveRequest()
        request.input = [.text("a dog")]
        request.mode = .text
        request.text.maximumTokenCount = 8
        request.picture.stepCount = 2
        change(&request)
        return request
    }

    /// A picture file of random pixels.
    static func picture(seed: UInt64) throws -> [UInt8] {
        var random = SeededRandom(seed: seed)
        let pixels = (0..<12 * 10 * 3).map { _ in UInt8.random(in: 0...255, using: &random) }
        return try ImageFileEncoder.encodePNG(RGBImage(width: 12, height: 10, pixels: pixels))
    }
}

/// What was reported of one request.
final class Events: Sendable {
    let ticket = Mutex<Engine.Ticket?>(nil)
    private let all = Mutex<[EngineEvent]>([])
    private let isDone = DispatchSemaphore(value: 0)

    func take(_ event: EngineEvent) {
        all.withLock { $0.append(event) }
        if event.isLast { isDone.signal() }
    }

    /// Cancels the request.
    func cancel() { ticket.withLock { $0?.cancel() } }

    /// Everything so far.
    var soFar: [EngineEvent] { all.withLock { $0 } }

    /// Waits for the last event.
    func wait() -> [EngineEvent] {
        isDone.wait()
        isDone.signal()
        return soFar
    }
}

/// A door that is closed until it is opened, for holding up the engine in a test.
final class Door: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    func open() { semaphore.signal() }

    func pass() {
        semaphore.wait()
        semaphore.signal()
    }
}

extension [EngineEvent] {
    /// The finished segments.
    var segments: [Segment] {
        compactMap { if case .segmentDone(let segment) = $0 { segment } else { nil } }
    }

    /// The kind of error that ended the request.
    var failure: EngineError.Kind? {
        if case .failed(let error) = last { error.kind } else { nil }
    }

    /// All words reported piece by piece, of one segment.
    func streamedText(index: Int) -> String {
        reduce(into: "") { text, event in
            if case .textDelta(index, 0, let more, _) = event { text += more }
        }
    }
}

extension Segment {
    /// The words, of a text.
    var text: TextSegment? { if case .text(let segment) = self { segment } else { nil } }

    /// The pictures, of a picture segment.
    var pictures: PictureSegment? { if case .image(let segment) = self { segment } else { nil } }
}

/// Answers that come from another thread.
final class Answers<Answer: Sendable>: Sendable {
    private let all = Mutex<[Answer]>([])
    private let hasCome = DispatchSemaphore(value: 0)

    func take(_ answer: Answer) {
        all.withLock { $0.append(answer) }
        hasCome.signal()
    }

    /// Waits for the first.
    func first() -> Answer {
        hasCome.wait()
        return all.withLock { $0[0] }
    }
}

/// Counts from 0.
final class Counter: Sendable {
    private let value = Mutex(-1)

    func next() -> Int {
        value.withLock {
            $0 += 1
            return $0
        }
    }
}

/// The ticket of a request that may be cancelled before it is known.
final class Tickets: Sendable {
    private let state = Mutex<(ticket: Engine.Ticket?, isCancelled: Bool)>((nil, false))

    func attach(_ ticket: Engine.Ticket) {
        let isCancelled = state.withLock { state in
            state.ticket = ticket
            return state.isCancelled
        }
        if isCancelled { ticket.cancel() }
    }

    func cancel() {
        let ticket = state.withLock { state in
            state.isCancelled = true
            return state.ticket
        }
        ticket?.cancel()
    }
}
