/// Something that a session waits in until it goes on or its request ends.
protocol SessionWait: AnyObject {
    /// Ends the wait; what is computed later does not matter.
    func fail(_ error: EngineError)
}

/// A session that waits for values, each of which some step computes.
///
/// Not `Sendable`: belongs to the engine's thread.
final class StageWait<Value: Sendable>: SessionWait {
    let request: ActiveRequest
    private var values: [Value?]
    private var continuation: CheckedContinuation<[Value], any Error>?

    init(
        _ request: ActiveRequest,
        partCount: Int,
        _ continuation: CheckedContinuation<[Value], any Error>
    ) {
        self.request = request
        values = Array(repeating: nil, count: partCount)
        self.continuation = continuation
    }

    /// The parts, one for each value.
    var parts: [StagePart<Value>] {
        values.indices.map { StagePart(wait: self, index: $0) }
    }

    /// A value is there; with the last one the session goes on.
    fileprivate func finish(_ index: Int, with value: Value) {
        values[index] = value
        let known = values.compactMap(\.self)
        guard known.count == values.count, let continuation else { return }
        self.continuation = nil
        request.wait = nil
        continuation.resume(returning: known)
    }

    func fail(_ error: EngineError) {
        guard let continuation else { return }
        self.continuation = nil
        request.wait = nil
        continuation.resume(throwing: error)
    }
}

/// One of the values that a session waits for.
struct StagePart<Value: Sendable> {
    let wait: StageWait<Value>
    fileprivate let index: Int

    var request: ActiveRequest { wait.request }

    /// The value is computed.
    func finish(with value: Value) { wait.finish(index, with: value) }
}
