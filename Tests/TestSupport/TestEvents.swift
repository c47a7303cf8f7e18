internal import Dispatch
internal import Locking

/// Values that arrive from other threads, waited for with a deadline instead of by sleeping.
package final class TestEvents<Value: Sendable>: Sendable {
    /// Nothing came in time.
    package struct TimedOut: Error {}

    private let values = Mutex<[Value]>([])
    private let arrived = DispatchSemaphore(value: 0)

    /// Makes an empty list.
    package init() {}

    /// Adds a value and wakes a waiting test.
    package func send(_ value: Value) {
        values.withLock { $0.append(value) }
        arrived.signal()
    }

    /// Takes the oldest value.
    ///
    /// - Throws: ``TimedOut`` if none comes in time.
    package func next(seconds: Double = 10) throws -> Value {
        guard arrived.wait(timeout: .now() + seconds) == .success else { throw TimedOut() }
        return values.withLock { $0.removeFirst() }
    }

    /// How many values are waiting.
    package var count: Int { values.withLock(\.count) }
}
